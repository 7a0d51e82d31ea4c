package admin_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/admin"
	"signservice/signer/keys"
)

// TestSelfSigned makes certificates of both kinds, whose sealed keys come back.
func TestSelfSigned(t *testing.T) {
	for _, kind := range []string{"", "ecdsa-p256", "rsa-3072"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			c, err := w.CreateSelfSigned(w.ctx, visit(acme), admin.SelfSigned{Name: " Мария Пример ", Organisation: "ООО «Пример»", Years: 2, Key: kind})
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := x509.ParseCertificate(c.DER)
			if err != nil {
				t.Fatal(err)
			}
			want := app.Certificate{
				ID: app.CertificateID(keys.Fingerprint(c.DER)), Portal: acme, Source: app.KeySoftware, DER: c.DER,
				Name: "Мария Пример", Organisation: "ООО «Пример»", Issuer: "Мария Пример", Serial: parsed.SerialNumber.Text(16),
				SelfSigned: true, NotBefore: parsed.NotBefore, NotAfter: start.AddDate(2, 0, 0), CreatedAt: start, CreatedBy: anna,
			}
			if diff := cmp.Diff(want, c); diff != "" {
				t.Error(diff)
			}
			if why := c.Usable(w.now); why != "" {
				t.Errorf("cannot sign: %s", why)
			}
			list, err := w.Certificates(w.ctx, visit(acme))
			if diff := cmp.Diff([]app.Certificate{want}, list); diff != "" || err != nil {
				t.Error(err, diff)
			}
			sealed, err := w.store.SoftwareKey(w.ctx, acme, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			key, err := keys.ParsePKCS8(sealed)
			if err != nil {
				t.Fatal(err)
			}
			switch public := parsed.PublicKey.(type) {
			case *ecdsa.PublicKey:
				if kind == "rsa-3072" || !public.Equal(key.Public()) {
					t.Error("the sealed key is another")
				}
			case *rsa.PublicKey:
				if kind != "rsa-3072" || public.N.BitLen() != 3072 || !public.Equal(key.Public()) {
					t.Error("the sealed key is another")
				}
			}
			if diff := cmp.Diff([]string{"certificate.created " + string(c.ID)}, w.journal(acme)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSelfSignedRefused holds bad input against its messages; nothing is stored.
func TestSelfSignedRefused(t *testing.T) {
	w := newWorld(t)
	for _, p := range []struct {
		name, key string
		in        admin.SelfSigned
	}{
		{"no name", "certificate.name-missing", admin.SelfSigned{Name: "  ", Years: 1}},
		{"long name", "certificate.name-long", admin.SelfSigned{Name: strings.Repeat("ж", 65), Years: 1}},
		{"name of two lines", "certificate.name-characters", admin.SelfSigned{Name: "Mary\nExample", Years: 1}},
		{"name turned round", "certificate.name-characters", admin.SelfSigned{Name: "Mary\u2066Example", Years: 1}},
		{"name of broken bytes", "certificate.name-characters", admin.SelfSigned{Name: "Mary\xc3", Years: 1}},
		{"long organisation", "certificate.organisation-long", admin.SelfSigned{Name: "Mary", Organisation: strings.Repeat("x", 65), Years: 1}},
		{"null in the organisation", "certificate.organisation-characters", admin.SelfSigned{Name: "Mary", Organisation: "a\x00b", Years: 1}},
		{"no years", "certificate.years-wrong", admin.SelfSigned{Name: "Mary"}},
		{"fewer than none", "certificate.years-wrong", admin.SelfSigned{Name: "Mary", Years: -1}},
		{"too many years", "certificate.years-wrong", admin.SelfSigned{Name: "Mary", Years: admin.MaxYears + 1}},
		{"another kind of key", "certificate.kind-unknown", admin.SelfSigned{Name: "Mary", Years: 1, Key: "rsa-1024"}},
	} {
		t.Run(p.name, func(t *testing.T) {
			refused(t, second(w.CreateSelfSigned(w.ctx, visit(acme), p.in)), app.Invalid, p.key)
		})
	}
	if list, err := w.Certificates(w.ctx, visit(acme)); err != nil || len(list) != 0 {
		t.Errorf("there are %v, %v", list, err)
	}
	if got := w.journal(acme); got != nil {
		t.Errorf("something was done: %q", got)
	}
	if _, err := w.CreateSelfSigned(w.ctx, visit(acme), admin.SelfSigned{Name: strings.Repeat("ж", 64), Years: 2}); err != nil {
		t.Errorf("the longest name is refused: %v", err)
	}
}

// TestAssignments assigns, once, ends it, and removes the certificate only then.
func TestAssignments(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	c := w.certificate(acme, "Mary Example")
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(w.Assign(w.ctx, visit(acme), mary, c.ID))
	do(w.Assign(w.ctx, visit(acme), mary, c.ID))
	list, err := w.Assignments(w.ctx, visit(acme))
	want := []app.Assignment{{Portal: acme, User: mary, Certificate: c.ID, CreatedAt: start, CreatedBy: anna}}
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Error(err, diff)
	}
	view, err := w.Account(w.ctx, visit(acme), mary)
	if diff := cmp.Diff([]app.CertificateID{c.ID}, view.Certificates); diff != "" || err != nil {
		t.Error(err, diff)
	}
	refused(t, w.RemoveCertificate(w.ctx, visit(acme), c.ID), app.Conflict, "certificate.assigned")
	do(w.Unassign(w.ctx, visit(acme), mary, c.ID))
	do(w.Unassign(w.ctx, visit(acme), mary, c.ID))
	do(w.RemoveCertificate(w.ctx, visit(acme), c.ID))
	if _, err := w.store.SoftwareKey(w.ctx, acme, c.ID); app.KindOf(err) != app.NotFound {
		t.Errorf("the key outlives the certificate: %v", err)
	}
	refused(t, w.RemoveCertificate(w.ctx, visit(acme), c.ID), app.NotFound, "certificate.unknown")
	refused(t, w.Assign(w.ctx, visit(acme), mary, c.ID), app.NotFound, "certificate.unknown")
	refused(t, w.Assign(w.ctx, visit(acme), paul, c.ID), app.NotFound, "account.unknown")
	if diff := cmp.Diff([]string{
		"account.saved 7", "certificate.created " + string(c.ID), "assignment.created 7", "assignment.removed 7", "certificate.removed " + string(c.ID),
	}, w.journal(acme)); diff != "" {
		t.Error(diff)
	}
	entries, err := w.Journal(w.ctx, visit(acme), app.AuditQuery{Action: app.ActAssigned})
	if err != nil || len(entries) != 1 || entries[0].Certificate != c.ID {
		t.Errorf("got %+v, %v", entries, err)
	}
}

// TestJournal holds the limits of a call.
func TestJournal(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	w.account(acme, paul, "paul")
	list, err := w.Journal(w.ctx, visit(acme), app.AuditQuery{Limit: 1})
	if err != nil || len(list) != 1 || list[0].Subject != string(paul) {
		t.Fatalf("got %+v, %v", list, err)
	}
	list, err = w.Journal(w.ctx, visit(acme), app.AuditQuery{Before: list[0].Seq, Limit: 1 << 30})
	if err != nil || len(list) != 1 || list[0].Subject != string(mary) {
		t.Fatalf("got %+v, %v", list, err)
	}
	refused(t, second(w.Journal(w.ctx, visit(acme), app.AuditQuery{Before: -1})), app.Invalid, "")
	refused(t, second(w.Journal(w.ctx, visit(acme), app.AuditQuery{Limit: -1})), app.Invalid, "")
}
