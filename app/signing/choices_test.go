package signing_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/signing"
)

// The form offers the assigned certificates, usable ones first, the others with
// the reason.
func TestChoices(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now()
	add := func(name string, from, until time.Duration) app.Certificate {
		c := w.certificate(name, now.Add(from), now.Add(until))
		w.assign(w.mary, c.ID)
		return c
	}
	w.certificate("not assigned", now, now.AddDate(1, 0, 0))
	add("expired", -48*time.Hour, -time.Hour)
	add("last day", -48*time.Hour, time.Hour)
	add("not yet", time.Hour, 100*time.Hour)
	add("short", -time.Hour, 60*time.Hour)
	token := add("on a token", -time.Hour, 80*time.Hour)
	token.Source, token.TokenSerial, token.KeyID = app.KeyToken, "01", "02"
	w.must(w.store.SaveCertificate(t.Context(), token, nil))

	choices, err := w.Choices(t.Context(), w.enter(w.mary))
	w.must(err)
	var got [][2]string
	for _, c := range choices.Certificates {
		got = append(got, [2]string{c.Name, c.Unusable})
		if c.Unusable != "" {
			readable(t, c.Unusable)
		}
	}
	want := [][2]string{
		{"Мария Иванова", ""},
		{"short", ""},
		{"not yet", "certificate.not-yet"},
		{"on a token", "certificate.token-absent"},
		{"last day", "certificate.last-day"},
		{"expired", "certificate.expired"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Somebody who has not chosen yet is offered what the portal's settings say.
	first := app.Signet{Visible: true, Placement: app.Settings{}.DefaultPlacement()}
	if choices.Remembered != (app.Remembered{Signet: first}) {
		t.Errorf("remembered: %+v", choices.Remembered)
	}
}

func TestNoChoices(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.eve)
	_, err := w.Choices(t.Context(), v)
	wants(t, err, app.NotFound, "account.none")
	w.account(w.eve, app.Account{})
	choices, err := w.Choices(t.Context(), v)
	if err != nil || choices.HasPhone || len(choices.Certificates) != 0 {
		t.Errorf("%+v, %v", choices, err)
	}
	w.account(w.eve, app.Account{Blocked: true})
	_, err = w.Choices(t.Context(), v)
	wants(t, err, app.Forbidden, "account.blocked")
	foreign := w.enter(w.mary)
	foreign.Portal = "ffffffffffffffffffffffffffffffff"
	_, err = w.Choices(t.Context(), foreign)
	wants(t, err, app.NotFound, "account.none")
}

func TestOutsideADeal(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	list, err := w.Documents(t.Context(), v)
	if err != nil || len(list) != 1 || list[0].FileID != number(w.file) {
		t.Errorf("documents: %v, %v", list, err)
	}
	v.Entity = app.Entity{}
	_, err = w.Documents(t.Context(), v)
	wants(t, err, app.Invalid, "deal.none")
	_, err = w.Freeze(t.Context(), v, w.ref())
	wants(t, err, app.Invalid, "document.gone")
}

// A visitor who goes away leaves nothing behind, and nobody's order undone.
func TestTheVisitorGoesAway(t *testing.T) {
	for n := range 12 {
		w := newWorld(t)
		v := w.enter(w.mary)
		in := w.input(w.mary, "")
		step := w.lastStep(w.mary)
		ctx, leave := context.WithCancel(t.Context())
		config := w.config
		config.Store = leaving{config.Store, leave, &n}
		w.serve(config)
		r, err := w.Freeze(ctx, v, w.ref())
		if err == nil {
			in.Requests = []app.RequestID{r.ID}
			_, err = w.Sign(ctx, v, in)
		}
		leave()
		w.restart()
		if used := w.lastStep(w.mary) != step; used != (err == nil) {
			t.Fatalf("the code was used %t, and the order gave %v", used, err)
		}
		if err != nil {
			r = w.freeze(v)
			in.Requests = []app.RequestID{r.ID}
			_, err = w.Sign(t.Context(), v, in)
			w.must(err)
		}
		w.run(r.ID)
		w.signedOnce()
	}
}

// leaving cancels the visitor's context at the n-th reading of the store.
type leaving struct {
	signing.Store
	leave context.CancelFunc
	n     *int
}

func (s leaving) count() {
	if *s.n--; *s.n < 0 {
		s.leave()
	}
}

func (s leaving) Account(ctx context.Context, portal app.PortalID, user app.UserID) (app.Account, error) {
	s.count()
	return s.Store.Account(ctx, portal, user)
}

func (s leaving) AssignedTo(ctx context.Context, portal app.PortalID, user app.UserID) ([]app.Assignment, error) {
	s.count()
	return s.Store.AssignedTo(ctx, portal, user)
}

func (s leaving) Request(ctx context.Context, portal app.PortalID, id app.RequestID) (app.Request, error) {
	s.count()
	return s.Store.Request(ctx, portal, id)
}

func (s leaving) Requests(ctx context.Context, portal app.PortalID, q app.RequestQuery) ([]app.Request, error) {
	s.count()
	return s.Store.Requests(ctx, portal, q)
}

func (s leaving) CreateOrder(ctx context.Context, o app.Order, change func(*app.Request, time.Time) error, e ...app.AuditEntry) error {
	s.count()
	return s.Store.CreateOrder(ctx, o, change, e...)
}

func (s leaving) Authorize(ctx context.Context, portal app.PortalID, id app.OrderID,
	check func(*app.Authenticator, *app.Account, time.Time) (int64, app.AuthMethod, error),
	entries func(app.Order, error) []app.AuditEntry,
) error {
	s.count()
	err := s.Store.Authorize(ctx, portal, id, check, entries)
	s.count()
	return err
}

func (s leaving) SaveRemembered(ctx context.Context, portal app.PortalID, user app.UserID, r app.Remembered) error {
	s.count()
	return s.Store.SaveRemembered(ctx, portal, user, r)
}
