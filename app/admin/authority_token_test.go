//go:build cgo

package admin_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/keyring"
	"signservice/app/otp"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// TestIssueToToken goes the whole way of a key that was born on a token: made
// there, requested, certified by the internal authority, written beside the key,
// in use, and stopped by a revocation.
func TestIssueToToken(t *testing.T) {
	o := newOffice(t)
	o.now = time.Now().UTC().Truncate(time.Second)
	token := signertest.NewHSM(t).NewToken(t, "Office")
	registry, err := keys.Open(keys.Config{
		Latch: keys.NewFileLatch(filepath.Join(t.TempDir(), "latch")),
		Tokens: []keys.TokenConfig{{
			Module: token.Module, Serial: token.Serial,
			PIN: func(context.Context) (keys.PIN, error) { return keys.NewPIN([]byte(token.PIN)), nil },
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := registry.Close(); err != nil {
			t.Error(err)
		}
	})
	clock := func() time.Time { return o.now }
	service, err := admin.New(admin.Config{
		CheckCode: otp.Verify, Store: o.store, Directory: o.directory, Now: clock, Enrolments: &otp.Enrolments{Store: o.store, Now: clock},
		Tokens: keyring.New(keyring.Config{Store: o.store, Tokens: registry, Rules: []keyring.Rule{{Portals: []string{string(acme)}}}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	o.account(acme, mary, "mary")
	r, err := o.Create(o.ctx, visit(acme), admin.NewAuthority{Organisation: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	keyID, err := service.GenerateKey(o.ctx, visit(acme), token.Serial, admin.TokenKey{Kind: "ecdsa-p256", Label: "mary"})
	if err != nil {
		t.Fatal(err)
	}
	csr, err := service.RequestCertificate(o.ctx, visit(acme), admin.TokenRequest{Serial: token.Serial, KeyID: keyID, Name: "Whoever"})
	if err != nil {
		t.Fatal(err)
	}
	i := o.issue(admin.NewIssue{Request: csr, Name: "Мария Пример"})
	file, err := o.IssuedFile(o.ctx, visit(acme), i.Authority, i.Serial)
	if err != nil {
		t.Fatal(err)
	}
	c, err := service.WriteCertificate(o.ctx, visit(acme), token.Serial, file)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := o.store.Certificate(o.ctx, acme, c.ID)
	if err != nil || stored.Source != app.KeyToken || stored.Authority != i.Authority || len(stored.Chain) != 1 || stored.Name != "Мария Пример" {
		t.Errorf("in use: %+v, %v", stored, err)
	}
	key, err := registry.Signer(o.ctx, keys.KeyID{Token: token.Serial, ID: stored.KeyID, Certificate: string(stored.ID)})
	if err != nil || !bytes.Equal(key.Certificate().Raw, i.DER) {
		t.Errorf("the key is not found by its certificate: %v", err)
	}
	o.judged(r, i, "")
	o.now = o.now.Add(time.Minute)
	if _, err := o.Revoke(o.ctx, visit(acme), i.Authority, i.Serial, 1); err != nil {
		t.Fatal(err)
	}
	if stored, err = o.store.Certificate(o.ctx, acme, c.ID); err != nil || stored.Usable(o.now) != "certificate.revoked" {
		t.Errorf("after the revocation: %q, %v", stored.Usable(o.now), err)
	}
	o.judged(r, i, "certificate revoked")
}
