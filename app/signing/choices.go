package signing

import (
	"context"
	"errors"
	"sort"
	"time"

	"signservice/app"
)

// Choices is what the form offers the visitor.
type Choices struct {
	Account  app.Account
	HasPhone bool
	// Certificates are the assigned ones, usable first.
	Certificates []CertificateChoice
	// Remembered is what the visitor chose last, or what the portal's settings
	// offer somebody who has not chosen yet.
	Remembered app.Remembered
}

// CertificateChoice is an assigned certificate, with the reason why it cannot
// sign now.
type CertificateChoice struct {
	app.Certificate
	// Unusable is the key of a message, or "" when the certificate can sign.
	Unusable string
	// AbsentSince is when its token was last seen to go; zero unless Unusable is
	// "certificate.token-absent".
	AbsentSince time.Time
}

// Choices tells what the visitor may sign with. It fails with kind
// app.NotFound and key "account.none" where the visitor has no account.
func (s *Service) Choices(ctx context.Context, v app.Visit) (Choices, error) {
	account, err := s.account(ctx, v)
	if err != nil {
		return Choices{}, err
	}
	c := Choices{Account: account}
	_, err = s.Store.Authenticator(ctx, v.Portal, v.User)
	switch {
	case err == nil:
		c.HasPhone = true
	case !errors.Is(err, app.NotFound):
		return Choices{}, err
	}
	assigned, err := s.Store.AssignedTo(ctx, v.Portal, v.User)
	if err != nil {
		return Choices{}, err
	}
	for _, a := range assigned {
		if !a.Active(s.Now()) {
			continue // it begins later, or has run out
		}
		choice, err := s.choice(ctx, a)
		if errors.Is(err, app.NotFound) {
			continue // the certificate was removed a moment ago
		}
		if err != nil {
			return Choices{}, err
		}
		c.Certificates = append(c.Certificates, choice)
	}
	sortChoices(c.Certificates)
	c.Remembered, err = s.Store.Remembered(ctx, v.Portal, v.User)
	if errors.Is(err, app.NotFound) {
		rules, err := s.Store.Settings(ctx, v.Portal)
		c.Remembered = app.Remembered{Signet: app.Signet{Visible: !rules.Signet.Hidden, Placement: rules.DefaultPlacement()}}
		return c, err
	}
	return c, err
}

// account gives the visitor's account, refusing a blocked one.
func (s *Service) account(ctx context.Context, v app.Visit) (app.Account, error) {
	account, err := s.Store.Account(ctx, v.Portal, v.User)
	if errors.Is(err, app.NotFound) {
		return app.Account{}, app.Fail(app.NotFound, "find account", "account.none").Because(err)
	}
	if err != nil {
		return app.Account{}, err
	}
	if account.Blocked {
		return app.Account{}, app.Fail(app.Forbidden, "find account", "account.blocked")
	}
	if account.CodeOff {
		rules, err := s.Store.Settings(ctx, v.Portal)
		if err != nil {
			return app.Account{}, err
		}
		account.CodeOff = !rules.CodeRequired
	}
	return account, nil
}

// choice gives the certificate of an assignment and whether it can sign now.
func (s *Service) choice(ctx context.Context, a app.Assignment) (CertificateChoice, error) {
	cert, err := s.Store.Certificate(ctx, a.Portal, a.Certificate)
	if err != nil {
		return CertificateChoice{}, err
	}
	c := CertificateChoice{Certificate: cert, Unusable: cert.Usable(s.Now())}
	if c.Unusable == "" {
		if since, absent := s.Keys.Absent(ctx, cert); absent {
			c.Unusable, c.AbsentSince = "certificate.token-absent", since
		}
	}
	return c, nil
}

// sortChoices puts usable certificates first, then those that last longer.
func sortChoices(list []CertificateChoice) {
	sort.SliceStable(list, func(i, j int) bool {
		if (list[i].Unusable == "") != (list[j].Unusable == "") {
			return list[i].Unusable == ""
		}
		return list[i].NotAfter.After(list[j].NotAfter)
	})
}

// clockGood refuses to sign while the clock lies before what the audit log has
// seen: what has ended would seem to be good, and the signing time would be false.
func (s *Service) clockGood(ctx context.Context) error {
	latest, err := s.Store.Latest(ctx)
	if err != nil {
		return app.Wrap("read latest time", err)
	}
	if app.ClockBack(s.Now(), latest) {
		return app.Fail(app.Unavailable, "check clock", "clock.back")
	}
	return nil
}
