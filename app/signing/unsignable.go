package signing

import (
	"errors"

	"signservice/app"
	"signservice/signer"
)

// unsignable turns the signer's refusal of a document into the domain's words.
func unsignable(err error) error {
	keys := []struct {
		cause error
		key   string
	}{
		{signer.ErrPassword, "document.password"},
		{signer.ErrPublicKeyEncryption, "document.encrypted"},
		{signer.ErrUnsupportedEncryption, "document.encrypted"},
		{signer.ErrPermission, "document.permission"},
		{signer.ErrCertified, "document.certified"},
		{signer.ErrFieldLocked, "document.certified"},
		{signer.ErrNoPages, "document.no-pages"},
		{signer.ErrNotPDF, "document.not-pdf"},
		{signer.ErrDamaged, "document.damaged"},
		{signer.ErrLimit, "document.damaged"},
		{signer.ErrSignetTooSmall, "document.signet-too-small"},
		{signer.ErrBox, "order.placement"},
	}
	for _, k := range keys {
		if errors.Is(err, k.cause) {
			return app.Fail(app.Unsupported, "prepare document", k.key).Because(err)
		}
	}
	return app.Wrap("prepare document", err)
}
