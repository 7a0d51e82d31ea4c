package bitrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// maxAnswer is the largest JSON answer read, in bytes after decompression.
const maxAnswer = 4 << 20

// sender makes one HTTP exchange. It uses the transport directly: an
// http.Client would follow redirects, keep cookies and put URLs, and with
// them tokens, into its errors.
type sender struct {
	transport http.RoundTripper
	userAgent string
	timeout   time.Duration
}

// answer is what came back: the whole body, at most maxAnswer bytes.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// outcome tells how far a failed exchange went.
type outcome struct {
	err  error // ErrUnreachable, ErrTooLarge or ErrForbiddenHost, with the cause
	sent bool  // something may have reached the server
}

// exchange sends the request and reads the answer.
func (s *sender) exchange(ctx context.Context, req *http.Request) (answer, *outcome) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, fmt.Errorf("no answer in %s", s.timeout))
	defer cancel()
	resp, failed := s.send(ctx, req)
	if failed != nil {
		return answer{}, failed
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return answer{}, &outcome{err: unreachable(ctx, err), sent: true}
	case len(body) > maxAnswer:
		return answer{}, &outcome{err: fmt.Errorf("%w: answer of more than %d bytes", ErrTooLarge, maxAnswer), sent: true}
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: body}, nil
}

// send sends the request and returns the answer's head. The caller closes the
// body.
func (s *sender) send(ctx context.Context, req *http.Request) (*http.Response, *outcome) {
	var connecting, connected atomic.Bool
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { connecting.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	req.Header.Set("User-Agent", s.userAgent)
	resp, err := s.transport.RoundTrip(req)
	if err == nil {
		return resp, nil
	}
	// A transport that wraps another may not report its connections: only
	// one that has started to connect and got nowhere has sent nothing.
	sent := !connecting.Load() || connected.Load()
	if errors.Is(err, ErrForbiddenHost) {
		return nil, &outcome{err: unwrapURL(err), sent: sent}
	}
	return nil, &outcome{err: unreachable(ctx, err), sent: sent}
}

// unreachable wraps a failure of the network. Where the context has ended, its
// cause says more than the error does.
func unreachable(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, cause)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, unwrapURL(err))
}

// unwrapURL removes the URL, which may hold a token, from an error.
func unwrapURL(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}
