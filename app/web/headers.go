package web

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/labstack/echo/v4"

	"signservice/app"
)

// policy is the content security policy of our pages: everything from here,
// nothing inline. frames is the origin that may frame the page; empty says
// nothing about frames.
func policy(frames string) string {
	p := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'"
	if frames != "" {
		p += "; frame-ancestors " + frames
	}
	return p
}

// refusalPolicy is that of pages without script and data.
const refusalPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'"

// hostname is a host with an optional port, and nothing that could end a
// directive or begin another.
var hostname = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`)

// framedBy is the origin of a verified portal for frame-ancestors. A portal
// whose address is not a plain origin may frame nothing.
func framedBy(p app.Portal) string {
	u, err := url.Parse(p.Endpoint)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "'none'"
	}
	host := strings.ToLower(u.Host)
	if !hostname.MatchString(host) {
		return "'none'"
	}
	return u.Scheme + "://" + host
}

// common sets the headers that every answer has, gives the call its number,
// limits its body, and turns a panic into an error.
func (s *Server) common(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		c.Set(numberKey, newNumber())
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Request-Id", numberOf(c))
		if strings.HasPrefix(s.config.Public, "https:") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, cmp.Or(s.bodies[r.Method+" "+c.Path()], maxBody))
		began := s.config.Now()
		defer func() {
			if cause := recover(); cause != nil {
				if cause == http.ErrAbortHandler {
					panic(cause)
				}
				s.config.Log.ErrorContext(r.Context(), "panic", "number", numberOf(c), "stack", string(debug.Stack()))
				err = app.Fail(app.Internal, "handle call", "").Because(fmt.Errorf("panic: %v", cause))
			}
			if err != nil {
				c.Error(err)
				err = nil
			}
			s.config.Log.LogAttrs(r.Context(), slog.LevelInfo, "call",
				slog.String("number", numberOf(c)), slog.String("method", r.Method), slog.String("route", c.Path()),
				slog.Int("status", c.Response().Status), slog.Duration("took", s.config.Now().Sub(began)),
				slog.String("address", c.RealIP()))
		}()
		return next(c)
	}
}

// newNumber gives the number by which a call is found in the log.
func newNumber() string {
	var b [6]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand never fails
	return hex.EncodeToString(b[:])
}

// addresses tells how a visitor's network address is found: the connection's,
// or what a trusted proxy says.
func addresses(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	return echo.ExtractIPFromXFFHeader(proxies(trusted)...)
}

// schemes tells whether a visitor came by https.
func schemes(trusted []netip.Prefix) echo.SchemeExtractor {
	if len(trusted) == 0 {
		return echo.ExtractSchemeDirect()
	}
	return echo.ExtractSchemeFromHeaders(proxies(trusted)...)
}

// proxies trusts the networks given and no other, also not the private ones
// that Echo would.
func proxies(trusted []netip.Prefix) []echo.TrustOption {
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, prefix := range trusted {
		options = append(options, echo.TrustIPRange(ipNet(prefix)))
	}
	return options
}

// ipNet is the prefix as Echo wants it.
func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Masked().Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
