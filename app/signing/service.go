package signing

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"signservice/app"
)

// Config is what the service is made of. Store, Spool, Portal, Keys and
// CheckCode are required; the zero value of the rest works.
type Config struct {
	Store     Store
	Spool     Spool
	Portal    Portal
	Keys      Keys
	CheckCode CheckCode
	// Pictures draws pages; nil where pages are not shown.
	Pictures Pictures
	// Authorities give time-stamps and revocation material; nil keeps every
	// signature at level B.
	Authorities Authorities
	// Roots are the operator's: signatures that lead to one of them are known in
	// every portal, as are the time-stamps of authorities that do.
	Roots []*x509.Certificate
	// Clock refuses while the clock is too wrong to look at a code; nil trusts it.
	Clock func() error
	// Delivered is told of each Request whose signed file is in the portal, before
	// it is Done, and perhaps twice; nil tells nobody.
	Delivered func(ctx context.Context, r app.Request) error
	// Wake tells the queue that Requests wait. It must not block.
	Wake func()
	// Hurry tells it that a Request waits no longer for the time of its next
	// attempt. It must not block; nil is Wake.
	Hurry func(portal app.PortalID, id app.RequestID)
	// MaxSize limits a document, in bytes; 0 means app.MaxFileSize.
	MaxSize int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Random gives ids; nil means crypto/rand.
	Random io.Reader
	// Log gets what went wrong and why; nil discards it.
	Log *slog.Logger
}

// Service takes orders and carries them out. Its methods may be called at the
// same time from any goroutine.
type Service struct {
	Config
	watch *watchers
	seen  *seen
}

// New checks the configuration and gives a Service.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.Spool == nil || c.Portal == nil || c.Keys == nil || c.CheckCode == nil {
		return nil, errors.New("signing: store, spool, portal, keys and code check are required")
	}
	if c.MaxSize <= 0 {
		c.MaxSize = app.MaxFileSize
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Wake == nil {
		c.Wake = func() {}
	}
	if c.Hurry == nil {
		c.Hurry = func(app.PortalID, app.RequestID) { c.Wake() }
	}
	return &Service{Config: c, watch: newWatchers(), seen: newSeen()}, nil
}

// newID gives 128 random bits, hexadecimal.
func (s *Service) newID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.Random, b[:]); err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// originalName and signedName are the names of a Request's files in the spool.
func originalName(id app.RequestID) string { return string(id) + "/original" }

func signedName(id app.RequestID) string { return string(id) + "/signed" }
