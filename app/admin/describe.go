package admin

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"

	"signservice/app"
	"signservice/signer/keys"
)

// describe reads from a certificate what lists show of it.
func describe(c *x509.Certificate) app.Certificate {
	return app.Certificate{
		ID: app.CertificateID(keys.Fingerprint(c.Raw)), DER: c.Raw,
		Name: nameOf(c.Subject), Organisation: shown(strings.Join(c.Subject.Organization, ", ")),
		Issuer: nameOf(c.Issuer), Serial: c.SerialNumber.Text(16), SelfSigned: signsItself(c),
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
	}
}

// nameOf is the name that people know somebody by: the common name, else the
// person's, else the organisation's, else all there is.
func nameOf(n pkix.Name) string {
	return cmp.Or(
		shown(n.CommonName), shown(given(n)+" "+surname(n)), shown(strings.Join(n.Organization, ", ")), shown(n.String()),
	)
}

// given and surname are attributes 2.5.4.42 and 2.5.4.4 (X.520), which pkix
// gives no fields.
func given(n pkix.Name) string   { return attribute(n, "2.5.4.42") }
func surname(n pkix.Name) string { return attribute(n, "2.5.4.4") }

func attribute(n pkix.Name, oid string) string {
	for _, a := range n.Names {
		if text, ok := a.Value.(string); ok && a.Type.String() == oid {
			return text
		}
	}
	return ""
}

// signsItself tells whether the certificate's own key signed it.
// CheckSignatureFrom would also demand an authority's certificate.
func signsItself(c *x509.Certificate) bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}
