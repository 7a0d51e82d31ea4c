//go:build cgo

package admin_test

import (
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

// TestSoftHSM takes a certificate of a real PKCS#11 token into use.
func TestSoftHSM(t *testing.T) {
	w := newWorld(t)
	w.now = time.Now()
	hsm := signertest.NewHSM(t)
	token := hsm.NewToken(t, "Office")
	who := signertest.NewCA(t, signertest.CAOptions{}).Issue(t, signertest.Leaf{Name: "Мария Пример"})
	token.Put(t, []byte{1}, "mary", who)
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
	clock := func() time.Time { return w.now }
	service, err := admin.New(admin.Config{
		CheckCode: otp.Verify,
		Store:     w.store, Directory: w.directory, Tokens: keyring.New(keyring.Config{Store: w.store, Tokens: registry, Rules: []keyring.Rule{{Portals: []string{string(acme)}}}}), Now: clock, Enrolments: &otp.Enrolments{Store: w.store, Now: clock},
	})
	if err != nil {
		t.Fatal(err)
	}
	views, err := service.Tokens(w.ctx, visit(acme))
	if err != nil || len(views) != 1 || len(views[0].Certificates) != 1 {
		t.Fatalf("got %+v, %v", views, err)
	}
	found := views[0].Certificates[0]
	if views[0].Label != "Office" || views[0].Note != "" || found.Name != "Мария Пример" || found.Unusable != "" || found.Added {
		t.Errorf("got %+v", views[0])
	}
	c, err := service.AddFromToken(w.ctx, visit(acme), views[0].Serial, found.KeyID, found.ID)
	if err != nil {
		t.Fatal(err)
	}
	key, err := registry.Signer(w.ctx, keys.KeyID{Token: c.TokenSerial, ID: c.KeyID, Certificate: string(c.ID)})
	if err != nil {
		t.Fatalf("what was stored does not lead back to the key: %v", err)
	}
	if got := app.CertificateID(keys.Fingerprint(key.Certificate().Raw)); got != c.ID {
		t.Errorf("leads to %s, want %s", got, c.ID)
	}
}
