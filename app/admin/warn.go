package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"signservice/app"
)

// Warn tells people which certificates end soon: at 30, 14 and 3 days, once
// each, whatever restarts come between. The administrator who added the
// certificate is told, the one who installed the app, and the owner. It is meant
// to be called again and again; most calls do nothing.
//
// What could not be told to anybody is tried again at the next call, and is part
// of the error. A notice that is repeated after a crash takes the place of the
// earlier one.
func (s *Service) Warn(ctx context.Context) error {
	if s.config.Notices == nil {
		return nil
	}
	portals, err := s.config.Store.Portals(ctx)
	if err != nil {
		return app.Wrap("warn of ending certificates", err)
	}
	var failed []error
	for _, p := range portals {
		if !p.Installed() {
			continue
		}
		certificates, err := s.config.Store.Certificates(ctx, p.ID)
		if err != nil {
			return app.Wrap("warn of ending certificates", err)
		}
		for _, c := range certificates {
			if days := warning(c, s.config.Now()); days > 0 {
				if err := s.warn(ctx, p, c, days); err != nil {
					failed = append(failed, fmt.Errorf("warn of certificate %.16s: %w", c.ID, err))
				}
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return errors.Join(failed...)
}

// warning gives which of app.WarnDays is to be told of the certificate now; 0
// where none is, or it was.
func warning(c app.Certificate, now time.Time) int {
	if why := c.Usable(now); why != "" && why != "certificate.last-day" {
		return 0 // it does not sign, and the state page says so
	}
	due := 0
	for _, days := range app.WarnDays() {
		if c.NotAfter.Sub(now) <= time.Duration(days)*24*time.Hour {
			due = days
		}
	}
	if due == 0 || c.Warned != 0 && c.Warned <= due {
		return 0
	}
	return due
}

// warn tells everybody concerned; that one of them was told counts.
func (s *Service) warn(ctx context.Context, p app.Portal, c app.Certificate, days int) error {
	left := c.NotAfter.Sub(s.config.Now())
	tag := fmt.Sprintf("SIGNSERVICE|CERTIFICATE|%.16s|%d", c.ID, days)
	var told []app.UserID
	var failed []error
	for _, to := range recipients(p, c) {
		words := s.wordsFor(ctx, p, to)
		text := words.T("warning.text", c.Name, lastFour(c.Serial), words.Date(c.NotAfter), left)
		if err := s.remind(ctx, p, distinct(p.InstalledBy, c.CreatedBy, to), to, text, tag); err != nil {
			failed = append(failed, err)
			continue
		}
		told = append(told, to)
	}
	if len(told) == 0 {
		return errors.Join(failed...)
	}
	_, err := s.config.Store.UpdateCertificate(ctx, p.ID, c.ID, func(now *app.Certificate, _ time.Time) ([]app.AuditEntry, error) {
		if now.Warned != 0 && now.Warned <= days {
			return nil, nil // somebody was faster
		}
		now.Warned = days
		return []app.AuditEntry{{
			Action: app.ActCertificateWarned, Portal: p.ID, Subject: string(told[0]), Certificate: c.ID, OwnerName: c.Name,
		}}, nil
	})
	return err
}

// recipients are those who are told of a certificate.
func recipients(p app.Portal, c app.Certificate) []app.UserID {
	return distinct(c.CreatedBy, p.InstalledBy, c.Owner)
}

// lastFour is the end of a serial number, by which people tell two apart.
func lastFour(serial string) string {
	if len(serial) <= 4 {
		return serial
	}
	return "…" + serial[len(serial)-4:]
}
