package admin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"signservice/app"
)

// The alarm about guessed codes: so many wrong ones in a portal, over all its
// accounts, within such a time.
const (
	alarmFailures = 50
	alarmTime     = 24 * time.Hour
)

// CodeRefused tells the administrators, once, what a refused code of the visitor
// may mean: that an account was locked, that somebody guesses codes all over the
// portal, or that no code is taken since the clock is wrong. The refusal stands
// whatever becomes of that.
func (s *Service) CodeRefused(ctx context.Context, v app.Visit, refusal error) {
	key := keyOf(refusal)
	if key != "clock.off" && !strings.HasPrefix(key, "code.") {
		return
	}
	s.alarms.Lock()
	defer s.alarms.Unlock()
	ctx = context.WithoutCancel(ctx)
	var err error
	if key == "clock.off" {
		var failure *app.Error
		errors.As(refusal, &failure)
		err = s.alarm(ctx, v, "clock", "", s.config.Now().Add(-alarmTime), failure.Args...)
	} else {
		err = errors.Join(s.alarmLocked(ctx, v, key), s.alarmMany(ctx, v))
	}
	if err != nil {
		s.untold(ctx, "alarm", err)
	}
}

// alarmLocked tells of an account that wrong codes have locked.
func (s *Service) alarmLocked(ctx context.Context, v app.Visit, key string) error {
	if key != "code.locked" {
		return nil
	}
	phone, err := s.config.Store.Authenticator(ctx, v.Portal, v.User)
	if err != nil || !phone.Locked {
		return err
	}
	return s.alarm(ctx, v, "locked", string(v.User), phone.EnrolledAt, s.personName(ctx, v.Portal, v.User))
}

// alarmMany tells of wrong codes all over the portal.
func (s *Service) alarmMany(ctx context.Context, v app.Visit) error {
	accounts, err := s.config.Store.Accounts(ctx, v.Portal)
	if err != nil {
		return err
	}
	since := s.config.Now().Add(-alarmTime)
	count := 0
	for _, a := range accounts {
		phone, err := s.config.Store.Authenticator(ctx, v.Portal, a.User)
		if errors.Is(err, app.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, at := range phone.Recent {
			if at.After(since) {
				count++
			}
		}
	}
	if count < alarmFailures {
		return nil
	}
	return s.alarm(ctx, v, "many", "", since, count)
}

// alarm tells the administrators, unless the journal has the same alarm since
// then. The journal's entry comes first: a notice that is lost is there still.
func (s *Service) alarm(ctx context.Context, v app.Visit, name, subject string, since time.Time, args ...any) error {
	detail := "alarm." + name + "-detail"
	raised, err := s.config.Store.AuditEntries(ctx, v.Portal, app.AuditQuery{Action: app.ActAlarm, From: since, Limit: maxEntries})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(raised, func(e app.AuditEntry) bool { return e.Detail == detail && e.Subject == subject }) {
		return nil
	}
	e := app.AuditEntry{Action: app.ActAlarm, Portal: v.Portal, Subject: subject, Detail: detail}
	if err := s.config.Store.Audit(ctx, e); err != nil {
		return err
	}
	s.tell(ctx, v.Portal, s.administrators(ctx, v.Portal), notice{by: v.User, key: "alarm." + name, args: args})
	return nil
}
