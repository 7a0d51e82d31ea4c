package admin_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ocsp"

	"signservice/app"
	"signservice/app/admin"
	"signservice/signer/ca"
	"signservice/signer/keys"
	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

const passphrase = app.Secret("correct horse 42")

// office is a world with internal authorities.
type office struct {
	*world
	*admin.Authorities
	// told are the notices about revocations.
	told *board
}

func newOffice(t *testing.T) *office {
	t.Helper()
	w, told := newWorld(t), &board{}
	a, err := admin.NewAuthorities(admin.AuthorityConfig{
		Store: w.store, Base: "http://sign.example.org/ca", Now: func() time.Time { return w.now },
		Revoked: w.restarted(told).CertificatesRevoked,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &office{world: w, Authorities: a, told: told}
}

// created makes an authority and an account for Mary.
func created(t *testing.T) (*office, app.RootAuthority) {
	t.Helper()
	o := newOffice(t)
	o.account(acme, mary, "mary")
	r, err := o.Create(o.ctx, visit(acme), admin.NewAuthority{Organisation: " ООО «Пример» ", Country: "RU"})
	if err != nil {
		t.Fatal(err)
	}
	return o, r
}

// issue issues a certificate to Mary.
func (o *office) issue(in admin.NewIssue) app.IssuedCertificate {
	o.t.Helper()
	if in.User == "" {
		in.User = mary
	}
	if in.Years == 0 {
		in.Years = 1
	}
	i, err := o.Issue(o.ctx, visit(acme), in)
	if err != nil {
		o.t.Fatal(err)
	}
	return i
}

// first is the portal's newest root.
func (o *office) first(portal app.PortalID) admin.RootView {
	o.t.Helper()
	view, err := o.View(o.ctx, visit(portal))
	if err != nil || len(view.Roots) == 0 {
		o.t.Fatalf("roots: %v, %v", view.Roots, err)
	}
	return view.Roots[0]
}

func parse(t *testing.T, der []byte) *x509.Certificate {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAuthority makes one, has it issue, and lets openssl judge the chain.
func TestAuthority(t *testing.T) {
	o, r := created(t)
	view := o.first(acme)
	issuer := view.Active(o.now)
	if r.Name != "ООО «Пример» Root CA" || !r.KeyHere() || issuer == nil || issuer.Name != "ООО «Пример» CA 1" || view.Fingerprint != keys.Fingerprint(r.DER) {
		t.Fatalf("got %+v", view)
	}
	i := o.issue(admin.NewIssue{Name: "mary.ivanova"})
	leaf := parse(t, i.DER)
	base := "http://sign.example.org/ca/" + string(issuer.ID)
	got := [][]string{leaf.CRLDistributionPoints, leaf.OCSPServer, leaf.IssuingCertificateURL, {leaf.Subject.String()}}
	want := [][]string{{base + "/list.crl"}, {base + "/ocsp"}, {base + "/ca.cer"}, {"SERIALNUMBER=7,CN=mary.ivanova,O=ООО «Пример»"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c, err := o.store.Certificate(o.ctx, acme, i.Certificate)
	if err != nil || c.Usable(o.now) != "" || c.Owner != mary || c.Authority != issuer.ID || c.SelfSigned || len(c.Chain) != 1 {
		t.Errorf("the certificate in use: %+v, %v", c, err)
	}
	if assigned, err := o.store.Assigned(o.ctx, acme, mary, i.Certificate); err != nil || !assigned {
		t.Errorf("assigned %v, %v", assigned, err)
	}
	key, err := o.store.SoftwareKey(o.ctx, acme, i.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if soft, err := keys.ParsePKCS8(key); err != nil || !leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }).Equal(soft.Public()) {
		t.Error("the key kept is another")
	}
	o.judged(r, i, "")
	journal := []string{
		"account.saved 7", "authority.created " + string(r.ID), "authority.next " + string(issuer.ID), "certificate.issued 7", "assignment.created 7",
	}
	if diff := cmp.Diff(journal, o.journal(acme)); diff != "" {
		t.Error(diff)
	}
}

// judged has openssl look at the chain as files give it, with both lists.
func (o *office) judged(r app.RootAuthority, i app.IssuedCertificate, wrong string) {
	o.t.Helper()
	file, err := o.IssuedFile(o.ctx, visit(acme), i.Authority, i.Serial)
	if err != nil {
		o.t.Fatal(err)
	}
	path := signertest.WriteFile(o.t, "chain.pem", file)
	root := signertest.WriteFile(o.t, "root.pem", signertest.CertificatesPEM(parse(o.t, r.DER)))
	args := []string{
		"verify", "-x509_strict", "-crl_check_all", "-attime", strconv.FormatInt(o.now.Add(time.Minute).Unix(), 10), "-CAfile", root, "-untrusted", path,
	}
	for _, id := range []app.AuthorityID{r.ID, i.Authority} {
		l, err := o.List(o.ctx, id)
		if err != nil {
			o.t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: l.DER})
		args = append(args, "-CRLfile", signertest.WriteFile(o.t, "list.pem", text))
	}
	_, err = signertest.Try(o.t, "openssl", append(args, path)...)
	if wrong == "" && err != nil || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
		o.t.Errorf("openssl: %v, want %q", err, wrong)
	}
	if _, err := signertest.Try(o.t, "openssl", "verify", "-CAfile", root, "-untrusted", path, "-no_check_time", "-purpose", "sslserver", path); err == nil {
		o.t.Error("openssl accepts it for a web server")
	}
}

// TestIssueRequest issues for a key that is elsewhere.
func TestIssueRequest(t *testing.T) {
	o, _ := created(t)
	key, err := keys.Generate(keys.P384)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := ca.NewRequest(key, ca.Name{CommonName: "The Boss"}, ca.Addresses{})
	if err != nil {
		t.Fatal(err)
	}
	i := o.issue(admin.NewIssue{Request: csr, Years: 2})
	leaf := parse(t, i.DER)
	if leaf.Subject.CommonName != "Mary Example" || !leaf.NotAfter.Equal(start.AddDate(2, 0, 0)) {
		t.Errorf("issued %v until %v", leaf.Subject, leaf.NotAfter)
	}
	if _, err := o.store.Certificate(o.ctx, acme, i.Certificate); !errors.Is(err, app.NotFound) {
		t.Errorf("it is in use: %v", err)
	}
	refused(t, second(o.Renew(o.ctx, visit(acme), i.Authority, i.Serial)), app.Conflict, "authority.renew-request")
	if _, err := o.Revoke(o.ctx, visit(acme), i.Authority, i.Serial, 1); err != nil {
		t.Error(err)
	}
	refused(t, second(o.Issue(o.ctx, visit(acme), admin.NewIssue{User: mary, Years: 1, Request: []byte("x")})), app.Invalid, "authority.request-bad")
}

// TestIssueRefused holds what is not issued; nothing of it leaves a trace.
func TestIssueRefused(t *testing.T) {
	for _, p := range []struct {
		name string
		in   admin.NewIssue
		kind app.Kind
		key  string
	}{
		{"nobody", admin.NewIssue{Years: 1}, app.NotFound, "account.unknown"},
		{"no account", admin.NewIssue{User: paul, Years: 1}, app.NotFound, ""},
		{"bell", admin.NewIssue{User: mary, Years: 1, Name: "Mary\a"}, app.Invalid, "certificate.name-characters"},
		{"long name", admin.NewIssue{User: mary, Years: 1, Name: strings.Repeat("a", 65)}, app.Invalid, "certificate.name-long"},
		{"three years", admin.NewIssue{User: mary, Years: 3}, app.Invalid, "authority.years-wrong"},
		{"no years", admin.NewIssue{User: mary}, app.Invalid, "authority.years-wrong"},
		{"odd key", admin.NewIssue{User: mary, Years: 1, Key: "dsa"}, app.Invalid, "certificate.kind-unknown"},
		{"HTML that lint finds", admin.NewIssue{User: mary, Years: 1, Name: "A &amp; B"}, app.Invalid, "authority.against-rules"},
	} {
		t.Run(p.name, func(t *testing.T) {
			o, _ := created(t)
			before := o.journal(acme)
			_, err := o.Issue(o.ctx, visit(acme), p.in)
			if !errors.Is(err, p.kind) {
				t.Errorf("got %v, want %s", err, p.kind)
			}
			if p.key != "" {
				refused(t, err, p.kind, p.key)
			}
			if diff := cmp.Diff(before, o.journal(acme)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("no authority", func(t *testing.T) {
		o := newOffice(t)
		o.account(acme, mary, "mary")
		refused(t, second(o.Issue(o.ctx, visit(acme), admin.NewIssue{User: mary, Years: 1})), app.Conflict, "authority.none")
	})
	t.Run("clock set back", func(t *testing.T) {
		o, _ := created(t)
		o.now = start.Add(-time.Hour)
		refused(t, second(o.Issue(o.ctx, visit(acme), admin.NewIssue{User: mary, Years: 1})), app.Unavailable, "clock.back")
	})
}

// TestCreateRefused holds what no authority is called.
func TestCreateRefused(t *testing.T) {
	for _, p := range []struct {
		in  admin.NewAuthority
		key string
	}{
		{admin.NewAuthority{}, "authority.organisation-missing"},
		{admin.NewAuthority{Organisation: "Acme\x00"}, "authority.organisation-characters"},
		{admin.NewAuthority{Organisation: "Acme\u202e"}, "authority.organisation-characters"},
		{admin.NewAuthority{Organisation: strings.Repeat("a", 49)}, "authority.organisation-long"},
		{admin.NewAuthority{Organisation: "Acme", Country: "Germany"}, "authority.country-wrong"},
		{admin.NewAuthority{Organisation: "Acme", Key: "dsa"}, "certificate.kind-unknown"},
	} {
		o := newOffice(t)
		refused(t, second(o.Create(o.ctx, visit(acme), p.in)), app.Invalid, p.key)
		if view, err := o.View(o.ctx, visit(acme)); err != nil || len(view.Roots) != 0 {
			t.Errorf("%+v left %v, %v", p.in, view.Roots, err)
		}
	}
	if _, err := admin.NewAuthorities(admin.AuthorityConfig{Base: "http://x/ca"}); err == nil {
		t.Error("authorities without a store")
	}
	if _, err := admin.NewAuthorities(admin.AuthorityConfig{Store: newWorld(t).store, Base: "sign.example.org"}); err == nil {
		t.Error("authorities without an address")
	}
}

// TestRSA makes an authority for old readers.
func TestRSA(t *testing.T) {
	o := newOffice(t)
	o.account(acme, mary, "mary")
	r, err := o.Create(o.ctx, visit(acme), admin.NewAuthority{Organisation: "Acme", Key: "rsa"})
	if err != nil {
		t.Fatal(err)
	}
	i := o.issue(admin.NewIssue{Key: "rsa-3072"})
	for _, der := range [][]byte{r.DER, o.first(acme).Issuers[0].DER, i.DER} {
		if c := parse(t, der); c.PublicKeyAlgorithm != x509.RSA {
			t.Errorf("%v has a key of %v", c.Subject, c.PublicKeyAlgorithm)
		}
	}
	o.judged(r, i, "")
}

// TestRevoke revokes once; certificate, list and responder say so at once.
func TestRevoke(t *testing.T) {
	o, r := created(t)
	i, other := o.issue(admin.NewIssue{}), o.issue(admin.NewIssue{})
	before := o.asked(i, ocsp.Good)
	o.asked(other, ocsp.Good)
	if again := o.asked(i, ocsp.Good); !bytes.Equal(before, again) {
		t.Error("the key signed the same answer twice")
	}
	o.now = o.now.Add(time.Minute)
	for _, wrong := range []int{-1, 2, 6, 9} {
		refused(t, second(o.Revoke(o.ctx, visit(acme), i.Authority, i.Serial, wrong)), app.Invalid, "authority.reason-wrong")
	}
	if _, err := o.Revoke(o.ctx, visit(acme), i.Authority, i.Serial, 3); err != nil {
		t.Fatal(err)
	}
	refused(t, second(o.Revoke(o.ctx, visit(acme), i.Authority, i.Serial, 3)), app.Conflict, "authority.already-revoked")
	refused(t, second(o.Renew(o.ctx, visit(acme), i.Authority, i.Serial)), app.Conflict, "authority.already-revoked")
	c, err := o.store.Certificate(o.ctx, acme, i.Certificate)
	if err != nil || c.Usable(o.now) != "certificate.revoked" {
		t.Errorf("the certificate: %q, %v", c.Usable(o.now), err)
	}
	o.asked(i, ocsp.Revoked)
	o.asked(other, ocsp.Good)
	o.judged(r, i, "certificate revoked")
	o.judged(r, other, "")
	lines := o.journal(acme)
	if last := lines[len(lines)-1]; last != "certificate.revoked 7 authority.reason-left" {
		t.Errorf("the journal ends with %q", last)
	}
}

// asked asks the responder about a certificate, which must have the status.
func (o *office) asked(i app.IssuedCertificate, status int) []byte {
	o.t.Helper()
	issuer, err := o.store.Issuer(o.ctx, acme, i.Authority)
	if err != nil {
		o.t.Fatal(err)
	}
	leaf, parent := parse(o.t, i.DER), parse(o.t, issuer.DER)
	request, err := ocsp.CreateRequest(leaf, parent, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	a, err := o.OCSP(o.ctx, i.Authority, request)
	if err != nil {
		o.t.Fatal(err)
	}
	s, err := revocation.ReadOCSP(a.DER, leaf, parent)
	if err != nil || s.Revoked != (status == ocsp.Revoked) || !s.NextUpdate.Equal(a.Until) {
		o.t.Errorf("the responder says %+v, %v", s, err)
	}
	return a.DER
}

// TestResponder answers strangers without a signature, and nothing of others.
func TestResponder(t *testing.T) {
	o, r := created(t)
	issuer := o.first(acme).Issuers[0]
	stranger, _ := ca.NewRoot(ca.AuthorityRequest{Key: o.softKey(), Name: ca.Name{CommonName: "Stranger"}, Now: o.now})
	ask := func(about, parent *x509.Certificate, id app.AuthorityID) []byte {
		t.Helper()
		request, err := ocsp.CreateRequest(about, parent, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := o.OCSP(o.ctx, id, request)
		if err != nil || !a.Until.IsZero() {
			t.Errorf("answer %+v, %v", a, err)
		}
		return a.DER
	}
	parent := parse(t, issuer.DER)
	for name, got := range map[string][]byte{
		"never issued":   ask(stranger, parent, issuer.ID),
		"another issuer": ask(stranger, stranger, issuer.ID),
		"the root":       ask(parent, parse(t, r.DER), r.ID),
	} {
		if !bytes.Equal(got, ca.OCSPUnauthorized()) {
			t.Errorf("about what was %s: %x", name, got)
		}
	}
	if a, err := o.OCSP(o.ctx, issuer.ID, []byte("x")); err != nil || !bytes.Equal(a.DER, ca.OCSPMalformed()) {
		t.Errorf("to nonsense: %+v, %v", a, err)
	}
	for _, id := range []app.AuthorityID{"", "../x", "0000000000000000"} {
		_, err := o.OCSP(o.ctx, id, nil)
		wantsUnknown(t, err)
		wantsUnknown(t, second(o.List(o.ctx, id)))
		wantsUnknown(t, second(o.Certificate(o.ctx, id)))
	}
	for id, want := range map[app.AuthorityID][]byte{r.ID: r.DER, issuer.ID: issuer.DER} {
		if der, err := o.Certificate(o.ctx, id); err != nil || !bytes.Equal(der, want) {
			t.Errorf("the certificate of %s: %v", id, err)
		}
	}
}

func (o *office) softKey() *keys.SoftKey {
	o.t.Helper()
	key, err := keys.Generate(keys.P256)
	if err != nil {
		o.t.Fatal(err)
	}
	return key
}

func wantsUnknown(t *testing.T, err error) {
	t.Helper()
	refused(t, err, app.NotFound, "authority.unknown")
}

// TestRenew gives a new key and certificate to the same people.
func TestRenew(t *testing.T) {
	o, _ := created(t)
	o.account(acme, paul, "paul")
	old := o.issue(admin.NewIssue{Name: "Мария", Years: 2})
	if err := o.Service.Assign(o.ctx, visit(acme), paul, old.Certificate); err != nil {
		t.Fatal(err)
	}
	o.now = start.AddDate(1, 11, 10)
	fresh, err := o.Renew(o.ctx, visit(acme), old.Authority, old.Serial)
	if err != nil {
		t.Fatal(err)
	}
	was, is := parse(t, old.DER), parse(t, fresh.DER)
	if is.Subject.String() != was.Subject.String() || !is.NotAfter.Equal(o.now.AddDate(2, 0, 0)) || bytes.Equal(is.RawSubjectPublicKeyInfo, was.RawSubjectPublicKeyInfo) {
		t.Errorf("renewed as %v until %v", is.Subject, is.NotAfter)
	}
	for _, user := range []app.UserID{mary, paul} {
		if yes, err := o.store.Assigned(o.ctx, acme, user, fresh.Certificate); err != nil || !yes {
			t.Errorf("%s may use it: %v, %v", user, yes, err)
		}
	}
	refused(t, second(o.Renew(o.ctx, visit(acme), old.Authority, old.Serial)), app.Conflict, "authority.renewed")
	o.asked(old, ocsp.Good) // it goes on until it ends
}

// TestPublish makes lists each day and when they are due, and none while the
// clock stands before the last.
func TestPublish(t *testing.T) {
	o, r := created(t)
	issuer := o.first(acme).Issuers[0].ID
	number := func(id app.AuthorityID) int64 {
		t.Helper()
		l, err := o.List(o.ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return l.Number
	}
	publish := func() error { t.Helper(); return o.Publish(o.ctx) }
	for _, p := range []struct {
		after           time.Duration
		issuing, ofRoot int64
	}{
		{0, 1, 1}, {23 * time.Hour, 1, 1}, {24 * time.Hour, 2, 1}, {25 * time.Hour, 2, 1}, {30 * 24 * time.Hour, 3, 2}, {31 * 24 * time.Hour, 4, 2},
	} {
		o.now = start.Add(p.after)
		if err := publish(); err != nil {
			t.Fatal(err)
		}
		if a, b := number(issuer), number(r.ID); a != p.issuing || b != p.ofRoot {
			t.Errorf("after %v: lists %d and %d, want %d and %d", p.after, a, b, p.issuing, p.ofRoot)
		}
	}
	i := o.issue(admin.NewIssue{})
	if _, err := o.store.UpdateIssued(o.ctx, acme, issuer, i.Serial, func(i *app.IssuedCertificate, now time.Time) ([]app.AuditEntry, error) {
		i.RevokedAt, i.Reason = now, 4 // and the machine stops before the list is made
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	o.now = start
	if err := publish(); !errors.Is(err, ca.ErrClock) {
		t.Errorf("with the clock set back: %v", err)
	}
	o.now = start.Add(31*24*time.Hour + time.Minute)
	if err := publish(); err != nil || number(issuer) != 5 {
		t.Errorf("list %d, %v", number(issuer), err)
	}
	o.judged(r, i, "certificate revoked")
	o.now = start.AddDate(11, 0, 0)
	if err := publish(); err != nil || number(issuer) != 5 {
		t.Errorf("after the end: list %d, %v", number(issuer), err)
	}
}

// TestRootAway exports the root's key, destroys it here, and has the next
// authority certified where the key is.
func TestRootAway(t *testing.T) {
	o, r := created(t)
	old := o.issue(admin.NewIssue{})
	refused(t, third(o.ExportRoot(o.ctx, visit(acme), r.ID, "short")), app.Invalid, "authority.password-weak")
	file, name, err := o.ExportRoot(o.ctx, visit(acme), r.ID, passphrase)
	if err != nil || name != "root-root-ca.p12" {
		t.Fatalf("export as %q: %v", name, err)
	}
	for what, p := range map[string]struct {
		file     []byte
		password app.Secret
	}{"password": {file, "correct horse 43"}, "file": {[]byte("x"), passphrase}, "root": {o.otherRoot(), passphrase}} {
		_, err := o.RemoveRootKey(o.ctx, visit(acme), r.ID, p.file, p.password)
		refused(t, err, app.Invalid, "authority.file-other")
		if !o.first(acme).KeyHere() {
			t.Errorf("the wrong %s removed the key", what)
		}
	}
	if _, err := o.RemoveRootKey(o.ctx, visit(acme), r.ID, file, passphrase); err != nil {
		t.Fatal(err)
	}
	refused(t, second(o.RemoveRootKey(o.ctx, visit(acme), r.ID, file, passphrase)), app.NotFound, "authority.key-away")
	refused(t, third(o.ExportRoot(o.ctx, visit(acme), r.ID, passphrase)), app.NotFound, "authority.key-away")
	refused(t, second(o.RevokeIssuer(o.ctx, visit(acme), old.Authority)), app.NotFound, "authority.key-away")
	o.issue(admin.NewIssue{}) // which needs no root

	o.now = o.now.AddDate(4, 0, 0)
	next, err := o.Next(o.ctx, visit(acme), r.ID)
	if err != nil || !next.Waiting() || next.Name != "ООО «Пример» CA 2" {
		t.Fatalf("next: %+v, %v", next, err)
	}
	refused(t, second(o.Next(o.ctx, visit(acme), r.ID)), app.Conflict, "authority.waiting")
	refused(t, second(o.List(o.ctx, next.ID)), app.NotFound, "authority.unknown")
	if i := o.issue(admin.NewIssue{}); i.Authority != old.Authority {
		t.Error("an authority issues that nobody has certified")
	}
	good, wrong := o.ceremony(file, next.Request)
	for what, bad := range map[string][]byte{"nothing": nil, "the root": r.DER, "for another key": wrong} {
		_, err := o.Certify(o.ctx, visit(acme), next.ID, bad)
		if !errors.Is(err, app.Invalid) {
			t.Errorf("%s certifies: %v", what, err)
		}
	}
	if next, err = o.Certify(o.ctx, visit(acme), next.ID, good); err != nil || next.Waiting() || next.Request != nil {
		t.Fatalf("certified: %+v, %v", next, err)
	}
	refused(t, second(o.Certify(o.ctx, visit(acme), next.ID, good)), app.Conflict, "authority.not-waiting")
	i := o.issue(admin.NewIssue{})
	if i.Authority != next.ID {
		t.Error("the old authority goes on issuing")
	}
	o.judgedBy(r, i, file)
	o.asked(old, ocsp.Good) // the old one still answers for its own
	o.revokedElsewhere(r, old, i, file)
}

// judgedBy is judged with a list of the root that is made elsewhere, since the
// last one here has ended by now.
func (o *office) judgedBy(r app.RootAuthority, i app.IssuedCertificate, file []byte) {
	o.t.Helper()
	root, err := ca.OpenRoot(file, passphrase.Reveal())
	if err != nil {
		o.t.Fatal(err)
	}
	before, err := o.List(o.ctx, r.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	list, err := root.RevocationList(before.DER, nil, o.now, ca.RootListLife)
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.ImportList(o.ctx, visit(acme), r.ID, list); err != nil {
		o.t.Fatal(err)
	}
	refused(o.t, second(o.ImportList(o.ctx, visit(acme), r.ID, before.DER)), app.Conflict, "authority.list-old")
	refused(o.t, second(o.ImportList(o.ctx, visit(acme), r.ID, []byte("x"))), app.Invalid, "authority.list-bad")
	if err := o.Publish(o.ctx); err != nil {
		o.t.Fatal(err)
	}
	o.judged(r, i, "")
}

// revokedElsewhere revokes the old authority where the root's key is.
func (o *office) revokedElsewhere(r app.RootAuthority, old, fresh app.IssuedCertificate, file []byte) {
	o.t.Helper()
	root, err := ca.OpenRoot(file, passphrase.Reveal())
	if err != nil {
		o.t.Fatal(err)
	}
	before, err := o.List(o.ctx, r.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	issuer, err := o.store.Issuer(o.ctx, acme, old.Authority)
	if err != nil {
		o.t.Fatal(err)
	}
	gone := ca.Revoked{Serial: parse(o.t, issuer.DER).SerialNumber, At: o.now, Reason: ca.CACompromise}
	list, err := root.RevocationList(before.DER, []ca.Revoked{gone}, o.now, ca.RootListLife)
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.ImportList(o.ctx, visit(acme), r.ID, list); err != nil {
		o.t.Fatal(err)
	}
	c, err := o.store.Certificate(o.ctx, acme, old.Certificate)
	if err != nil || c.Usable(start) != "certificate.revoked" {
		o.t.Errorf("what the old authority issued: %q, %v", c.Usable(start), err)
	}
	if c, err := o.store.Certificate(o.ctx, acme, fresh.Certificate); err != nil || c.Usable(o.now) != "" {
		o.t.Errorf("what the new one issued: %q, %v", c.Usable(o.now), err)
	}
}

// otherRoot is the file of somebody else's root.
func (o *office) otherRoot() []byte {
	o.t.Helper()
	key := o.softKey()
	c, err := ca.NewRoot(ca.AuthorityRequest{Key: key, Name: ca.Name{CommonName: "Other"}, Now: o.now})
	if err != nil {
		o.t.Fatal(err)
	}
	der, err := key.PKCS8()
	if err != nil {
		o.t.Fatal(err)
	}
	file, err := ca.SealRoot(c, der, passphrase.Reveal())
	if err != nil {
		o.t.Fatal(err)
	}
	return file
}

// ceremony certifies a request with a root's file, and another key as well.
func (o *office) ceremony(file, request []byte) (good, wrong []byte) {
	o.t.Helper()
	root, err := ca.OpenRoot(file, passphrase.Reveal())
	if err != nil {
		o.t.Fatal(err)
	}
	csr, err := ca.ParseRequest(request)
	if err != nil {
		o.t.Fatal(err)
	}
	name, err := ca.RequestedName(csr)
	if err != nil {
		o.t.Fatal(err)
	}
	where, err := ca.RequestedAddresses(csr)
	if err != nil || where.List == "" || where.Issuer == "" {
		o.t.Fatalf("addresses %+v, %v", where, err)
	}
	r := ca.AuthorityRequest{Public: csr.PublicKey, Name: name, Addresses: where, Now: o.now}
	c, err := root.IssueAuthority(r)
	if err != nil {
		o.t.Fatal(err)
	}
	r.Public = o.softKey().Public()
	other, err := root.IssueAuthority(r)
	if err != nil {
		o.t.Fatal(err)
	}
	return signertest.CertificatesPEM(c), other.Raw
}

// TestRollOver begins the next authority while the root's key is here, and a
// whole new root.
func TestRollOver(t *testing.T) {
	o, r := created(t)
	first := o.issue(admin.NewIssue{})
	o.now = o.now.Add(time.Minute)
	next, err := o.Next(o.ctx, visit(acme), r.ID)
	if err != nil || next.Waiting() {
		t.Fatalf("next: %+v, %v", next, err)
	}
	if i := o.issue(admin.NewIssue{}); i.Authority != next.ID {
		t.Error("the old authority goes on issuing")
	}
	if _, err := o.RevokeIssuer(o.ctx, visit(acme), first.Authority); err != nil {
		t.Fatal(err)
	}
	refused(t, second(o.RevokeIssuer(o.ctx, visit(acme), first.Authority)), app.Conflict, "authority.already-revoked")
	if c, err := o.store.Certificate(o.ctx, acme, first.Certificate); err != nil || c.Usable(o.now) != "certificate.revoked" {
		t.Errorf("what the revoked authority issued: %q, %v", c.Usable(o.now), err)
	}
	o.judged(r, first, "certificate revoked")
	o.now = o.now.Add(time.Minute)
	if _, err := o.Create(o.ctx, visit(acme), admin.NewAuthority{Organisation: "Acme"}); err != nil {
		t.Fatal(err)
	}
	i := o.issue(admin.NewIssue{})
	if issuer := o.first(acme).Active(o.now); issuer == nil || i.Authority != issuer.ID || issuer.Root == r.ID {
		t.Error("the new root does not take over")
	}
	o.now = o.now.Add(time.Minute)
	again, err := o.Create(o.ctx, visit(acme), admin.NewAuthority{Organisation: "Acme"})
	if err != nil || again.Name != "Acme Root CA 2" || o.first(acme).Issuers[0].Name != "Acme CA 4" {
		t.Errorf("the second root of the name: %q with %q, %v", again.Name, o.first(acme).Issuers[0].Name, err)
	}
}

// TestLastYear cuts certificates off at the end of their authority.
func TestLastYear(t *testing.T) {
	o, _ := created(t)
	issuer := o.first(acme).Issuers[0]
	o.now = issuer.NotAfter.AddDate(0, -1, 0)
	if i := o.issue(admin.NewIssue{}); !i.NotAfter.Equal(issuer.NotAfter) {
		t.Errorf("it ends %v, its authority %v", i.NotAfter, issuer.NotAfter)
	}
	o.now = issuer.NotAfter.Add(-time.Hour)
	refused(t, second(o.Issue(o.ctx, visit(acme), admin.NewIssue{User: mary, Years: 1})), app.Conflict, "authority.ends-soon")
}

// TestAuthorityDoors holds that nobody but an administrator of the portal does
// or sees anything.
func TestAuthorityDoors(t *testing.T) {
	o, r := created(t)
	i := o.issue(admin.NewIssue{})
	before := o.journal(acme)
	calls := func(v app.Visit) map[string]error {
		return map[string]error{
			"View":          second(o.View(o.ctx, v)),
			"Create":        second(o.Create(o.ctx, v, admin.NewAuthority{Organisation: "X"})),
			"Next":          second(o.Next(o.ctx, v, r.ID)),
			"Certify":       second(o.Certify(o.ctx, v, i.Authority, i.DER)),
			"Issue":         second(o.Issue(o.ctx, v, admin.NewIssue{User: mary, Years: 1})),
			"Renew":         second(o.Renew(o.ctx, v, i.Authority, i.Serial)),
			"Revoke":        second(o.Revoke(o.ctx, v, i.Authority, i.Serial, 1)),
			"RevokeIssuer":  second(o.RevokeIssuer(o.ctx, v, i.Authority)),
			"IssuedFile":    second(o.IssuedFile(o.ctx, v, i.Authority, i.Serial)),
			"ExportRoot":    third(o.ExportRoot(o.ctx, v, r.ID, passphrase)),
			"RemoveRootKey": second(o.RemoveRootKey(o.ctx, v, r.ID, nil, passphrase)),
			"ImportList":    second(o.ImportList(o.ctx, v, r.ID, r.List.DER)),
			"TrustKit":      third(o.TrustKit(o.ctx, v, r.ID, "en")),
		}
	}
	for name, err := range calls(app.Visit{Portal: acme, User: mary}) {
		if !errors.Is(err, app.Forbidden) {
			t.Errorf("%s by an employee: %v", name, err)
		}
	}
	for name, err := range calls(visit(other)) {
		switch name {
		case "View", "Create": // of their own
		default:
			if !errors.Is(err, app.NotFound) {
				t.Errorf("%s by another portal's administrator: %v", name, err)
			}
		}
	}
	if diff := cmp.Diff(before, o.journal(acme)); diff != "" {
		t.Error(diff)
	}
	if view, err := o.View(o.ctx, visit(other)); err != nil || len(view.Issued) != 0 || len(view.Roots) != 1 || view.Roots[0].ID == r.ID {
		t.Errorf("another portal sees %+v, %v", view, err)
	}
}
