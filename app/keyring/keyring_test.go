package keyring_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/keyring"
	"signservice/app/secret"
	"signservice/app/store"
	"signservice/app/store/bolt"
	"signservice/signer/keys"
	"signservice/signer/keys/remote"
	"signservice/signer/signertest"
)

const (
	acme  = app.PortalID("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	other = app.PortalID("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")
)

// world is a ring over a real store and a SoftHSM2 token behind the fault
// module.
type world struct {
	*keyring.Ring
	t      *testing.T
	ctx    context.Context
	dir    string
	store  *store.Store
	token  *signertest.Token
	module *signertest.FaultModule
	tokens *keys.Tokens
	latch  *keys.FileLatch
	who    *signertest.Identity
}

func newWorld(t *testing.T) *world {
	t.Helper()
	hsm := signertest.NewHSM(t)
	w := &world{t: t, ctx: t.Context(), dir: t.TempDir(), module: signertest.NewFaultModule(t, hsm), token: hsm.NewToken(t, "office")}
	w.who = signertest.SelfSigned(t, signertest.Leaf{})
	w.token.Put(t, []byte{1}, "key", w.who)
	w.latch = keys.NewFileLatch(t.TempDir())
	keeper, err := secret.New(bytes.Repeat([]byte{7}, secret.MasterSize))
	w.must(err)
	backend, err := bolt.Open(filepath.Join(w.dir, "store.db"), bolt.Options{})
	w.must(err)
	w.store, err = store.New(w.ctx, backend, keeper, store.Options{})
	w.must(err)
	t.Cleanup(func() { _ = w.store.Close() })
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// helperArgument makes the test's own binary a helper process.
const helperArgument = "token-helper-of-the-test"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == helperArgument {
		if remote.Serve() != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// portal installs the app in a portal.
func (w *world) portal(id app.PortalID, domain string) {
	w.t.Helper()
	w.must(w.store.SavePortal(w.ctx, app.Portal{ID: id, Domain: domain, InstalledAt: time.Unix(1, 0), InstalledBy: "1"}))
}

// open makes the ring; the PIN is the right one, or typed where the rule says.
func (w *world) open(rule keyring.Rule) {
	w.t.Helper()
	source := keys.PINSource(func(context.Context) (keys.PIN, error) { return keys.NewPIN([]byte(w.token.PIN)), nil })
	if rule.Typed {
		source = keyring.TypedPIN(w.store, w.token.Serial)
	}
	var err error
	w.tokens, err = keys.Open(keys.Config{
		Latch: w.latch, Tokens: []keys.TokenConfig{{Module: w.module.Path, Serial: w.token.Serial, PIN: source}},
	})
	w.must(err)
	w.t.Cleanup(func() { _ = w.tokens.Close() })
	w.Ring = keyring.New(keyring.Config{Store: w.store, Tokens: w.tokens, Rules: []keyring.Rule{rule}, Latch: w.latch})
}

// certificate is the token's, as a portal would have it.
func (w *world) certificate(portal app.PortalID) app.Certificate {
	return app.Certificate{
		ID: app.CertificateID(keys.Fingerprint(w.who.Certificate.Raw)), Portal: portal, Source: app.KeyToken,
		TokenSerial: w.token.Serial, KeyID: "01", DER: w.who.Certificate.Raw,
	}
}

// kind holds that an error has a kind and a message.
func (w *world) kind(what string, err error, kind app.Kind, key string) {
	w.t.Helper()
	var failure *app.Error
	if !errors.As(err, &failure) || failure.Kind != kind || failure.Key != key {
		w.t.Errorf("%s: %v, want %v %s", what, err, kind, key)
	}
}

// uses tells whether the token serves a portal, by each way there is; all must
// agree. The portal that it does not serve learns nothing.
func (w *world) uses(portal app.PortalID) bool {
	w.t.Helper()
	list, err := w.List(w.ctx, portal)
	w.must(err)
	_, absent := w.Absent(w.ctx, w.certificate(portal))
	key, release, err := w.Signer(w.ctx, w.certificate(portal))
	release()
	id := keys.KeyID{Token: w.token.Serial, ID: "01"}
	_, request := w.CertificateRequest(w.ctx, portal, id, keys.Subject{CommonName: "x"})
	if err == nil {
		digest := sha256.Sum256([]byte("content"))
		_, err = key.Sign(nil, digest[:], crypto.SHA256)
	}
	ways := []bool{len(list) == 1, !absent, err == nil, request == nil}
	for _, way := range ways {
		if way != ways[0] {
			w.t.Errorf("portal %.4s: the ways do not agree: %v (%v, %v)", portal, ways, err, request)
		}
	}
	if ways[0] {
		return true
	}
	// The answers are those about a token that there is not.
	w.kind("sign by a forged id", err, app.Unavailable, "certificate.token-absent")
	for _, serial := range []string{w.token.Serial, "beef"} {
		_, made := w.GenerateKey(w.ctx, portal, serial, keys.NewKey{})
		_, request := w.CertificateRequest(w.ctx, portal, keys.KeyID{Token: serial, ID: "01"}, keys.Subject{})
		_, imported := w.ImportCertificate(w.ctx, portal, serial, w.who.Certificate.Raw)
		for what, err := range map[string]error{
			"make a key": made, "request": request, "import": imported,
			"type the PIN": w.EnterPIN(w.ctx, portal, serial, "1111"), "allow the PIN": w.AllowPIN(w.ctx, portal, serial),
		} {
			w.kind(what+" on "+serial, err, app.NotFound, "token.unknown")
		}
	}
	return false
}

// TestPortals is the table of whose a token is.
func TestPortals(t *testing.T) {
	for name, c := range map[string]struct {
		portals    []app.PortalID
		rule       []string
		acme, bolt bool
	}{
		"the only portal":         {portals: []app.PortalID{acme}, acme: true},
		"two portals":             {portals: []app.PortalID{acme, other}},
		"named by member id":      {portals: []app.PortalID{acme, other}, rule: []string{string(other)}, bolt: true},
		"named by address":        {portals: []app.PortalID{acme, other}, rule: []string{"ACME.example"}, acme: true},
		"both named":              {portals: []app.PortalID{acme, other}, rule: []string{"acme.example", string(other)}, acme: true, bolt: true},
		"a stranger named":        {portals: []app.PortalID{acme, other}, rule: []string{"other.example"}},
		"a part of a name is not": {portals: []app.PortalID{acme, other}, rule: []string{"example", "acme", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, id := range []app.PortalID{acme, other} {
				domain := map[app.PortalID]string{acme: "acme.example", other: "bolt.example"}[id]
				w.portal(id, domain)
			}
			if len(c.portals) == 1 {
				p, err := w.store.Portal(w.ctx, other)
				w.must(err)
				p.UninstalledAt = time.Unix(2, 0)
				w.must(w.store.SavePortal(w.ctx, p))
			}
			w.open(keyring.Rule{Portals: c.rule})
			if got := w.uses(acme); got != c.acme {
				t.Errorf("acme: %t", got)
			}
			if got := w.uses(other); got != c.bolt {
				t.Errorf("bolt: %t", got)
			}
		})
	}
}

// TestSecondPortal holds that a token stays with the portal that had it alone,
// when others come.
func TestSecondPortal(t *testing.T) {
	w := newWorld(t)
	w.portal(acme, "acme.example")
	w.open(keyring.Rule{})
	if !w.uses(acme) {
		t.Error("the only portal may not use it")
	}
	w.portal(other, "bolt.example")
	if !w.uses(acme) || w.uses(other) {
		t.Error("the token went astray when the second portal came")
	}
}

// TestTypedPIN types the PIN of a token: a wrong one is sent once and forgotten,
// the right one is kept sealed, and neither stands anywhere in the clear.
func TestTypedPIN(t *testing.T) {
	w := newWorld(t)
	w.token.ChangePIN(t, "71352846")
	w.portal(acme, "acme.example")
	w.open(keyring.Rule{Typed: true})
	w.module.Set(t, "tries 3")
	list, err := w.List(w.ctx, acme)
	if err != nil || !list[0].Typed || list[0].Stored || !errors.Is(list[0].Err, keys.ErrPINMissing) {
		t.Errorf("before: %+v, %v", list, err)
	}
	if err := w.EnterPIN(w.ctx, acme, w.token.Serial, "99999999"); !errors.Is(err, keys.ErrPINWrong) {
		t.Errorf("a wrong PIN: %v", err)
	}
	if err := w.EnterPIN(w.ctx, acme, w.token.Serial, "99999999"); !errors.Is(err, keys.ErrPINLatched) {
		t.Errorf("the wrong PIN again: %v", err)
	}
	if pin, err := w.store.TokenPIN(w.ctx, w.token.Serial); pin != "" || err != nil {
		t.Errorf("a refused PIN was kept: %v", err)
	}
	if sent := w.module.Count(t, "C_Login"); sent != 1 {
		t.Errorf("sent %d times", sent)
	}
	entry := app.AuditEntry{Action: app.ActTokenPIN, Portal: acme, User: "1", Subject: w.token.Serial}
	if err := w.EnterPIN(w.ctx, acme, w.token.Serial, "71352846", entry); err != nil {
		t.Fatalf("the right PIN: %v", err)
	}
	if list, err = w.List(w.ctx, acme); err != nil || !list[0].Stored || list[0].Err != nil || list[0].Status.State != keys.StateReady || !w.uses(acme) {
		t.Errorf("afterwards: %+v, %v", list, err)
	}
	if entries, err := w.store.AuditEntries(w.ctx, acme, app.AuditQuery{}); err != nil || len(entries) != 1 || entries[0].Subject != w.token.Serial {
		t.Errorf("journal: %+v, %v", entries, err)
	}
	w.must(w.store.Close())
	data, err := os.ReadFile(filepath.Join(w.dir, "store.db"))
	if err != nil || bytes.Contains(data, []byte("71352846")) || strings.Contains(string(data), "99999999") {
		t.Errorf("a PIN is in the store in the clear (%v)", err)
	}
}

// TestAllowPIN lets a PIN be sent once more whose login was never answered.
func TestAllowPIN(t *testing.T) {
	w := newWorld(t)
	w.portal(acme, "acme.example")
	w.open(keyring.Rule{})
	w.module.Set(t, "C_Login 0x05")
	if err := w.tokens.Retry(w.ctx, w.token.Serial); !errors.Is(err, keys.ErrToken) {
		t.Fatalf("the login did not fail: %v", err)
	}
	w.module.Set(t)
	for range 3 {
		if err := w.tokens.Retry(w.ctx, w.token.Serial); !errors.Is(err, keys.ErrPINLatched) {
			t.Errorf("before a person says so: %v", err)
		}
	}
	if err := w.AllowPIN(w.ctx, acme, w.token.Serial); err != nil || !w.uses(acme) {
		t.Errorf("afterwards: %v", err)
	}
	w.kind("a PIN typed for a token that has one", w.EnterPIN(w.ctx, acme, w.token.Serial, "1"), app.Conflict, "token.pin-configured")
	if sent := w.module.Count(t, "C_Login"); sent != 2 {
		t.Errorf("sent %d times", sent)
	}
}

// TestFaults is the table of what a user is told when a token does not sign.
func TestFaults(t *testing.T) {
	w := newWorld(t)
	w.portal(acme, "acme.example")
	w.open(keyring.Rule{})
	key, release, err := w.Signer(w.ctx, w.certificate(acme))
	w.must(err)
	defer release()
	digest := sha256.Sum256([]byte("content"))
	for _, c := range []struct{ fault, message string }{
		{"absent", "certificate.token-absent"},
		{"C_Sign 0x30", "certificate.token-fault"},
		{"C_SignInit 0x32", "certificate.token-absent"},
	} {
		w.module.Set(t, c.fault)
		_, err := key.Sign(nil, digest[:], crypto.SHA256)
		w.kind(c.fault, err, app.Unavailable, c.message)
		w.module.Set(t)
		for err = error(app.NotFound); err != nil; { // until the token is back
			err = w.tokens.Retry(w.ctx, w.token.Serial)
		}
	}
	stray := w.certificate(acme)
	stray.KeyID = "ff"
	_, _, err = w.Signer(w.ctx, stray)
	w.kind("a key that is not there", err, app.Unavailable, "certificate.token-fault")
	w.module.Set(t, "spoil")
	if _, err := key.Sign(nil, digest[:], crypto.SHA256); !errors.Is(err, keys.ErrSignature) || app.KindOf(err) == app.Unavailable {
		t.Errorf("a false signature: %v", err)
	}
}

// TestCrash holds, behind a helper process, that a library which hangs or
// crashes fails the requests of its token with a clear message, that the
// software keys of the service go on, and that the token is back soon.
func TestCrash(t *testing.T) {
	w := newWorld(t)
	w.portal(acme, "acme.example")
	tokens, err := remote.Open(remote.Config{
		Config: keys.Config{Latch: w.latch, Tokens: []keys.TokenConfig{{
			Module: w.module.Path, Serial: w.token.Serial,
			PIN: func(context.Context) (keys.PIN, error) { return keys.NewPIN([]byte(w.token.PIN)), nil },
		}}},
		Command: []string{os.Args[0], helperArgument}, Timeout: 700 * time.Millisecond,
	})
	w.must(err)
	t.Cleanup(func() { _ = tokens.Close() })
	w.Ring = keyring.New(keyring.Config{Store: w.store, Tokens: tokens, Latch: w.latch})
	soft, err := keys.Generate(keys.P256)
	w.must(err)
	der, err := soft.PKCS8()
	w.must(err)
	software := app.Certificate{ID: app.CertificateID(strings.Repeat("a", 64)), Portal: acme, Source: app.KeySoftware}
	w.must(w.store.SaveCertificate(w.ctx, software, der))
	digest := sha256.Sum256([]byte("content"))
	sign := func(c app.Certificate) error {
		key, release, err := w.Signer(w.ctx, c)
		defer release()
		if err != nil {
			return err
		}
		_, err = key.Sign(rand.Reader, digest[:], crypto.SHA256)
		return err
	}
	soon := func(ok func() bool) {
		t.Helper()
		for range 600 {
			if ok() {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatal("it does not come back")
	}
	soon(func() bool { return sign(w.certificate(acme)) == nil })
	for _, fault := range []string{"C_Sign crash", "C_Sign hang", "C_Sign exit"} {
		w.module.Set(t, fault)
		w.kind(fault, sign(w.certificate(acme)), app.Unavailable, "certificate.token-fault")
		if since, absent := w.Absent(w.ctx, w.certificate(acme)); !absent || since.IsZero() {
			t.Errorf("%s: not told as absent since %v", fault, since)
		}
		w.must(sign(software))
		w.module.Set(t)
		soon(func() bool { return sign(w.certificate(acme)) == nil })
	}
}

// TestSoftware holds that software keys need no token, and that a ring without
// tokens knows none.
func TestSoftware(t *testing.T) {
	w := newWorld(t)
	w.portal(acme, "acme.example")
	soft, err := keys.Generate(keys.P256)
	w.must(err)
	der, err := soft.PKCS8()
	w.must(err)
	c := app.Certificate{ID: app.CertificateID(strings.Repeat("a", 64)), Portal: acme, Source: app.KeySoftware}
	w.must(w.store.SaveCertificate(w.ctx, c, der))
	ring := keyring.New(keyring.Config{Store: w.store})
	key, release, err := ring.Signer(w.ctx, c)
	w.must(err)
	defer release()
	if public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(soft.Public()) {
		t.Error("another key")
	}
	if _, absent := ring.Absent(w.ctx, c); absent {
		t.Error("a software key is said to be absent")
	}
	_, _, err = ring.Signer(w.ctx, w.certificate(acme))
	w.kind("a token's key", err, app.Unavailable, "certificate.token-absent")
	if list, err := ring.List(w.ctx, acme); list != nil || err != nil {
		t.Errorf("%v, %v", list, err)
	}
}
