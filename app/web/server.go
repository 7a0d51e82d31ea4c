package web

import (
	"io"
	"log"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// Server answers for the whole service. It may be used from any goroutine.
type Server struct {
	config   Config
	echo     *echo.Echo
	looks    *looks
	limiters *limiters
	// bodies are the limits of routes that may carry more than others.
	bodies map[string]int64
	// closing is closed when streams must end.
	closing chan struct{}
}

// New checks the configuration and makes the server. It opens nothing.
func New(c Config) (*Server, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Server{config: c, echo: echo.New(), looks: newLooks(c.Now), limiters: newLimiters(c.Now), bodies: map[string]int64{}, closing: make(chan struct{})}
	e := s.echo
	e.HideBanner, e.HidePort = true, true
	e.StdLogger = log.New(io.Discard, "", 0)
	e.Logger.SetOutput(io.Discard)
	e.IPExtractor = addresses(c.TrustedProxies)
	e.SchemeExtractor = schemes(c.TrustedProxies)
	e.HTTPErrorHandler = s.handleError
	e.Use(s.common)
	for _, r := range s.routes() {
		e.Add(r.method, r.path, s.through(r))
		if r.body > 0 {
			s.bodies[r.method+" "+r.path] = r.body
		}
	}
	return s, nil
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// HTTP gives a server with time limits for the address, ready to listen. When
// it is shut down the streams of progress end, so that shutting down does not
// wait for readers. The streams lift the write limit for themselves.
func (s *Server) HTTP(address string) *http.Server {
	h := &http.Server{
		Addr:              address,
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      2 * time.Minute, // a document of 50 MB over a slow line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	h.RegisterOnShutdown(func() { close(s.closing) })
	return h
}
