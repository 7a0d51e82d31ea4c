package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/store"
)

// Records of an internal authority.
const (
	rootID   = app.AuthorityID("00000000000000r1")
	issuerID = app.AuthorityID("00000000000000i1")
)

func (w *world) root(p app.PortalID, id app.AuthorityID) app.RootAuthority {
	return app.RootAuthority{
		Portal: p, ID: id, Name: "Acme Root CA", Organisation: "Acme", Country: "DE", DER: []byte{3},
		NotBefore: w.now, NotAfter: w.now.AddDate(10, 0, 0), CreatedAt: w.now, CreatedBy: admin,
	}
}

func (w *world) issuer(p app.PortalID, id, root app.AuthorityID) app.IssuingAuthority {
	return app.IssuingAuthority{
		Portal: p, ID: id, Root: root, Name: "Acme CA 1", DER: []byte{4}, NotBefore: w.now, NotAfter: w.now.AddDate(5, 0, 0),
		CreatedAt: w.now, CreatedBy: admin, CertifiedAt: w.now,
	}
}

func (w *world) issued(p app.PortalID, serial string, c app.CertificateID) app.IssuedCertificate {
	return app.IssuedCertificate{
		Portal: p, Authority: issuerID, Serial: serial, Certificate: c, Name: "Mary", User: mary,
		NotBefore: w.now, NotAfter: w.now.AddDate(1, 0, 0), IssuedAt: w.now, IssuedBy: admin,
	}
}

// authority stores a root and an issuing authority of Acme's.
func (w *world) authority(t *testing.T) {
	t.Helper()
	must(t, w.CreateRoot(t.Context(), w.root(acme, rootID), []byte("canary root key"), app.AuditEntry{Action: app.ActAuthorityCreated, Portal: acme}))
	must(t, w.CreateIssuer(t.Context(), w.issuer(acme, issuerID, rootID), []byte("canary issuing key")))
}

// testAuthorities keeps authorities, each for its portal, with their keys.
func testAuthorities(t *testing.T, w *world) {
	ctx := t.Context()
	w.authority(t)
	root, err := w.Root(ctx, acme, rootID)
	must(t, err)
	same(t, w.root(acme, rootID), root)
	issuer, err := w.Issuer(ctx, acme, issuerID)
	must(t, err)
	same(t, w.issuer(acme, issuerID, rootID), issuer)
	if roots, err := w.Roots(ctx, acme); err != nil || len(roots) != 1 {
		t.Errorf("roots %v, %v", roots, err)
	}
	if issuers, err := w.Issuers(ctx, acme); err != nil || len(issuers) != 1 {
		t.Errorf("issuers %v, %v", issuers, err)
	}
	for id, key := range map[app.AuthorityID]string{rootID: "canary root key", issuerID: "canary issuing key"} {
		portal, isRoot, err := w.FindAuthority(ctx, id)
		if err != nil || portal != acme || isRoot != (id == rootID) {
			t.Errorf("%s is of %q, root %v, %v", id, portal, isRoot, err)
		}
		if got, err := w.AuthorityKey(ctx, acme, id); err != nil || string(got) != key {
			t.Errorf("the key of %s: %q, %v", id, got, err)
		}
		if _, err := w.AuthorityKey(ctx, globex, id); !errors.Is(err, app.NotFound) {
			t.Errorf("another portal gets the key of %s: %v", id, err)
		}
	}
	_, err = w.Root(ctx, globex, rootID)
	wants(t, err, app.NotFound)
	_, err = w.Issuer(ctx, globex, issuerID)
	wants(t, err, app.NotFound)
	_, _, err = w.FindAuthority(ctx, "none")
	wants(t, err, app.NotFound)
	if err := w.CreateRoot(ctx, w.root(globex, rootID), []byte("k")); err == nil {
		t.Error("an id was given twice")
	}
	if err := w.CreateIssuer(ctx, w.issuer(globex, "00000000000000i2", rootID), []byte("k")); !errors.Is(err, app.NotFound) {
		t.Errorf("an issuing authority below another portal's root: %v", err)
	}
	if got := w.actions(t, acme); got != "authority.created" {
		t.Errorf("audit: %s", got)
	}
	row, err := rawRow(t, w.backend, "authority_keys", string(acme)+"/"+string(rootID))
	if err != nil || strings.Contains(string(row), "canary") {
		t.Errorf("the key lies open: %s, %v", row, err)
	}
}

// rawRow is a row as it lies in the backend.
func rawRow(t *testing.T, b store.Backend, bucket, key string) (value []byte, err error) {
	t.Helper()
	err = b.View(t.Context(), func(tx store.Tx) error {
		v, err := tx.Get(bucket, key)
		value = append(value, v...)
		return err
	})
	return value, err
}

// testRootKey destroys a root's key with the record of it, once and for all.
func testRootKey(t *testing.T, w *world) {
	ctx := t.Context()
	w.authority(t)
	refused := errors.New("refused")
	_, err := w.UpdateRoot(ctx, acme, rootID, func(r *app.RootAuthority, now time.Time) ([]app.AuditEntry, error) {
		r.RemovedAt = now
		return nil, refused
	})
	wants(t, err, refused)
	if _, err := w.AuthorityKey(ctx, acme, rootID); err != nil {
		t.Errorf("the key went although it was refused: %v", err)
	}
	r, err := w.UpdateRoot(ctx, acme, rootID, func(r *app.RootAuthority, now time.Time) ([]app.AuditEntry, error) {
		r.RemovedAt = now
		return []app.AuditEntry{{Action: app.ActAuthorityKeyGone, Portal: acme}}, nil
	})
	must(t, err)
	if r.KeyHere() {
		t.Error("the key is said to be here")
	}
	_, err = w.AuthorityKey(ctx, acme, rootID)
	wants(t, err, app.NotFound)
	if _, err := rawRow(t, w.backend, "authority_keys", string(acme)+"/"+string(rootID)); !errors.Is(err, app.NotFound) {
		t.Errorf("the row is still there: %v", err)
	}
	for name, change := range map[string]func(*app.RootAuthority){
		"key back":    func(r *app.RootAuthority) { r.RemovedAt = time.Time{} },
		"another":     func(r *app.RootAuthority) { r.DER = []byte{9} },
		"another id":  func(r *app.RootAuthority) { r.ID = "x" },
		"older list":  func(r *app.RootAuthority) { r.List = app.RevocationList{Number: -1, DER: []byte{1}} },
		"same number": func(r *app.RootAuthority) { r.List.DER = []byte{7} },
	} {
		_, err := w.UpdateRoot(ctx, acme, rootID, func(r *app.RootAuthority, _ time.Time) ([]app.AuditEntry, error) {
			change(r)
			return nil, nil
		})
		if err == nil {
			t.Errorf("%s was stored", name)
		}
	}
}

// testIssuers change within bounds: a certificate comes once, lists only grow.
func testIssuers(t *testing.T, w *world) {
	ctx := t.Context()
	w.authority(t)
	waiting := w.issuer(acme, "00000000000000i2", rootID)
	waiting.DER, waiting.CertifiedAt, waiting.Request = nil, time.Time{}, []byte("request")
	must(t, w.CreateIssuer(ctx, waiting, []byte("canary next key")))
	update := func(change func(*app.IssuingAuthority)) error {
		_, err := w.UpdateIssuer(ctx, acme, waiting.ID, func(i *app.IssuingAuthority, _ time.Time) ([]app.AuditEntry, error) {
			change(i)
			return nil, nil
		})
		return err
	}
	must(t, update(func(i *app.IssuingAuthority) { i.DER, i.CertifiedAt = []byte{5}, w.now }))
	must(t, update(func(i *app.IssuingAuthority) { i.List = app.RevocationList{Number: 2, DER: []byte{2}} }))
	must(t, update(func(i *app.IssuingAuthority) { i.RevokedAt = w.now }))
	for name, change := range map[string]func(*app.IssuingAuthority){
		"another certificate": func(i *app.IssuingAuthority) { i.DER = []byte{6} },
		"another root":        func(i *app.IssuingAuthority) { i.Root = "x" },
		"older list":          func(i *app.IssuingAuthority) { i.List = app.RevocationList{Number: 1, DER: []byte{1}} },
		"same number":         func(i *app.IssuingAuthority) { i.List = app.RevocationList{Number: 2, DER: []byte{3}} },
		"good again":          func(i *app.IssuingAuthority) { i.RevokedAt = time.Time{} },
	} {
		if err := update(change); err == nil {
			t.Errorf("%s was stored", name)
		}
	}
}

// testIssued remembers what was issued, and revokes it in one transaction with
// the certificate and the list's due.
func testIssued(t *testing.T, w *world) {
	ctx := t.Context()
	w.authority(t)
	c := w.certificate(acme)
	c.ID, c.Authority = "c7", issuerID
	must(t, w.SaveIssued(ctx, w.issued(acme, "7a", "c7"), &c, []byte("canary leaf key"), app.AuditEntry{Action: app.ActCertificateIssued, Portal: acme}))
	must(t, w.SaveIssued(ctx, w.issued(acme, "7b", "gone"), nil, nil))
	if key, err := w.SoftwareKey(ctx, acme, "c7"); err != nil || string(key) != "canary leaf key" {
		t.Errorf("the key of the certificate: %q, %v", key, err)
	}
	if err := w.SaveIssued(ctx, w.issued(acme, "7a", "c8"), nil, nil); err == nil {
		t.Error("a serial number was given twice")
	}
	other := w.issued(globex, "7a", "c8")
	wants(t, w.SaveIssued(ctx, other, nil, nil), app.NotFound)
	if all, err := w.AllIssued(ctx, acme, ""); err != nil || len(all) != 2 {
		t.Errorf("all %v, %v", all, err)
	}
	if all, err := w.AllIssued(ctx, acme, "00000000000000i"); err != nil || len(all) != 0 {
		t.Errorf("of an authority with a shorter id: %v, %v", all, err)
	}

	revoke := func(i *app.IssuedCertificate, now time.Time) ([]app.AuditEntry, error) {
		i.RevokedAt, i.Reason = now, 1
		return []app.AuditEntry{{Action: app.ActCertificateRevoked, Portal: acme}}, nil
	}
	for _, serial := range []string{"7a", "7b"} {
		if i, err := w.UpdateIssued(ctx, acme, issuerID, serial, revoke); err != nil || i.RevokedAt.IsZero() {
			t.Errorf("revoke %s: %+v, %v", serial, i, err)
		}
	}
	after, err := w.Certificate(ctx, acme, "c7")
	must(t, err)
	if after.Usable(w.now) != "certificate.revoked" {
		t.Errorf("the certificate: %q", after.Usable(w.now))
	}
	issuer, err := w.Issuer(ctx, acme, issuerID)
	must(t, err)
	if issuer.Revocations != 2 || !issuer.ListDue(w.now) {
		t.Errorf("the authority: %d revocations, list due %v", issuer.Revocations, issuer.ListDue(w.now))
	}
	_, err = w.UpdateIssued(ctx, acme, issuerID, "7a", func(i *app.IssuedCertificate, _ time.Time) ([]app.AuditEntry, error) {
		i.RevokedAt = time.Time{}
		return nil, nil
	})
	if err == nil {
		t.Error("a revocation was taken back")
	}
	_, err = w.UpdateIssued(ctx, globex, issuerID, "7a", revoke)
	wants(t, err, app.NotFound)
	late := w.certificate(acme)
	late.ID, late.Serial = "gone", "7b" // brought back from a token after it was revoked
	must(t, w.SaveCertificate(ctx, late, []byte("canary late key")))
	if late, err = w.Certificate(ctx, acme, "gone"); err != nil || late.Usable(w.now) != "certificate.revoked" || late.Authority != issuerID || len(late.Chain) != 1 {
		t.Errorf("a revoked certificate comes back as %+v, %v", late, err)
	}
	stranger := w.certificate(acme)
	stranger.ID, stranger.Serial = "other", "7b" // of another issuer, by chance with the same number
	must(t, w.SaveCertificate(ctx, stranger, []byte("canary other key")))
	if stranger, err = w.Certificate(ctx, acme, "other"); err != nil || stranger.Authority != "" || !stranger.RevokedAt.IsZero() {
		t.Errorf("a stranger's certificate became %+v, %v", stranger, err)
	}
	if got := w.actions(t, acme); got != "authority.created certificate.issued certificate.revoked certificate.revoked" {
		t.Errorf("audit: %s", got)
	}
}

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
