package admin

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"signservice/app"
	"signservice/signer/ca"
)

// ExportRoot gives a root with its key as a file that the password closes
// (PKCS#12), and the file's name. The key stays here until RemoveRootKey.
//
// Errors: app.NotFound, "authority.key-away"; app.Invalid
// "authority.password-weak".
func (a *Authorities) ExportRoot(ctx context.Context, v app.Visit, id app.AuthorityID, password app.Secret) ([]byte, string, error) {
	const op = "export root"
	if err := allowAuthority(v, op, id); err != nil {
		return nil, "", err
	}
	if err := ca.CheckPassword(password.Reveal()); err != nil {
		return nil, "", authorityError(op, err)
	}
	if err := a.config.Confirm(ctx, v, op); err != nil {
		return nil, "", err
	}
	r, err := a.config.Store.Root(ctx, v.Portal, id)
	if err != nil {
		return nil, "", app.Wrap(op, err)
	}
	c, err := x509.ParseCertificate(r.DER)
	if err != nil {
		return nil, "", app.Wrap(op, err)
	}
	key, err := a.config.Store.AuthorityKey(ctx, v.Portal, id)
	if err != nil {
		return nil, "", app.Wrap(op, err)
	}
	defer clear(key)
	file, err := ca.SealRoot(c, key, password.Reveal())
	if err != nil {
		return nil, "", authorityError(op, err)
	}
	_, err = a.config.Store.UpdateRoot(ctx, v.Portal, id, func(r *app.RootAuthority, _ time.Time) ([]app.AuditEntry, error) {
		r.ExportedAt = a.config.Now().UTC()
		return []app.AuditEntry{entry(v, app.ActAuthorityExported, string(id))}, nil
	})
	if err != nil {
		return nil, "", app.Wrap(op, err)
	}
	return file, ca.RootFileName(c), nil
}

// RemoveRootKey destroys a root's key here. Whoever asks shows the exported file
// and its password, so that no key is destroyed of which no good copy is left.
//
// Errors: app.NotFound, "authority.key-away"; app.Invalid "authority.file-other"
// where the file is not that root's, or the password does not open it.
func (a *Authorities) RemoveRootKey(ctx context.Context, v app.Visit, id app.AuthorityID, file []byte, password app.Secret) (app.RootAuthority, error) {
	const op = "remove root key"
	if err := allowAuthority(v, op, id); err != nil {
		return app.RootAuthority{}, err
	}
	r, err := a.config.Store.Root(ctx, v.Portal, id)
	if err != nil {
		return app.RootAuthority{}, app.Wrap(op, err)
	}
	if !r.KeyHere() {
		return app.RootAuthority{}, app.Fail(app.NotFound, op, "authority.key-away")
	}
	if err := a.config.Confirm(ctx, v, op); err != nil {
		return app.RootAuthority{}, err
	}
	copied, err := ca.OpenRoot(file, password.Reveal())
	if err == nil && string(copied.Certificate.Raw) != string(r.DER) {
		err = errors.New("the file is of another root")
	}
	if err != nil {
		return app.RootAuthority{}, app.Fail(app.Invalid, op, "authority.file-other").Because(err)
	}
	r, err = a.config.Store.UpdateRoot(ctx, v.Portal, id, func(r *app.RootAuthority, now time.Time) ([]app.AuditEntry, error) {
		if !r.KeyHere() {
			return nil, app.Fail(app.NotFound, op, "authority.key-away")
		}
		r.RemovedAt = now
		return []app.AuditEntry{entry(v, app.ActAuthorityKeyGone, string(id))}, nil
	})
	return r, app.Wrap(op, err)
}

// ImportList takes a list of a root that was made elsewhere, with DER or PEM.
// The issuing authorities on it are revoked here as well.
//
// Errors: app.NotFound; app.Invalid "authority.list-bad"; app.Conflict
// "authority.list-old".
func (a *Authorities) ImportList(ctx context.Context, v app.Visit, id app.AuthorityID, file []byte) (app.RootAuthority, error) {
	const op = "import list"
	if err := allowAuthority(v, op, id); err != nil {
		return app.RootAuthority{}, err
	}
	r, err := a.config.Store.Root(ctx, v.Portal, id)
	if err != nil {
		return app.RootAuthority{}, app.Wrap(op, err)
	}
	c, err := x509.ParseCertificate(r.DER)
	if err != nil {
		return app.RootAuthority{}, app.Wrap(op, err)
	}
	if block, _ := pem.Decode(file); block != nil {
		file = block.Bytes
	}
	list, err := readList(file, c)
	if err != nil {
		return app.RootAuthority{}, authorityError(op, err)
	}
	if list.Number <= r.List.Number {
		return app.RootAuthority{}, app.Fail(app.Conflict, op, "authority.list-old")
	}
	if err := a.config.Confirm(ctx, v, op); err != nil {
		return app.RootAuthority{}, err
	}
	r, err = a.config.Store.UpdateRoot(ctx, v.Portal, id, func(r *app.RootAuthority, _ time.Time) ([]app.AuditEntry, error) {
		r.List = list
		return []app.AuditEntry{entry(v, app.ActAuthorityList, string(id))}, nil
	})
	if err != nil {
		return app.RootAuthority{}, app.Wrap(op, err)
	}
	return r, a.follow(ctx, v, r, c)
}

// follow revokes here what the root's list says.
func (a *Authorities) follow(ctx context.Context, v app.Visit, r app.RootAuthority, root *x509.Certificate) error {
	list, err := ca.ParseList(r.List.DER, root)
	if err != nil {
		return authorityError("read list", err)
	}
	issuers, err := a.config.Store.Issuers(ctx, r.Portal)
	if err != nil {
		return app.Wrap("list authorities", err)
	}
	var notices later
	defer notices.run()
	for _, i := range issuers {
		c, err := x509.ParseCertificate(i.DER)
		if i.Waiting() || i.Root != r.ID || err != nil {
			continue
		}
		for _, line := range list.RevokedCertificateEntries {
			if line.SerialNumber.Cmp(c.SerialNumber) != 0 {
				continue
			}
			gone := ca.Revoked{Serial: c.SerialNumber, At: line.RevocationTime, Reason: ca.Reason(line.ReasonCode)}
			if _, err := a.issuerRevoked(ctx, v, i.ID, gone, &notices); err != nil {
				return err
			}
		}
	}
	return nil
}
