package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"time"
)

// Config is what the pages are made of. Public, Sealer, Visitors, Portals,
// Installer, Signing, Admin and Enrolments are required; the zero value of the
// rest works.
type Config struct {
	// Public is the address under which browsers and portals reach the service:
	// "https://sign.example.org". Setup links begin with it.
	Public     string
	Sealer     Sealer
	Visitors   Visitors
	Portals    Portals
	Installer  Installer
	Signing    Signing
	Admin      Admin
	Enrolments Enrolments
	// Authorities are the internal certificate authorities; nil where there are none.
	Authorities Authorities
	// Health tells how the service stands; nil is not told.
	Health Health
	// Places chooses where in portals the app is shown; nil where it is not chosen.
	Places Places
	// Invitations asks colleagues to sign; nil where nobody is asked.
	Invitations Invitations
	// Ready tells whether the service can work: the store answers, the clock is
	// right. Nil is always.
	Ready func(ctx context.Context) error
	// TrustedProxies are the networks whose X-Forwarded-For is believed. None
	// means that the address of the connection is the visitor's.
	TrustedProxies []netip.Prefix
	// Version is shown to administrators.
	Version string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log gets one line for each call, and the cause of each error; nil discards it.
	Log *slog.Logger
}

// check refuses an incomplete configuration and sets what was left out.
func (c *Config) check() error {
	u, err := url.Parse(c.Public)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Path != "" && u.Path != "/" {
		return fmt.Errorf("web: public address %q is not like https://sign.example.org", c.Public)
	}
	c.Public = u.Scheme + "://" + u.Host
	if c.Sealer == nil || c.Visitors == nil || c.Portals == nil || c.Installer == nil ||
		c.Signing == nil || c.Admin == nil || c.Enrolments == nil {
		return errors.New("web: sealer, visitors, portals, installer, signing, admin and enrolments are required")
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}
