package bitrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// do sends a request until it succeeds or must not be repeated.
func (c *Client) do(ctx context.Context, req request) (fields, error) {
	token, err := c.tokens.Token(ctx, "")
	if err != nil {
		return nil, c.noToken(req.method, err)
	}
	r := repetition{client: c, write: req.write}
	for {
		f, failed := c.once(ctx, req, token)
		if failed == nil {
			return f, nil
		}
		var own *Error
		if !errors.As(failed, &own) {
			return nil, failed // the parameters cannot be encoded
		}
		next := r.next(own)
		if next == stop || ctx.Err() != nil {
			return nil, own
		}
		if next == renew {
			token, err = c.tokens.Token(ctx, token)
			if errors.Is(err, ErrExpiredToken) {
				return nil, own // there is no other: the portal's words say more
			}
			if err != nil {
				return nil, c.noToken(req.method, err)
			}
		}
		if err := c.clock.Sleep(ctx, r.wait); err != nil {
			return nil, own
		}
	}
}

// once makes one attempt.
func (c *Client) once(ctx context.Context, req request, token Secret) (fields, error) {
	body, err := encodeBody(req.params, token)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", req.method, err)
	}
	defer body.close()
	if err := c.bucket.take(ctx); err != nil {
		return nil, c.fail(req, &Error{Err: unreachable(ctx, err)}, token)
	}
	httpReq, err := c.post(ctx, req.method, body)
	if err != nil {
		return nil, c.fail(req, &Error{Err: err}, token)
	}
	s := *c.sender
	s.timeout += uploadTime(body.length)
	a, failed := s.exchange(ctx, httpReq)
	if failed != nil {
		return nil, c.fail(req, &Error{Err: failed.err, Lost: req.write && failed.sent}, token)
	}
	f, answered := c.judge(req.method, a)
	if answered != nil {
		answered.Lost = req.write && answered.mayHaveRun()
		return nil, c.fail(req, answered, token)
	}
	return f, nil
}

// judge tells success from failure and remembers what the answer says about
// the running time of the method.
func (c *Client) judge(method string, a answer) (fields, *Error) {
	if moved := redirect(a, c.base); moved != nil {
		return nil, moved
	}
	f, failed := readAnswer(a)
	if failed != nil {
		if failed.kind() == ErrOperationTimeLimit {
			c.fillRetryAt(method, a, failed)
		}
		return nil, failed
	}
	if _, ok := f["result"]; !ok {
		return nil, &Error{Status: a.status, Err: fmt.Errorf("%w: JSON without result", ErrUnexpectedAnswer)}
	}
	var t callTime
	if f.read("time", &t) == nil && !t.ResetAt.IsZero() {
		c.mu.Lock()
		c.resetAt[method] = t.ResetAt.Time
		c.mu.Unlock()
	}
	return f, nil
}

// fillRetryAt finds out when a blocked method is free: from the error itself,
// its header, or the last good answer of the same method.
func (c *Client) fillRetryAt(method string, a answer, e *Error) {
	now := c.clock.Now()
	if after := retryAfter(a.header); e.RetryAt.IsZero() && after > 0 {
		e.RetryAt = now.Add(after)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.resetAt[method]; e.RetryAt.IsZero() && known.After(now) {
		e.RetryAt = known
	}
}

// post builds the request: JSON with the token inside. A token in a header
// would make the portal return file addresses without a usable one, and a
// token in the URL would end in the logs of proxies.
func (c *Client) post(ctx context.Context, method string, b *body) (*http.Request, error) {
	if strings.Trim(strings.ToLower(method), "abcdefghijklmnopqrstuvwxyz0123456789._") != "" {
		return nil, errors.New("malformed method name") // a path might leave /rest/
	}
	content, err := b.open()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath(method).String(), content)
	if err != nil {
		return nil, unwrapURL(err)
	}
	req.ContentLength = b.length
	req.GetBody = b.open
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Accept", "application/json")
	return req, nil
}

// fail completes an error. The portal's words are searched for the token, in
// case it repeats what it was sent.
func (c *Client) fail(req request, e *Error, token Secret) *Error {
	e.Method, e.Host = req.method, c.base.Host
	if token != "" {
		e.Code = strings.ReplaceAll(e.Code, token.Reveal(), redacted)
		e.Description = strings.ReplaceAll(e.Description, token.Reveal(), redacted)
		e.Argument = strings.ReplaceAll(e.Argument, token.Reveal(), redacted)
	}
	return e
}

func (c *Client) noToken(method string, err error) error {
	return &Error{Method: method, Host: c.base.Host, Err: fmt.Errorf("get an access token: %w", err)}
}

// uploadTime is the time that a body of n bytes may need, at 256 kB a second.
func uploadTime(n int64) time.Duration {
	return time.Duration(n>>18) * time.Second
}
