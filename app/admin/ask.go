package admin

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"signservice/app"
)

// Wish is what a person without the means to sign asks an administrator for.
type Wish string

// The wishes.
const (
	WishAccount     Wish = "account"
	WishPhone       Wish = "phone"
	WishCertificate Wish = "certificate"
)

// askLife is how long a wish stands before the person may repeat it.
const askLife = 10 * time.Minute

// wishes remembers who asked when, in memory: an administrator is not to be
// flooded by one who presses again and again.
type wishes struct {
	mu sync.Mutex
	at map[string]time.Time // guarded by mu
}

// take tells whether the wish is new, and forgets old ones.
func (w *wishes) take(key string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for k, at := range w.at {
		if !now.Before(at.Add(askLife)) {
			delete(w.at, k)
		}
	}
	if _, asked := w.at[key]; asked {
		return false
	}
	if w.at == nil {
		w.at = map[string]time.Time{}
	}
	w.at[key] = now
	return true
}

// Ask tells the administrators that the visitor wants to sign and lacks
// something: all who are known to be such now, at least whoever installed the
// app. Asked again within ten minutes nobody is told twice.
//
// Errors: app.Invalid ask.unknown; app.Unavailable ask.nobody where the notice
// reached nobody.
func (s *Service) Ask(ctx context.Context, v app.Visit, w Wish) error {
	const op = "ask an administrator"
	if !slices.Contains([]Wish{WishAccount, WishPhone, WishCertificate}, w) {
		return app.Fail(app.Invalid, op, "ask.unknown")
	}
	if v.Portal == "" || v.User == "" {
		return app.Fail(app.Forbidden, op, "")
	}
	if s.config.Notices == nil {
		return app.Fail(app.Unavailable, op, "ask.nobody")
	}
	if !s.asked.take(string(v.Portal)+"/"+string(v.User)+"/"+string(w), s.config.Now()) {
		return nil
	}
	n := notice{by: v.User, key: "ask." + string(w), args: []any{v.Name}, tag: "SIGNSERVICE|ASK|" + string(v.User) + "|" + string(w)}
	if s.tell(ctx, v.Portal, s.administrators(ctx, v.Portal), n) == 0 {
		return app.Fail(app.Unavailable, op, "ask.nobody")
	}
	return nil
}

// OwnLinks tells whether the visitor may make the link for a first phone.
func (s *Service) OwnLinks(ctx context.Context, v app.Visit) (bool, error) {
	rules, err := s.config.Store.Settings(ctx, v.Portal)
	if err != nil || !rules.SelfEnrolment {
		return false, app.Wrap("read settings", err)
	}
	account, err := s.config.Store.Account(ctx, v.Portal, v.User)
	if errors.Is(err, app.NotFound) {
		return false, nil
	}
	if err != nil || !rules.MayEnrol(account) {
		return false, app.Wrap("find account", err)
	}
	others, err := s.linkIsOthers(ctx, v)
	return !others && err == nil, app.Wrap("look at own link", err)
}

// linkIsOthers tells whether another administrator has to make the visitor's
// link, though people may make their own: an administrator's phone gives the code
// for dangerous acts, and whoever has taken over the browser of one without a
// phone would make that code.
func (s *Service) linkIsOthers(ctx context.Context, v app.Visit) (bool, error) {
	p, err := s.config.Store.Portal(ctx, v.Portal)
	if err != nil {
		return false, err
	}
	seen, err := s.config.Store.Visitor(ctx, v.Portal, v.User)
	if err != nil && !errors.Is(err, app.NotFound) {
		return false, err
	}
	if !v.Admin && !seen.Admin && v.User != p.InstalledBy {
		return false, nil
	}
	begins, err := s.begins(ctx, v)
	return !begins, err
}

// OwnLink makes the setup link for the visitor's own first phone, where the
// administrators allow it. For another phone an administrator is needed:
// otherwise whoever sits down at somebody's screen could sign as them.
//
// Errors: app.Forbidden link.own-off, link.own-phone, link.own-admin,
// account.blocked;
// app.NotFound account.none.
func (s *Service) OwnLink(ctx context.Context, v app.Visit) (app.Secret, app.Enrolment, error) {
	const op = "make own link"
	s.changes.Lock()
	defer s.changes.Unlock()
	rules, err := s.config.Store.Settings(ctx, v.Portal)
	if err != nil {
		return "", app.Enrolment{}, app.Wrap(op, err)
	}
	if !rules.SelfEnrolment {
		return "", app.Enrolment{}, app.Fail(app.Forbidden, op, "link.own-off")
	}
	account, err := s.config.Store.Account(ctx, v.Portal, v.User)
	switch {
	case errors.Is(err, app.NotFound):
		return "", app.Enrolment{}, app.Fail(app.NotFound, op, "account.none").Because(err)
	case err != nil:
		return "", app.Enrolment{}, app.Wrap(op, err)
	case account.Blocked:
		return "", app.Enrolment{}, app.Fail(app.Forbidden, op, "account.blocked")
	case !rules.MayEnrol(account):
		return "", app.Enrolment{}, app.Fail(app.Forbidden, op, "link.own-off")
	}
	_, err = s.config.Store.Authenticator(ctx, v.Portal, v.User)
	if err == nil {
		return "", app.Enrolment{}, app.Fail(app.Forbidden, op, "link.own-phone")
	}
	if !errors.Is(err, app.NotFound) {
		return "", app.Enrolment{}, app.Wrap(op, err)
	}
	others, err := s.linkIsOthers(ctx, v)
	if err != nil {
		return "", app.Enrolment{}, app.Wrap(op, err)
	}
	if others {
		return "", app.Enrolment{}, app.Fail(app.Forbidden, op, "link.own-admin")
	}
	token, e, err := s.config.Enrolments.CreateOwn(ctx, v, account)
	e.Pending = ""
	return token, e, app.Wrap(op, err)
}
