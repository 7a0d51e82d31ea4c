package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Start lets the authorization server and each portal that does not listen yet
// listen at its configured address. Called again after [Cloud.AddPortal] it
// starts the new ones. It returns once all addresses are known; the servers
// run until [Cloud.Close] or until ctx ends.
func (c *Cloud) Start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errors.New("start simulator: already closed")
	}
	if c.Auth.url == nil {
		u, _, err := c.serve(ctx, c.cfg.AuthAddr, "", c.Auth.Handler())
		if err != nil {
			return fmt.Errorf("start authorization server: %w", err)
		}
		c.Auth.url = u
	}
	for _, p := range c.portals {
		if p.url != nil {
			continue
		}
		u, addr, err := c.serve(ctx, p.cfg.Addr, p.cfg.Host, p.Handler())
		if err != nil {
			return fmt.Errorf("start portal %s: %w", p.cfg.Name, err)
		}
		p.url, p.listening = u, addr
	}
	return nil
}

// serve listens and returns the address under which host is reached, and that
// of the listener.
func (c *Cloud) serve(ctx context.Context, addr, host string, h http.Handler) (*url.URL, string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, "", err
	}
	srv := &http.Server{
		Handler: c.tracked(h), ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return c.ctx },
	}
	c.work.Go(func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			c.log.Warn("listener ended", "addr", addr, "err", err)
		}
	})
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	c.servers = append(c.servers, func() error {
		stop()
		return srv.Close()
	})

	bound, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return nil, "", err
	}
	if host == "" {
		host = bound
		if ip := net.ParseIP(bound); ip != nil && ip.IsUnspecified() {
			host = "127.0.0.1"
		}
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}, ln.Addr().String(), nil
}

// tracked counts the requests at work, so that Close can wait for them.
func (c *Cloud) tracked(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			hangUp()
		}
		c.work.Add(1)
		c.mu.Unlock()
		defer c.work.Done()
		h.ServeHTTP(w, r)
	})
}

// Close ends all listeners and waits for the requests and event deliveries that
// are under way; events that still wait are dropped. It may be called more than once.
func (c *Cloud) Close() error {
	c.mu.Lock()
	c.closed = true
	servers := c.servers
	c.servers = nil
	c.mu.Unlock()

	c.cancel()
	var errs []error
	for _, end := range servers {
		errs = append(errs, end())
	}
	c.work.Wait()
	c.client.CloseIdleConnections()
	return errors.Join(errs...)
}

// parseURL reads an address given by a test.
func parseURL(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		panic(fmt.Sprintf("simulator: %q is not an address", raw)) // a mistake of the caller's code
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}
}
