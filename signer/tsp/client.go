package tsp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// MaxAnswer is the largest answer that is read, in bytes.
const MaxAnswer = 64 << 10

// Client asks time-stamp authorities. URLs and HTTP are required. It may be used
// by several goroutines, and copied.
type Client struct {
	URLs []string     // the authorities, in the order in which they are asked
	HTTP *http.Client // sends the requests; its own timeout holds as well
	// Timeout is how long one authority may take; default 5 s.
	Timeout time.Duration
	// Hash digests signature values; default SHA-256.
	Hash crypto.Hash
	// Policy, where given, is the policy under which the time-stamp must be made.
	Policy asn1.ObjectIdentifier
	// Roots, where given, are those to which an authority must lead.
	Roots *x509.CertPool
	Rand  io.Reader    // of nonces; default crypto/rand
	Log   *slog.Logger // learns of authorities that failed; default nothing
}

// StampSignature gives a token over a signature value, for
// cms.Options.Timestamp.
func (c Client) StampSignature(ctx context.Context, signature []byte) ([]byte, error) {
	if c.Hash == 0 {
		c.Hash = crypto.SHA256
	}
	if !c.Hash.Available() {
		return nil, fmt.Errorf("time-stamp with %v: not available", c.Hash)
	}
	hash := c.Hash.New()
	hash.Write(signature)
	token, err := c.Stamp(ctx, c.Hash, hash.Sum(nil))
	if err != nil {
		return nil, err
	}
	return token.Raw, nil
}

// Stamp gives a verified token over a digest, from the first authority that
// gives one.
//
// The error holds what went wrong with each authority: ErrUnavailable,
// ErrRefused, ErrMalformed, ErrMismatch, ErrCertificate.
func (c Client) Stamp(ctx context.Context, hash crypto.Hash, digest []byte) (*Token, error) {
	if c.HTTP == nil || len(c.URLs) == 0 {
		return nil, errors.New("time-stamp: no authority or no HTTP client given")
	}
	if len(digest) != hash.Size() {
		return nil, fmt.Errorf("time-stamp: digest of %d bytes is not one of %v", len(digest), hash)
	}
	var errs []error
	for _, address := range c.URLs {
		token, err := c.ask(ctx, address, hash, digest)
		if err == nil {
			return token, nil
		}
		err = fmt.Errorf("time-stamp by %s: %w", hostOf(address), err)
		if ctx.Err() != nil {
			return nil, errors.Join(append(errs, err)...)
		}
		if c.Log != nil {
			c.Log.WarnContext(ctx, "time-stamp authority failed", "error", err)
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// hostOf names an authority without what may be secret in its address.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "(unreadable address)"
	}
	return u.Host
}

// ask gets a token from one authority and verifies it.
func (c Client) ask(ctx context.Context, address string, hash crypto.Hash, digest []byte) (*Token, error) {
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = 5 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	q := query{hash: hash, digest: digest, policy: c.Policy}
	var err error
	if q.nonce, err = newNonce(c.Rand); err != nil {
		return nil, fmt.Errorf("make a nonce: %w", err)
	}
	body, err := q.encode()
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	answer, err := c.post(ctx, address, body)
	if err != nil {
		return nil, err
	}
	der, err := readAnswer(answer)
	if err != nil {
		return nil, err
	}
	token, err := Parse(der)
	if err != nil {
		return nil, err
	}
	return token, c.check(q, token)
}

// post sends the request and reads the answer. The transport's errors are cut
// down to their cause: they quote the address, which may hold a password.
func (c Client) post(ctx context.Context, address string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: its address is unreadable", ErrUnavailable)
	}
	request.Header.Set("Content-Type", "application/timestamp-query")
	request.Header.Set("Accept", "application/timestamp-reply")
	response, err := c.HTTP.Do(request)
	if err != nil {
		var cause *url.Error
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer response.Body.Close() //nolint:errcheck // only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: status %d", ErrUnavailable, response.StatusCode)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if len(answer) > MaxAnswer {
		return nil, fmt.Errorf("%w: an answer of more than %d bytes", ErrUnavailable, MaxAnswer)
	}
	return answer, nil
}

// check holds the token against the request (RFC 3161, 2.2).
func (c Client) check(q query, t *Token) error {
	switch {
	case t.Hash != q.hash || !bytes.Equal(t.Imprint, q.digest):
		return fmt.Errorf("%w: another digest", ErrMismatch)
	case t.Nonce == nil || t.Nonce.Cmp(q.nonce) != 0:
		return fmt.Errorf("%w: another nonce", ErrMismatch)
	case len(q.policy) > 0 && !slices.Equal(t.Policy, q.policy):
		return fmt.Errorf("%w: policy %v", ErrMismatch, t.Policy)
	}
	if _, err := t.Verify(q.digest); err != nil {
		return err
	}
	if c.Roots == nil {
		return nil
	}
	_, err := t.Chain(c.Roots, nil)
	return err
}

// newNonce gives 128 random bits, positive and never of a length that gives
// away another encoding.
func newNonce(random io.Reader) (*big.Int, error) {
	if random == nil {
		random = rand.Reader
	}
	b := make([]byte, 16)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, err
	}
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b), nil
}
