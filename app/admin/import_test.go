package admin_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/admin"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// pkcs12 has openssl make a file of a key and its certificate, under the
// password "пароль".
func pkcs12(t *testing.T, who *signertest.Identity, args ...string) []byte {
	t.Helper()
	key, cert, _ := who.Files(t)
	out := filepath.Join(t.TempDir(), "a.p12")
	signertest.OpenSSL(t, append([]string{"pkcs12", "-export", "-out", out, "-passout", "pass:пароль", "-inkey", key, "-in", cert}, args...)...)
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// leaf is a certificate that is good at the tests' time.
func leaf(name string) signertest.Leaf {
	return signertest.Leaf{Name: name, NotBefore: start.AddDate(0, -1, 0), NotAfter: start.AddDate(1, 0, 0)}
}

// TestImport takes a key from files of modern and of legacy encryption, with
// its chain; the key comes back from the store as it was.
func TestImport(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	who := ca.Issue(t, leaf("Мария Пример"))
	chain := signertest.WriteFile(t, "chain.pem", signertest.CertificatesPEM(ca.Root.Certificate, ca.Issuing.Certificate))
	for name, args := range map[string][]string{
		"modern": {"-certfile", chain}, "legacy": {"-certfile", chain, "-legacy"}, "3DES": {"-certfile", chain, "-descert", "-macalg", "sha1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account(acme, mary, "mary")
			c, err := w.ImportCertificate(w.ctx, visit(acme), admin.Import{File: pkcs12(t, who, args...), Password: "пароль", Owner: mary})
			if err != nil {
				t.Fatal(err)
			}
			want := app.Certificate{
				ID: app.CertificateID(keys.Fingerprint(who.Certificate.Raw)), Portal: acme, Source: app.KeySoftware,
				DER: who.Certificate.Raw, Chain: [][]byte{ca.Issuing.Certificate.Raw}, Name: "Мария Пример", Organisation: c.Organisation,
				Issuer: ca.Issuing.Certificate.Subject.CommonName, Serial: who.Certificate.SerialNumber.Text(16),
				NotBefore: who.Certificate.NotBefore, NotAfter: who.Certificate.NotAfter, Owner: mary, CreatedAt: start, CreatedBy: anna,
			}
			if diff := cmp.Diff(want, c); diff != "" {
				t.Error(diff)
			}
			pkcs8, err := w.store.SoftwareKey(w.ctx, acme, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			key, err := keys.ParsePKCS8(pkcs8)
			if err != nil {
				t.Fatal(err)
			}
			if public, ok := key.Public().(interface{ Equal(x any) bool }); ok && !public.Equal(who.Certificate.PublicKey) {
				t.Error("the sealed key is another")
			}
			if diff := cmp.Diff([]string{"account.saved 7", "certificate.imported " + string(c.ID)}, w.journal(acme)); diff != "" {
				t.Error(diff)
			}
			refused(t, second(w.ImportCertificate(w.ctx, visit(acme), admin.Import{File: pkcs12(t, who), Password: "пароль"})),
				app.Conflict, "certificate.exists")
			if _, err := w.ImportCertificate(w.ctx, visit(other), admin.Import{File: pkcs12(t, who), Password: "пароль"}); err != nil {
				t.Errorf("another portal with the same file: %v", err)
			}
		})
	}
}

// TestImportRefused is the table of files that are not taken, each with its
// sentence; nothing is stored.
func TestImportRefused(t *testing.T) {
	w := newWorld(t)
	ca := signertest.NewCA(t, signertest.CAOptions{})
	who := ca.Issue(t, leaf("Mary"))
	good := pkcs12(t, who)
	costly := bytes.Clone(pkcs12(t, who, "-iter", "100000"))
	at := bytes.LastIndex(costly, []byte{2, 3, 1, 0x86, 0xa0}) // the MAC's count
	copy(costly[at:], []byte{2, 3, 0x7f, 0xff, 0xff})
	long := leaf("Mary")
	long.NotBefore, long.NotAfter = start.AddDate(-2, 0, 0), start.Add(-time.Second)
	expired := ca.Issue(t, long)
	for _, p := range []struct {
		name string
		kind app.Kind
		key  string
		in   admin.Import
	}{
		{"nothing", app.Invalid, "certificate.file-missing", admin.Import{}},
		{"too large", app.TooLarge, "certificate.file-large", admin.Import{File: make([]byte, admin.MaxCertificateFile+1)}},
		{"no PKCS#12", app.Invalid, "certificate.file-unreadable", admin.Import{File: who.KeyPEM(t)}},
		{"cut", app.Invalid, "certificate.file-unreadable", admin.Import{File: good[:len(good)/2], Password: "пароль"}},
		{"wrong password", app.Invalid, "certificate.file-password", admin.Import{File: good, Password: "parol"}},
		{"no password", app.Invalid, "certificate.file-password", admin.Import{File: good}},
		{"long password", app.Invalid, "certificate.file-password", admin.Import{File: good, Password: app.Secret(strings.Repeat("x", 2000))}},
		{"no key", app.Invalid, "certificate.file-no-key", admin.Import{File: pkcs12(t, who, "-nokeys"), Password: "пароль"}},
		{"no certificate", app.Invalid, "certificate.file-no-key", admin.Import{File: pkcs12(t, who, "-nocerts"), Password: "пароль"}},
		{"camellia", app.Invalid, "certificate.file-unsupported", admin.Import{File: pkcs12(t, who, "-keypbe", "camellia-256-cbc"), Password: "пароль"}},
		{"millions of rounds", app.Invalid, "certificate.file-cost", admin.Import{File: costly, Password: "пароль"}},
		{"an authority's", app.Invalid, "certificate.other-purpose", admin.Import{File: pkcs12(t, ca.Issuing), Password: "пароль"}},
		{"expired", app.Invalid, "certificate.file-expired", admin.Import{File: pkcs12(t, expired), Password: "пароль"}},
		{"an owner without an account", app.NotFound, "account.unknown", admin.Import{File: good, Password: "пароль", Owner: mary}},
		{"an owner of no shape", app.NotFound, "account.unknown", admin.Import{File: good, Password: "пароль", Owner: "../7"}},
	} {
		t.Run(p.name, func(t *testing.T) {
			err := second(w.ImportCertificate(w.ctx, visit(acme), p.in))
			refused(t, err, p.kind, p.key)
			if strings.Contains(err.Error(), "parol") || strings.Contains(err.Error(), "пароль") {
				t.Errorf("the password is in the error: %v", err)
			}
		})
	}
	if list, err := w.Certificates(w.ctx, visit(acme)); err != nil || len(list) != 0 {
		t.Errorf("there are %v, %v", list, err)
	}
	if got := w.journal(acme); got != nil {
		t.Errorf("something was done: %q", got)
	}
	later := leaf("Mary")
	later.NotBefore = start.AddDate(0, 0, 7)
	if _, err := w.ImportCertificate(w.ctx, visit(acme), admin.Import{File: pkcs12(t, ca.Issue(t, later)), Password: "пароль"}); err != nil {
		t.Errorf("a certificate of next week is refused: %v", err)
	}
}

// TestOwner gives a certificate to an account and takes it back.
func TestOwner(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	c := w.certificate(acme, "Mary Example")
	for _, owner := range []app.UserID{mary, mary, ""} {
		got, err := w.SetOwner(w.ctx, visit(acme), c.ID, owner)
		if err != nil || got.Owner != owner {
			t.Fatalf("owner %q: %q, %v", owner, got.Owner, err)
		}
	}
	refused(t, second(w.SetOwner(w.ctx, visit(acme), c.ID, paul)), app.NotFound, "account.unknown")
	refused(t, second(w.CreateSelfSigned(w.ctx, visit(acme), admin.SelfSigned{Name: "x", Years: 1, Owner: paul})), app.NotFound, "account.unknown")
	own, err := w.CreateSelfSigned(w.ctx, visit(acme), admin.SelfSigned{Name: "x", Years: 1, Owner: mary})
	if err != nil || own.Owner != mary {
		t.Errorf("made for %q, %v", own.Owner, err)
	}
	changed := "certificate.changed " + string(c.ID) + " certificate.owner-set"
	if diff := cmp.Diff([]string{
		"account.saved 7", "certificate.created " + string(c.ID), changed, changed, "certificate.created " + string(own.ID),
	}, w.journal(acme)); diff != "" {
		t.Error(diff)
	}
}

// TestAddChain completes the chain of a token's certificate, which is often
// alone there.
func TestAddChain(t *testing.T) {
	w := newWorld(t)
	ca, stranger := signertest.NewCA(t, signertest.CAOptions{}), signertest.NewCA(t, signertest.CAOptions{})
	who := ca.Issue(t, leaf("Mary"))
	c := app.Certificate{
		ID: app.CertificateID(keys.Fingerprint(who.Certificate.Raw)), Portal: acme, Source: app.KeyToken, DER: who.Certificate.Raw,
		TokenSerial: "1", KeyID: "01", Name: "Mary",
	}
	if err := w.store.SaveCertificate(w.ctx, c, nil); err != nil {
		t.Fatal(err)
	}
	refused(t, second(w.AddChain(w.ctx, visit(acme), c.ID, nil)), app.Invalid, "certificate.file-missing")
	refused(t, second(w.AddChain(w.ctx, visit(acme), c.ID, []byte("x"))), app.Invalid, "certificate.chain-unreadable")
	refused(t, second(w.AddChain(w.ctx, visit(acme), c.ID, stranger.Issuing.Certificate.Raw)), app.Invalid, "certificate.chain-unrelated")
	file := signertest.CertificatesPEM(stranger.Issuing.Certificate, ca.Root.Certificate, ca.Issuing.Certificate)
	for range 2 { // again is no change
		got, err := w.AddChain(w.ctx, visit(acme), c.ID, file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]byte{ca.Issuing.Certificate.Raw}, got.Chain); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff([]string{"certificate.changed " + string(c.ID) + " certificate.chain-added"}, w.journal(acme)); diff != "" {
		t.Error(diff)
	}
}

// TestLimit gives an assignment a time, and tells the journal which.
func TestLimit(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	c := w.certificate(acme, "Mary Example")
	if err := w.Assign(w.ctx, visit(acme), mary, c.ID); err != nil {
		t.Fatal(err)
	}
	day := 24 * time.Hour
	for _, p := range []struct {
		name, key string
		l         admin.Limits
	}{
		{"the end before the beginning", "assignment.limits-wrong", admin.Limits{From: start.Add(2 * day), Until: start.Add(day)}},
		{"no time at all", "assignment.limits-wrong", admin.Limits{From: start.Add(day), Until: start.Add(day)}},
		{"over", "assignment.limits-past", admin.Limits{Until: start}},
	} {
		refused(t, second(w.Limit(w.ctx, visit(acme), mary, c.ID, p.l)), app.Invalid, p.key)
	}
	refused(t, second(w.Limit(w.ctx, visit(acme), paul, c.ID, admin.Limits{})), app.NotFound, "assignment.unknown")
	later := w.now.Add(time.Minute)
	w.now = later
	l := admin.Limits{From: start.Add(day), Until: start.Add(2 * day)}
	for range 2 { // again is no change
		a, err := w.Limit(w.ctx, visit(acme), mary, c.ID, l)
		want := app.Assignment{
			Portal: acme, User: mary, Certificate: c.ID, CreatedAt: start, CreatedBy: anna, ValidFrom: l.From, ValidUntil: l.Until,
		}
		if diff := cmp.Diff(want, a); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
	if err := w.Assign(w.ctx, visit(acme), mary, c.ID); err != nil { // again is no change: the limits stay
		t.Fatal(err)
	}
	view, err := w.Account(w.ctx, visit(acme), mary)
	if err != nil || len(view.Assignments) != 1 || !view.Assignments[0].ValidUntil.Equal(l.Until) {
		t.Errorf("the account has %+v, %v", view.Assignments, err)
	}
	if _, err := w.Limit(w.ctx, visit(acme), mary, c.ID, admin.Limits{}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{
		"account.saved 7", "certificate.created " + string(c.ID), "assignment.created 7",
		"assignment.limited 7 2026-03-03T09:00:00Z/2026-03-04T09:00:00Z", "assignment.limited 7 /",
	}, w.journal(acme)); diff != "" {
		t.Error(diff)
	}
}
