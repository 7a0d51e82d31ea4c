package admin

import (
	"context"
	"errors"
	"sync"
	"time"

	"signservice/app"
)

// CheckCode looks at a one-time code; otp.Verify is one. See there for what it
// does to a and for its errors.
type CheckCode func(a *app.Authenticator, code string, now time.Time) (step int64, err error)

// Authenticators keeps the code generators.
type Authenticators interface {
	// UpdateAuthenticator stores what change did also when it refuses with an
	// app.Error, since a refusal counts.
	UpdateAuthenticator(ctx context.Context, portal app.PortalID, user app.UserID,
		change func(a *app.Authenticator, now time.Time) ([]app.AuditEntry, error)) error
}

// confirmLife is how long an administrator's code counts for further dangerous
// acts, so that ten certificates are not ten codes.
const confirmLife = 5 * time.Minute

// confirmations remembers who has confirmed, in memory: after a restart a code
// is asked again.
type confirmations struct {
	mu sync.Mutex
	at map[app.PortalID]map[app.UserID]time.Time // guarded by mu
}

func (c *confirmations) fresh(v app.Visit, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.at[v.Portal][v.User]
	return ok && !now.Before(at) && now.Before(at.Add(confirmLife))
}

func (c *confirmations) add(v app.Visit, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		c.at = map[app.PortalID]map[app.UserID]time.Time{}
	}
	if c.at[v.Portal] == nil {
		c.at[v.Portal] = map[app.UserID]time.Time{}
	}
	c.at[v.Portal][v.User] = now
}

// confirm lets a dangerous act pass that the administrator confirmed with a
// one-time code of their own, v.Code, now or within the last five minutes. Who
// has taken over a signed-in administrator's browser has no such code. Before an
// administrator binds a phone the one who installed the app needs none: somebody
// has to begin. Afterwards that one needs a phone too, or to install the app
// anew would be a way around the code.
//
// Errors: app.Forbidden confirm.needed where a code is to be asked,
// confirm.phone where a phone has to be bound first; those of the check; what
// Clock refuses.
func (s *Service) confirm(ctx context.Context, v app.Visit, op string) error {
	if s.confirmed.fresh(v, s.config.Now()) {
		return nil
	}
	_, err := s.config.Store.Authenticator(ctx, v.Portal, v.User)
	if errors.Is(err, app.NotFound) {
		return s.confirmWithoutPhone(ctx, v, op)
	}
	if err != nil {
		return app.Wrap(op, err)
	}
	if v.Code == "" {
		return app.Fail(app.Forbidden, op, "confirm.needed")
	}
	if s.config.Clock != nil {
		if err := s.config.Clock(); err != nil {
			return err
		}
	}
	err = s.config.Store.UpdateAuthenticator(ctx, v.Portal, v.User, func(a *app.Authenticator, now time.Time) ([]app.AuditEntry, error) {
		if _, err := s.config.CheckCode(a, v.Code.Reveal(), now); err != nil {
			wrong := entry(v, app.ActConfirmWrong, "")
			wrong.Detail = keyOf(err)
			return []app.AuditEntry{wrong}, err
		}
		return []app.AuditEntry{entry(v, app.ActConfirmed, "")}, nil
	})
	if err != nil {
		return app.Wrap(op, err)
	}
	s.confirmed.add(v, s.config.Now())
	return nil
}

func (s *Service) confirmWithoutPhone(ctx context.Context, v app.Visit, op string) error {
	begins, err := s.begins(ctx, v)
	if err != nil {
		return app.Wrap(op, err)
	}
	if !begins {
		return app.Fail(app.Forbidden, op, "confirm.phone")
	}
	return nil
}

// begins tells whether the visitor may begin without a phone.
func (s *Service) begins(ctx context.Context, v app.Visit) (bool, error) {
	p, err := s.config.Store.Portal(ctx, v.Portal)
	if err != nil || p.InstalledBy != v.User {
		return false, err
	}
	begun, err := s.adminHasPhone(ctx, v.Portal)
	return !begun, err
}

// adminHasPhone tells whether somebody known as an administrator has a phone.
func (s *Service) adminHasPhone(ctx context.Context, portal app.PortalID) (bool, error) {
	visitors, err := s.config.Store.Visitors(ctx, portal)
	if err != nil {
		return false, err
	}
	for _, v := range visitors {
		if !v.Admin {
			continue
		}
		_, err := s.config.Store.Authenticator(ctx, portal, v.User)
		if !errors.Is(err, app.NotFound) {
			return err == nil, err
		}
	}
	return false, nil
}

// keyOf is the message of a refusal.
func keyOf(err error) string {
	var refusal *app.Error
	if errors.As(err, &refusal) {
		return refusal.MessageKey()
	}
	return ""
}
