package otp_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"signservice/app"
)

// memory keeps what otp.Store asks for, by its contract: change runs twice, and
// the first outcome is thrown away, as a repeated transaction would.
type memory struct {
	mu             sync.Mutex
	now            time.Time
	portal         app.Portal
	accounts       map[app.UserID]app.Account
	enrolments     map[string]app.Enrolment
	authenticators map[app.UserID]app.Authenticator
	entries        []app.AuditEntry
}

func (m *memory) Portal(context.Context, app.PortalID) (app.Portal, error) { return m.portal, nil }

func (m *memory) Account(_ context.Context, _ app.PortalID, user app.UserID) (app.Account, error) {
	a, ok := m.accounts[user]
	if !ok {
		return a, app.Fail(app.NotFound, "read account", "account.none")
	}
	return a, nil
}

func (m *memory) SaveEnrolment(_ context.Context, e app.Enrolment, entries ...app.AuditEntry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, old := range m.enrolments {
		if old.User == e.User && old.State == app.EnrolmentOpen {
			old.State = app.EnrolmentWithdrawn
			m.enrolments[id] = old
		}
	}
	m.enrolments[e.ID] = e
	m.entries = append(m.entries, entries...)
	return nil
}

func (m *memory) Enrolment(_ context.Context, id string) (app.Enrolment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.enrolments[id]
	if !ok {
		return e, app.Fail(app.NotFound, "read enrolment", "")
	}
	return e, nil
}

func (m *memory) UpdateEnrolment(_ context.Context, id string,
	change func(*app.Enrolment, *app.Authenticator, time.Time) ([]app.AuditEntry, error),
) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, ok := m.enrolments[id]
	if !ok {
		return app.Fail(app.NotFound, "read enrolment", "")
	}
	var (
		e       app.Enrolment
		a       app.Authenticator
		entries []app.AuditEntry
		err     error
	)
	for range 2 {
		e, a = before, m.authenticators[before.User]
		entries, err = change(&e, &a, m.now)
	}
	var failure *app.Error
	if err != nil && !errors.As(err, &failure) {
		return err
	}
	m.enrolments[id] = e
	if a.Secret != "" {
		m.authenticators[e.User] = a
	}
	m.entries = append(m.entries, entries...)
	return err
}

// actions are what the audit log holds.
func (m *memory) actions() []app.Action {
	var list []app.Action
	for _, e := range m.entries {
		list = append(list, e.Action)
	}
	return list
}
