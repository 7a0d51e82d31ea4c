package signing_test

import (
	"bytes"
	"context"
	"crypto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/i18n"
	"signservice/bitrix/simulator"
	"signservice/signer"
	"signservice/signer/signertest"
)

// revoke revokes Mary's certificate.
func (w *world) revoke() {
	w.t.Helper()
	_, err := w.store.UpdateCertificate(context.Background(), w.id(), w.cert.ID, func(c *app.Certificate, now time.Time) ([]app.AuditEntry, error) {
		c.RevokedAt = now
		return nil, nil
	})
	w.must(err)
}

// limit gives Mary's assignment a beginning and an end.
func (w *world) limit(from, until time.Time) {
	w.t.Helper()
	w.must(w.store.Assign(context.Background(), app.Assignment{
		Portal: w.id(), User: uid(w.mary), Certificate: w.cert.ID, ValidFrom: from, ValidUntil: until,
	}))
}

// back sets the clock back.
func (c *clock) back(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(-d)
}

// lateRing does something between the intent and the key's first use.
type lateRing struct {
	*keyring
	then func()
}

func (k lateRing) Signer(ctx context.Context, c app.Certificate) (crypto.Signer, func(), error) {
	key, release, err := k.keyring.Signer(ctx, c)
	k.then()
	return key, release, err
}

// What changes while the key is being opened stops the signature too: a token
// may take its time.
func TestStoppedBeforeTheKey(t *testing.T) {
	for name, c := range map[string]struct {
		then func(w *world)
		key  string
	}{
		"assignment removed":  {func(w *world) { w.unassign(w.mary) }, "certificate.not-assigned"},
		"assignment run out":  {func(w *world) { w.limit(time.Time{}, w.clock.Now()) }, "certificate.not-assigned"},
		"certificate revoked": {(*world).revoke, "certificate.revoked"},
		"account blocked":     {func(w *world) { w.account(w.mary, app.Account{Blocked: true}) }, "account.blocked"},
		"last day begun":      {func(w *world) { w.clock.set(w.cert.NotAfter.Add(-app.LastHours)) }, "certificate.last-day"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			config := w.config
			config.Keys = lateRing{w.keys, func() { c.then(w) }}
			w.serve(config)
			_, r := w.order(w.mary)
			ended(t, w.run(r.ID), app.Failed, app.Forbidden, c.key)
			if w.keys.uses.Load() != 0 || w.told() != 0 {
				t.Errorf("%d key uses, %d timeline entries", w.keys.uses.Load(), w.told())
			}
			w.untouched()
			w.intact()
		})
	}
}

// A clock that was set back stops signing until it is right again, also when it
// would make an expired certificate good.
func TestClockSetBack(t *testing.T) {
	w := newWorld(t)
	_, r := w.order(w.mary)
	w.clock.back(app.ClockTolerance + time.Minute)
	next, err := w.Run(t.Context(), w.id(), r.ID)
	wants(t, err, app.Unavailable, "clock.back")
	if state := w.request(r.ID).State; state != app.Authorized || next.IsZero() || w.keys.uses.Load() != 0 {
		t.Fatalf("stands in %s, tried again at %v, %d key uses", state, next, w.keys.uses.Load())
	}
	w.clock.forward(app.ClockTolerance)
	if done := w.run(r.ID); done.State != app.Done {
		t.Fatalf("with the clock put right: %s %+v", done.State, done.Failure)
	}
	w.signedOnce()

	// The end of the certificate was seen; going back before it changes nothing,
	// whatever entries are written meanwhile.
	w.file = w.portal.DealFiles(w.deal, w.single)[0].ID
	w.clock.set(w.cert.NotAfter.Add(time.Hour))
	v := w.enter(w.mary)
	w.freeze(v)
	w.clock.back(48 * time.Hour)
	again := w.freeze(w.enter(w.mary))
	_, err = w.Sign(t.Context(), v, w.input(w.mary, again.ID))
	wants(t, err, app.Unavailable, "clock.back")

	// An operator's word that the earlier time is right makes it so.
	w.must(w.store.Audit(t.Context(), app.AuditEntry{Action: app.ActClockAccepted}))
	latest, err := w.store.Latest(t.Context())
	w.must(err)
	if app.ClockBack(w.clock.Now(), latest) {
		t.Error("the accepted time is still refused")
	}
	w.intact()
}

// A user sees exactly the certificates whose assignments hold now.
func TestChoicesFollowTheLimits(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	sees := func(want int) {
		t.Helper()
		c, err := w.Choices(t.Context(), v)
		w.must(err)
		if len(c.Certificates) != want {
			t.Errorf("sees %d certificates at %v, want %d", len(c.Certificates), w.clock.Now(), want)
		}
	}
	begin, end := w.clock.Now().Add(time.Hour), w.clock.Now().Add(2*time.Hour)
	w.limit(begin, end)
	sees(0)
	w.clock.set(begin)
	sees(1)
	w.clock.set(end.Add(-1))
	sees(1)
	w.clock.set(end)
	sees(0)
	w.limit(time.Time{}, time.Time{})
	w.revoke()
	c, err := w.Choices(t.Context(), v)
	w.must(err)
	if len(c.Certificates) != 1 || c.Certificates[0].Unusable != "certificate.revoked" {
		t.Errorf("a revoked certificate is shown as %+v", c.Certificates)
	}
}

// Where Paul signs with Mary's certificate both are named, in the order's
// language: in the mark as it is drawn, in the signature's reason, in the
// timeline and in the audit log. Poppler reads the mark.
func TestBothNames(t *testing.T) {
	signertest.Need(t, "pdftotext")
	for _, language := range []string{"en", "ru", "de", "es"} {
		t.Run(language, func(t *testing.T) {
			w := newWorld(t)
			v := w.enter(w.paul)
			r := w.freeze(v)
			in := w.input(w.paul, r.ID)
			in.Signet.Language = language
			_, err := w.Sign(t.Context(), v, in)
			w.must(err)
			w.run(r.ID)
			w.signedOnce()
			file := w.portal.DealFiles(w.deal, w.single)[0].Content
			pressed := i18n.For(language).T("signet.pressed-by", "Paul Ott")

			report, err := signer.Verify(t.Context(), bytes.NewReader(file), int64(len(file)), signer.VerifyOptions{})
			w.must(err)
			if reason := report.Signatures[0].Reason; !strings.Contains(reason, pressed) || !strings.Contains(reason, in.Signet.Reason) {
				t.Errorf("the signature's reason is %q", reason)
			}
			if name := report.Signatures[0].Signer; name != "Мария Иванова" {
				t.Errorf("the certificate is of %v", name)
			}
			mark := pdfText(t, file)
			internal := i18n.For(language).T("signet.internal")
			if language == "ru" { // the mark of GOST R 7.0.97 says it in its title
				internal = "НЕКВАЛИФИЦИРОВАННОЙ"
			}
			for _, want := range []string{"Мария Иванова", "Paul Ott", internal} {
				if !strings.Contains(mark, squeeze(want)) {
					t.Errorf("the mark has no %q: %q", want, mark)
				}
			}
			story := ""
			for _, e := range w.portal.Timeline(w.deal) {
				if e.Kind == simulator.EntryLog {
					story += e.Text
				}
			}
			if !strings.Contains(story, "Paul Ott") || !strings.Contains(story, "Мария Иванова") {
				t.Errorf("the timeline tells %q", story)
			}
			entries, err := w.store.AuditEntries(t.Context(), w.id(), app.AuditQuery{})
			w.must(err)
			named := 0
			for _, e := range entries {
				switch e.Action {
				case app.ActOrdered, app.ActIntent, app.ActSigned, app.ActDone:
					if e.User != uid(w.paul) || e.OwnerName != "Мария Иванова" {
						t.Errorf("%s is by %s with the certificate of %q", e.Action, e.User, e.OwnerName)
					}
					named++
				}
			}
			if named != 4 {
				t.Errorf("%d entries name both", named)
			}
		})
	}
}

// A certificate that belongs to Paul names nobody else when he signs, whatever
// stands in it; in Mary's hands it names both.
func TestTheOwnerIsOnePerson(t *testing.T) {
	w := newWorld(t)
	_, err := w.store.UpdateCertificate(t.Context(), w.id(), w.cert.ID, func(c *app.Certificate, _ time.Time) ([]app.AuditEntry, error) {
		c.Owner = uid(w.paul)
		return nil, nil
	})
	w.must(err)
	for user, both := range map[int]bool{w.paul: false, w.mary: true} {
		w.clock.forward(time.Minute)
		_, r := w.order(user)
		done := w.run(r.ID)
		if done.State != app.Done || done.ForOther() != both || done.Owner != uid(w.paul) {
			t.Errorf("user %d: %s, both names %t, owner %s", user, done.State, done.ForOther(), done.Owner)
		}
		w.file = w.portal.DealFiles(w.deal, w.single)[0].ID
	}
}

// pdfText is what Poppler reads on the pages, without blanks: a mark's lines
// are broken where they have to be.
func pdfText(t *testing.T, file []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "signed.pdf")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "pdftotext", name, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return squeeze(string(out))
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
