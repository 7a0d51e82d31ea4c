package revocation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// The bounds of answers, in bytes.
const (
	maxOCSP        = 64 << 10
	maxCertificate = 64 << 10
	maxRedirects   = 3
)

// Config says how a Gatherer works. Zero values work.
type Config struct {
	// Allow names address blocks that may be asked although they are not public,
	// such as those of a company's own authority.
	Allow []netip.Prefix
	// Timeout is how long one answer may take; default 10 s.
	Timeout time.Duration
	// MaxCRL is the largest revocation list that is read, in bytes; default 8 MB.
	MaxCRL int64
	Now    func() time.Time // default time.Now
	Log    *slog.Logger     // learns what failed although another way led on; default nothing
}

// Gatherer fetches revocation material. It may be used by several goroutines.
type Gatherer struct {
	config Config
	client *http.Client
}

// New makes a Gatherer.
func New(c Config) *Gatherer {
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	if c.MaxCRL <= 0 {
		c.MaxCRL = 8 << 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	dialer := &net.Dialer{
		Timeout: c.Timeout,
		Control: func(_, address string, _ syscall.RawConn) error { return checkAddress(address, c.Allow) },
	}
	return &Gatherer{config: c, client: &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: c.Timeout, ResponseHeaderTimeout: c.Timeout,
			MaxResponseHeaderBytes: 16 << 10, MaxIdleConns: 8, IdleConnTimeout: 30 * time.Second,
			DisableCompression: true, // a bomb would come compressed
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("%w: too many redirects", ErrForbidden)
			}
			return checkURL(r.URL)
		},
	}}
}

// Close closes idle connections.
func (g *Gatherer) Close() { g.client.CloseIdleConnections() }

// fetch gets an address: by GET, or by POST when there is a body of a type.
func (g *Gatherer) fetch(ctx context.Context, address string, body []byte, kind string, most int64) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: unreadable", ErrForbidden)
	}
	if err := checkURL(u); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, g.config.Timeout)
	defer cancel()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	if body != nil {
		request.Header.Set("Content-Type", kind)
	}
	response, err := g.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetch from %s: %w", u.Host, unavailable(err))
	}
	defer response.Body.Close() //nolint:errcheck // only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch from %s: %w: status %d", u.Host, ErrUnavailable, response.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("fetch from %s: %w", u.Host, unavailable(err))
	case int64(len(data)) > most:
		return nil, fmt.Errorf("fetch from %s: %w: more than %d bytes", u.Host, ErrUnavailable, most)
	}
	return data, nil
}

// unavailable gives a transport's error a meaning.
func unavailable(err error) error {
	var cause *url.Error
	if errors.As(err, &cause) {
		err = cause.Err
	}
	if errors.Is(err, ErrForbidden) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
