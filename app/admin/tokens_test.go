package admin_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/admin"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// contents is a token with certificates.
func contents(entries ...keys.Entry) keys.Contents {
	return keys.Contents{Token: keys.TokenInfo{Serial: "0a1b", Label: "Office", Model: "Card 3"}, Entries: entries}
}

// onToken is a certificate with its key, valid at the tests' time.
func onToken(t *testing.T, ca *signertest.CA, id string, l signertest.Leaf) keys.Entry {
	t.Helper()
	if l.NotBefore.IsZero() {
		l.NotBefore = start.AddDate(0, -1, 0)
	}
	if l.NotAfter.IsZero() {
		l.NotAfter = start.AddDate(1, 0, 0)
	}
	who := ca.Issue(t, l)
	return keys.Entry{
		ID:          keys.KeyID{Token: "0a1b", ID: id, Certificate: keys.Fingerprint(who.Certificate.Raw)},
		Certificate: who.Certificate, Chain: who.Chain, HasKey: true, Public: who.Certificate.PublicKey,
	}
}

// TestAddFromToken lists a certificate on a token and takes it into use, once.
func TestAddFromToken(t *testing.T) {
	w := newWorld(t)
	ca := signertest.NewCA(t, signertest.CAOptions{})
	e := onToken(t, ca, "01", signertest.Leaf{})
	issuer := keys.Entry{ID: keys.KeyID{Token: "0a1b"}, Certificate: ca.Issuing.Certificate}
	bare := keys.Entry{ID: keys.KeyID{Token: "0a1b", ID: "02"}, HasKey: true}
	w.tokens.contents = []keys.Contents{contents(bare, issuer, e)}
	id := app.CertificateID(e.ID.Certificate)

	views, err := w.Tokens(w.ctx, visit(acme))
	if err != nil {
		t.Fatal(err)
	}
	cert := app.Certificate{
		ID: id, Source: app.KeyToken, DER: e.Certificate.Raw, Chain: [][]byte{ca.Issuing.Certificate.Raw}, TokenSerial: "0a1b", KeyID: "01",
		Name: "Mary Example", Organisation: "Example", Issuer: ca.Issuing.Certificate.Subject.CommonName, Serial: e.Certificate.SerialNumber.Text(16),
		NotBefore: e.Certificate.NotBefore, NotAfter: e.Certificate.NotAfter,
	}
	want := []admin.TokenView{{
		Serial: "0a1b", Label: "Office", Model: "Card 3", PIN: admin.PINConfigured, Certificates: []admin.TokenCertificate{{Certificate: cert}},
		Others: []admin.TokenObject{{KeyID: "02", Key: true, Unusable: "token.key-odd"}},
	}}
	if diff := cmp.Diff(want, views); diff != "" {
		t.Error(diff)
	}

	got, err := w.AddFromToken(w.ctx, visit(acme), "0a1b", "01", id)
	cert.Portal, cert.CreatedAt, cert.CreatedBy = acme, start, anna
	if diff := cmp.Diff(cert, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	stored, err := w.store.Certificate(w.ctx, acme, id)
	if diff := cmp.Diff(cert, stored); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if _, err := w.store.SoftwareKey(w.ctx, acme, id); app.KindOf(err) != app.NotFound {
		t.Errorf("a token's certificate has a software key: %v", err)
	}
	views, err = w.Tokens(w.ctx, visit(acme))
	if err != nil || !views[0].Certificates[0].Added {
		t.Errorf("not shown as in use: %v, %v", views, err)
	}
	refused(t, second(w.AddFromToken(w.ctx, visit(acme), "0a1b", "01", id)), app.Conflict, "certificate.exists")
	refused(t, second(w.AddFromToken(w.ctx, visit(other), "0a1b", "01", id)), app.Conflict, "certificate.claimed")
	if diff := cmp.Diff([]string{"certificate.added " + string(id)}, w.journal(acme)); diff != "" {
		t.Error(diff)
	}
}

// TestAddRefused holds that only what is on the token, under that very name,
// and can sign is taken into use.
func TestAddRefused(t *testing.T) {
	w := newWorld(t)
	ca := signertest.NewCA(t, signertest.CAOptions{})
	good := onToken(t, ca, "01", signertest.Leaf{})
	keyless := onToken(t, ca, "", signertest.Leaf{Name: "keyless"})
	keyless.HasKey = false
	odd := onToken(t, ca, "03", signertest.Leaf{Name: "odd"})
	odd.Problem = keys.ErrKeyUnsupported
	expired := onToken(t, ca, "04", signertest.Leaf{Name: "expired", NotAfter: start})
	lastDay := onToken(t, ca, "05", signertest.Leaf{Name: "last day", NotAfter: start.Add(23 * time.Hour)})
	notYet := onToken(t, ca, "06", signertest.Leaf{Name: "not yet", NotBefore: start.Add(time.Minute)})
	cipher := onToken(t, ca, "07", signertest.Leaf{Name: "encryption", Change: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }})
	w.tokens.contents = []keys.Contents{contents(good, keyless, odd, expired, lastDay, notYet, cipher)}
	for _, p := range []struct {
		name, serial, keyID, key string
		entry                    keys.Entry
		kind                     app.Kind
	}{
		{"another token", "ffff", "01", "certificate.unknown", good, app.NotFound},
		{"another key", "0a1b", "03", "certificate.unknown", good, app.NotFound},
		{"without key", "0a1b", "", "certificate.no-key", keyless, app.Invalid},
		{"odd key", "0a1b", "03", "token.key-odd", odd, app.Invalid},
		{"expired", "0a1b", "04", "certificates.badge-expired", expired, app.Invalid},
		{"on its last day", "0a1b", "05", "certificates.badge-last-day", lastDay, app.Invalid},
		{"not yet valid", "0a1b", "06", "certificates.badge-not-yet", notYet, app.Invalid},
		{"for encryption", "0a1b", "07", "certificate.other-purpose", cipher, app.Invalid},
	} {
		t.Run(p.name, func(t *testing.T) {
			refused(t, second(w.AddFromToken(w.ctx, visit(acme), p.serial, p.keyID, app.CertificateID(p.entry.ID.Certificate))), p.kind, p.key)
		})
	}
	if got := w.journal(acme); got != nil {
		t.Errorf("something was done: %q", got)
	}
	views, err := w.Tokens(w.ctx, visit(acme))
	if err != nil || len(views[0].Certificates) != 7 || views[0].Certificates[0].Unusable != "" || views[0].Certificates[1].Unusable != "certificate.no-key" {
		t.Errorf("got %+v, %v", views, err)
	}
}

// TestTokenNotes holds that each fault of a token has a message of its own.
func TestTokenNotes(t *testing.T) {
	pins := map[string]admin.PINState{
		"token.pin-missing": admin.PINNeeded, "token.pin-refused": admin.PINRefused, "token.pin-final": admin.PINLastTry, "token.pin-locked": admin.PINLocked,
	}
	for _, key := range []string{"token.absent", "token.ambiguous", "token.unready", "token.module", "token.failed"} {
		pins[key] = admin.PINConfigured
	}
	for fault, key := range map[error]string{
		keys.ErrTokenAbsent: "token.absent", keys.ErrTokenAmbiguous: "token.ambiguous", keys.ErrTokenUnready: "token.unready",
		keys.ErrPINMissing: "token.pin-missing", keys.ErrPINWrong: "token.pin-refused", keys.ErrPINLatched: "token.pin-refused",
		keys.ErrPINFinalTry: "token.pin-final", keys.ErrPINLocked: "token.pin-locked", keys.ErrModule: "token.module",
		keys.ErrToken: "token.failed", errors.New("anything else"): "token.failed",
	} {
		t.Run(fault.Error(), func(t *testing.T) {
			w := newWorld(t)
			broken := contents()
			broken.Err = fmt.Errorf("token 0a1b: %w", fault)
			w.tokens.contents = []keys.Contents{broken}
			views, err := w.Tokens(w.ctx, visit(acme))
			want := []admin.TokenView{{Serial: "0a1b", Label: "Office", Model: "Card 3", PIN: pins[key], Note: key, AllowPIN: key == "token.pin-refused" && errors.Is(fault, keys.ErrPINLatched)}}
			if diff := cmp.Diff(want, views); diff != "" || err != nil {
				t.Error(err, diff)
			}
			id := app.CertificateID(keys.Fingerprint(nil))
			refused(t, second(w.AddFromToken(w.ctx, visit(acme), "0a1b", "01", id)), app.Unavailable, key)
		})
	}
}

// TestWithoutTokens holds that a service without tokens lists none.
func TestWithoutTokens(t *testing.T) {
	w := newWorld(t)
	views, err := w.Tokens(w.ctx, visit(acme))
	if err != nil || views != nil {
		t.Errorf("got %v, %v", views, err)
	}
}

// TestStrangersNames holds that what a certificate says of its holder is shown
// by the best name there is, without what cannot be seen.
func TestStrangersNames(t *testing.T) {
	w := newWorld(t)
	ca := signertest.NewCA(t, signertest.CAOptions{})
	person := func(given, surname string) []pkix.AttributeTypeAndValue {
		return []pkix.AttributeTypeAndValue{
			{Type: asn1.ObjectIdentifier{2, 5, 4, 42}, Value: given}, {Type: asn1.ObjectIdentifier{2, 5, 4, 4}, Value: surname},
		}
	}
	for want, subject := range map[string]pkix.Name{
		"Mary Example":                 {CommonName: "Mary\u202e\n\u200bExample", ExtraNames: person("Other", "Name")},
		"Maria Muster":                 {ExtraNames: person("Maria", "Muster")},
		"Muster":                       {ExtraNames: person("", "Muster")},
		"Example Ltd":                  {Organization: []string{"Example Ltd"}},
		"C=DE":                         {Country: []string{"DE"}},
		strings.Repeat("ж", 199) + "…": {CommonName: strings.Repeat("ж", 300)},
	} {
		t.Run(want, func(t *testing.T) {
			w.tokens.contents = []keys.Contents{contents(onToken(t, ca, "01", signertest.Leaf{
				Change: func(c *x509.Certificate) { c.Subject = subject },
			}))}
			views, err := w.Tokens(w.ctx, visit(acme))
			if err != nil || views[0].Certificates[0].Name != want {
				t.Errorf("got %+v, %v", views[0].Certificates[0].Name, err)
			}
		})
	}
}
