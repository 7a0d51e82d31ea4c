package signing_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/signing"
	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// scene is an order that is refused. Mary makes it, unless visitor says who.
type scene struct {
	name string
	// before is done before the document is opened, between after that, change
	// to the order itself.
	before, between func(w *world)
	change          func(w *world, in *signing.OrderInput)
	visitor         func(w *world) app.Visit
	kind            app.Kind
	key             string
	// used tells that the message must say so: the code can no longer be used.
	used bool
}

func as(user func(w *world) int) func(*world) app.Visit {
	return func(w *world) app.Visit { return w.enter(user(w)) }
}

func mary(w *world) int { return w.mary }

func eve(w *world) int { return w.eve }

func scenes() []scene {
	return []scene{
		{
			name: "wrong code", kind: app.Unauthenticated, key: "code.wrong",
			change: func(w *world, in *signing.OrderInput) { in.Code = w.wrong(w.mary) },
		},
		{
			name: "no code", kind: app.Invalid, key: "code.malformed",
			change: func(_ *world, in *signing.OrderInput) { in.Code = "" },
		},
		{
			name: "malformed code", kind: app.Invalid, key: "code.malformed",
			change: func(_ *world, in *signing.OrderInput) { in.Code = "12345x" },
		},
		{
			name: "expired code", kind: app.Unauthenticated, key: "code.old",
			change: func(w *world, _ *signing.OrderInput) { w.clock.forward(2 * time.Minute) },
		},
		{
			name: "code of another user", kind: app.Unauthenticated, key: "code.wrong",
			change: func(w *world, in *signing.OrderInput) { in.Code = w.code(w.paul) },
		},
		{
			name: "used code", kind: app.Unauthenticated, key: "code.used", used: true,
			between: func(w *world) {
				v := w.enter(w.mary)
				id := w.portal.PutFile(w.deal, w.multiple, "annex.pdf", w.original)
				r, err := w.Freeze(context.Background(), v, signing.DocumentRef{Source: app.SourceField, Field: w.multiple, FileID: number(id)})
				w.must(err)
				_, err = w.Sign(context.Background(), v, w.input(w.mary, r.ID))
				w.must(err)
			},
		},
		{name: "no account", visitor: as(eve), kind: app.NotFound, key: "account.none"},
		{
			name: "account removed", kind: app.NotFound, key: "account.none",
			between: func(w *world) { w.must(w.store.DeleteAccount(context.Background(), w.id(), uid(w.mary))) },
		},
		{
			name: "blocked account", kind: app.Forbidden, key: "account.blocked",
			between: func(w *world) { w.account(w.mary, app.Account{Blocked: true}) },
		},
		{
			name: "no phone", visitor: as(eve), kind: app.Forbidden, key: "code.no-phone",
			before: func(w *world) { w.account(w.eve, app.Account{}); w.assign(w.eve, w.cert.ID) },
		},
		{
			name: "no certificate", visitor: as(eve), kind: app.Forbidden, key: "certificate.not-assigned",
			before: func(w *world) { w.account(w.eve, app.Account{}) },
		},
		{
			name: "certificate no longer assigned", kind: app.Forbidden, key: "certificate.not-assigned",
			between: func(w *world) { w.unassign(w.mary) },
		},
		{
			name: "certificate of another portal", kind: app.Forbidden, key: "certificate.not-assigned",
			change: func(_ *world, in *signing.OrderInput) { in.Certificate = "00" },
		},
		{
			name: "no certificate chosen", kind: app.Invalid, key: "order.certificate",
			change: func(_ *world, in *signing.OrderInput) { in.Certificate = "" },
		},
		{
			name: "expired certificate", kind: app.Forbidden, key: "certificate.expired",
			change: choose(-48*time.Hour, -time.Hour),
		},
		{
			name: "certificate on its last day", kind: app.Forbidden, key: "certificate.last-day",
			change: choose(-48*time.Hour, time.Hour),
		},
		{
			name: "certificate that is not valid yet", kind: app.Forbidden, key: "certificate.not-yet",
			change: choose(time.Hour, 48*time.Hour),
		},
		{
			name: "revoked certificate", kind: app.Forbidden, key: "certificate.revoked",
			between: func(w *world) { w.revoke() },
		},
		{
			name: "assignment that begins later", kind: app.Forbidden, key: "certificate.not-assigned",
			between: func(w *world) { w.limit(w.clock.Now().Add(time.Hour), time.Time{}) },
		},
		{
			name: "assignment that has run out", kind: app.Forbidden, key: "certificate.not-assigned",
			between: func(w *world) { w.limit(time.Time{}, w.clock.Now()) },
		},
		{
			name: "clock set back", kind: app.Unavailable, key: "clock.back",
			between: func(w *world) { w.clock.back(time.Hour) },
		},
		{
			name: "absent token", kind: app.Unavailable, key: "certificate.token-absent",
			change: func(w *world, in *signing.OrderInput) {
				c := w.certificate("On a token", w.clock.Now(), w.clock.Now().AddDate(1, 0, 0))
				c.Source, c.TokenSerial, c.KeyID = app.KeyToken, "01", "02"
				w.must(w.store.SaveCertificate(context.Background(), c, nil))
				w.assign(w.mary, c.ID)
				in.Certificate = c.ID
			},
		},
		{
			name: "another user's request", kind: app.NotFound, key: "request.unknown",
			change: func(w *world, in *signing.OrderInput) {
				in.Requests = []app.RequestID{w.freeze(w.enter(w.paul)).ID}
			},
		},
		{
			name: "unknown request", kind: app.NotFound, key: "request.unknown",
			change: func(_ *world, in *signing.OrderInput) { in.Requests = []app.RequestID{"../x"} },
		},
		{
			name: "no document", kind: app.Invalid, key: "order.documents",
			change: func(_ *world, in *signing.OrderInput) { in.Requests = nil },
		},
		{
			name: "request of another deal", kind: app.NotFound, key: "request.unknown",
			change: func(w *world, in *signing.OrderInput) {
				v := w.enter(w.mary)
				v.Entity.ID = int64(w.other)
				id := w.portal.PutFile(w.other, w.single, "other.pdf", w.original)
				r, err := w.Freeze(context.Background(), v, signing.DocumentRef{Source: app.SourceField, Field: w.single, FileID: number(id)})
				w.must(err)
				in.Requests = []app.RequestID{r.ID}
			},
		},
		{
			name: "file of another deal", kind: app.NotFound, key: "document.gone",
			before: func(w *world) { w.file = w.portal.PutFile(w.other, w.single, "other.pdf", w.original) },
		},
		{name: "no such file", kind: app.NotFound, key: "document.gone", before: func(w *world) { w.file = 999999 }},
		{
			name: "no right to read", kind: app.Forbidden, key: "portal.no-right",
			before: func(w *world) { w.access(simulator.NoAccess) },
		},
		{
			name: "no right to change", kind: app.Forbidden, key: "portal.no-right",
			between: func(w *world) { w.access(simulator.ReadAccess) },
		},
		{
			name: "dismissed", kind: app.Forbidden, key: "visit.inactive",
			between: func(w *world) {
				w.must(w.portal.SetUser(w.mary, func(u *simulator.User) { u.Inactive = true }))
			},
		},
		{
			name: "deal removed", kind: app.NotFound, key: "deal.gone",
			between: func(w *world) { w.must(w.portal.DeleteDeal(w.deal)) },
		},
		{
			name: "file replaced by a colleague", kind: app.Conflict, key: "request.conflict",
			between: func(w *world) { w.portal.PutFile(w.deal, w.single, "new.pdf", signertest.PDF{Pages: 3}.Bytes()) },
		},
		{
			name: "file removed by a colleague", kind: app.Conflict, key: "request.conflict",
			between: func(w *world) { w.must(w.portal.RemoveFile(w.deal, w.single, w.file)) },
		},
		{
			name: "signed by a colleague meanwhile", kind: app.Conflict, key: "request.conflict",
			between: func(w *world) { _, r := w.order(w.paul); w.run(r.ID) },
		},
		{
			name: "open for long, and replaced meanwhile", kind: app.NotFound, key: "document.gone",
			change: func(w *world, _ *signing.OrderInput) {
				w.clock.forward(app.FrozenLife)
				w.portal.PutFile(w.deal, w.single, "new.pdf", signertest.PDF{Pages: 3}.Bytes())
			},
		},
		{
			name: "ordered already", kind: app.Conflict, key: "request.already",
			change: func(w *world, in *signing.OrderInput) {
				_, err := w.Sign(context.Background(), w.enter(w.mary), *in)
				w.must(err)
				w.clock.forward(30 * time.Second)
				in.Code = w.code(w.mary)
			},
		},
		{
			name: "ordered in another tab", kind: app.Conflict, key: "request.already",
			change: func(w *world, in *signing.OrderInput) {
				w.order(w.mary)
				w.clock.forward(30 * time.Second)
				in.Code, in.Requests = w.code(w.mary), []app.RequestID{w.freeze(w.enter(w.mary)).ID}
			},
		},
		{
			name: "no such position", kind: app.Invalid, key: "order.placement",
			change: func(_ *world, in *signing.OrderInput) { in.Signet.Placement.Position = "middle" },
		},
		{
			name: "long reason", kind: app.Invalid, key: "order.reason-long",
			change: func(_ *world, in *signing.OrderInput) { in.Signet.Reason = strings.Repeat("ж", app.MaxReason+1) },
		},
		{
			name: "reason with control characters", kind: app.Invalid, key: "order.reason-characters",
			change: func(_ *world, in *signing.OrderInput) { in.Signet.Reason = "a\x1b[31mb" },
		},
		{name: "an empty file", kind: app.Unsupported, key: "document.empty", before: content(nil)},
		{name: "a file that is no PDF", kind: app.Unsupported, key: "document.not-pdf", before: content([]byte("MZ, a program"))},
		{
			name: "a file that only begins as a PDF", kind: app.Unsupported, key: "document.damaged",
			before: content([]byte("%PDF-1.7\n" + strings.Repeat("nothing of it\n", 50))),
		},
		{
			name: "a file that is too large", kind: app.TooLarge, key: "document.too-large",
			before: content(signertest.PDF{Size: 1<<20 + 1}.Bytes()),
		},
		{name: "a file without pages", kind: app.Unsupported, key: "document.no-pages", before: content(pageless())},
	}
}

// pageless is a PDF whose page tree is empty.
func pageless() []byte {
	data := signertest.PDF{}.Bytes()
	data = bytes.Replace(data, []byte("/Kids [4 0 R]"), []byte("/Kids []     "), 1)
	return bytes.Replace(data, []byte("/Count 1"), []byte("/Count 0"), 1)
}

func choose(from, until time.Duration) func(*world, *signing.OrderInput) {
	return func(w *world, in *signing.OrderInput) {
		c := w.certificate("Мария Иванова", w.clock.Now().Add(from), w.clock.Now().Add(until))
		w.assign(w.mary, c.ID)
		in.Certificate = c.ID
	}
}

func content(data []byte) func(*world) {
	return func(w *world) { w.file = w.portal.PutFile(w.deal, w.single, "Договор.pdf", data) }
}

func (w *world) access(a simulator.Access) { w.must(w.portal.SetDealAccess(w.deal, w.mary, a)) }

// TestBadInput holds that each order is refused in words that everybody can
// read, that the file and the code stay as they were, and no key is used.
func TestBadInput(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if s.visitor == nil {
				s.visitor = as(mary)
			}
			if s.before != nil {
				s.before(w)
			}
			step, held, uses, err := w.play(s)
			e := wants(t, err, s.kind, s.key)
			if e.CodeUsed != s.used {
				t.Errorf("the message tells of a used code: %t", e.CodeUsed)
			}
			if now := w.lastStep(w.mary); now != step {
				t.Errorf("the code was used up: step %d after %d", now, step)
			}
			if !same(held, w.held()) {
				t.Error("the file was changed")
			}
			if w.keys.uses.Load() != uses {
				t.Error("the key was used")
			}
			w.intact()
		})
	}
}

// play does the scene and gives its end, with what was before the order.
func (w *world) play(s scene) (step int64, held [][]byte, uses int64, err error) {
	ctx := context.Background()
	v := s.visitor(w)
	step, held, uses = w.lastStep(w.mary), w.held(), w.keys.uses.Load()
	r, err := w.Freeze(ctx, v, w.ref())
	if err != nil {
		return step, held, uses, err
	}
	if s.between != nil {
		s.between(w)
	}
	in := signing.OrderInput{Code: "123456", Requests: []app.RequestID{r.ID}, Certificate: w.cert.ID, Signet: app.Signet{Language: "de"}}
	if v.User == uid(w.mary) {
		in = w.input(w.mary, r.ID)
	}
	if s.change != nil {
		s.change(w, &in)
	}
	step, held, uses = w.lastStep(w.mary), w.held(), w.keys.uses.Load()
	_, err = w.Sign(ctx, v, in)
	return step, held, uses, err
}

func same(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// Encrypted files are made by qpdf.
func TestEncryptedDocuments(t *testing.T) {
	signertest.Need(t, "qpdf")
	w := newWorld(t)
	v := w.enter(w.mary)
	in := signertest.WriteFile(t, "in.pdf", w.original)
	for _, c := range []struct{ name, user, modify, key string }{
		{"password to open", "secret", "all", "document.password"},
		{"signing forbidden", "", "none", "document.permission"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := in + c.key
			signertest.Run(t, "qpdf", "--encrypt", c.user, "owner", "256", "--modify="+c.modify, "--", in, out)
			data, err := os.ReadFile(out)
			w.must(err)
			w.file = w.portal.PutFile(w.deal, w.single, "Договор.pdf", data)
			_, err = w.Freeze(t.Context(), v, w.ref())
			wants(t, err, app.Unsupported, c.key)
			if held := w.held(); len(held) != 1 || !bytes.Equal(held[0], data) {
				t.Error("the file was changed")
			}
		})
	}
}

// What the visitor may not see has no other answer than what is not there.
func TestStrangersRequests(t *testing.T) {
	w := newWorld(t)
	v, r := w.order(w.mary)
	w.run(r.ID)
	elsewhere := v
	elsewhere.Entity.ID = int64(w.other)
	foreign := v
	foreign.Portal = "ffffffffffffffffffffffffffffffff"
	for name, v := range map[string]app.Visit{"another user": w.enter(w.paul), "another deal": elsewhere, "another portal": foreign} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Request(t.Context(), v, r.ID)
			wants(t, err, app.NotFound, "request.unknown")
			_, _, _, err = w.Open(t.Context(), v, r.ID, signing.Signed)
			wants(t, err, app.NotFound, "request.unknown")
			_, err = w.Retry(t.Context(), v, r.ID)
			wants(t, err, app.NotFound, "request.unknown")
			wants(t, w.Cancel(t.Context(), v, r.ID), app.NotFound, "request.unknown")
			if list, err := w.Recent(t.Context(), v); err != nil || len(list) != 0 {
				t.Errorf("recent: %v, %v", list, err)
			}
		})
	}
}
