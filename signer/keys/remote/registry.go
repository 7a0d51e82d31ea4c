package remote

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"signservice/signer/keys"
)

// Config says which tokens there are and how a helper is started. Zero values
// work, but for Command.
type Config struct {
	keys.Config
	// Command starts a helper: a program and its arguments, which calls Serve.
	Command []string
	// Environ is the helper's environment; nil stands for that of this process.
	// Variables with a PIN must not be in it.
	Environ []string
	// Timeout is how long a call may take, before the helper counts as hung;
	// default 20 s. Making a key may take LongTimeout, default 5 min.
	Timeout, LongTimeout time.Duration
	// MaxCalls bounds the calls that one helper has under way; default 8. Others
	// wait for their turn, which is no part of Timeout.
	MaxCalls int
}

func (c Config) withDefaults() Config {
	c.Config = c.Config.WithDefaults()
	c.Timeout = cmp.Or(c.Timeout, 20*time.Second)
	c.LongTimeout = cmp.Or(c.LongTimeout, 5*time.Minute)
	c.MaxCalls = cmp.Or(c.MaxCalls, 8)
	if c.Environ == nil {
		c.Environ = os.Environ()
	}
	return c
}

// Tokens is a registry of PKCS#11 tokens behind helper processes. Its methods
// may be called from several goroutines.
type Tokens struct {
	config  Config
	helpers []*helper
	tokens  []place // in the order of the configuration
}

// place is where a configured token is: the helper, and its number there.
type place struct {
	helper *helper
	number int
}

// Open makes the registry. It starts nothing and touches no token: helpers are
// started when they are first needed. Errors concern the configuration alone.
func Open(c Config) (*Tokens, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if len(c.Command) == 0 {
		return nil, errors.New("no command for helper processes given")
	}
	if !keys.PKCS11 && len(c.Tokens) > 0 {
		return nil, keys.ErrNoPKCS11
	}
	r := &Tokens{config: c.withDefaults()}
	for _, t := range c.Tokens {
		h := r.helper(t.Module)
		r.tokens = append(r.tokens, place{h, h.add(t)})
	}
	return r, nil
}

// helper gives the helper of a module. One library under two names is one.
func (r *Tokens) helper(module string) *helper {
	if real, err := filepath.EvalSymlinks(module); err == nil {
		module = real
	}
	for _, h := range r.helpers {
		if h.module == module {
			return h
		}
	}
	h := newHelper(r.config, module)
	r.helpers = append(r.helpers, h)
	return h
}

// Run watches the tokens, and with them the helpers, until ctx ends.
func (r *Tokens) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, h := range r.helpers {
		all.Go(func() {
			tick := time.NewTicker(r.config.Poll)
			defer tick.Stop()
			for {
				_ = h.ask(ctx, opWatch, struct{}{}, &struct{}{}) // the status has the error
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
	}
	all.Wait()
}

// Status tells how each token was when a helper last spoke of it. It never
// waits.
func (r *Tokens) Status() []keys.Status {
	all := make([]keys.Status, 0, len(r.tokens))
	for _, p := range r.tokens {
		all = append(all, p.helper.state(p.number))
	}
	return all
}

// List reads what is on each token. A token that cannot be read is there with
// the reason.
func (r *Tokens) List(ctx context.Context) []keys.Contents {
	lists := map[*helper][]keys.Contents{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, h := range r.helpers {
		all.Go(func() { // a module that hangs does not hold up the others
			list := h.list(ctx)
			mu.Lock()
			defer mu.Unlock()
			lists[h] = list
		})
	}
	all.Wait()
	out := make([]keys.Contents, 0, len(r.tokens))
	for _, p := range r.tokens {
		out = append(out, lists[p.helper][p.number])
	}
	return out
}

// Retry opens a token at once, if it is closed: see keys.Tokens.
func (r *Tokens) Retry(ctx context.Context, serial string) error {
	h, err := r.find(ctx, serial)
	if err != nil {
		return err
	}
	return h.ask(ctx, opRetry, serial, &struct{}{})
}

// Signer gives the private key that id names, with the errors of keys.Tokens.
// The signer stays good when a helper ends.
func (r *Tokens) Signer(ctx context.Context, id keys.KeyID) (*keys.Signer, error) {
	h, err := r.find(ctx, id.Token)
	if err != nil {
		return nil, err
	}
	var w entry
	if err := h.ask(ctx, opSigner, id, &w); err != nil {
		return nil, err
	}
	e, err := w.decode()
	if err != nil {
		return nil, err
	}
	if e.Certificate == nil {
		return nil, fmt.Errorf("%w: the helper process gave a key without a certificate", keys.ErrToken)
	}
	return keys.NewSigner(e, func(digest []byte, opts crypto.SignerOpts) (value []byte, err error) {
		// crypto.Signer knows no context; the deadline bounds the call.
		err = h.ask(context.Background(), opSign, newSignRequest(e.ID, digest, opts), &value)
		return value, err
	}), nil
}

// GenerateKey has a token make a key pair: see keys.Tokens.
func (r *Tokens) GenerateKey(ctx context.Context, token string, k keys.NewKey) (id keys.KeyID, err error) {
	h, err := r.find(ctx, token)
	if err != nil {
		return id, err
	}
	err = h.askLong(ctx, opGenerate, generateRequest{token, k}, &id)
	return id, err
}

// CertificateRequest makes a certificate request for a private key: see
// keys.Tokens.
func (r *Tokens) CertificateRequest(ctx context.Context, id keys.KeyID, s keys.Subject) (der []byte, err error) {
	h, err := r.find(ctx, id.Token)
	if err != nil {
		return nil, err
	}
	err = h.ask(ctx, opRequest, requestRequest{id, s}, &der)
	return der, err
}

// ImportCertificate writes a certificate onto a token: see keys.Tokens.
func (r *Tokens) ImportCertificate(ctx context.Context, token string, der []byte) (id keys.KeyID, err error) {
	h, err := r.find(ctx, token)
	if err != nil {
		return id, err
	}
	err = h.ask(ctx, opImport, importRequest{token, der}, &id)
	return id, err
}

// find gives the helper of a token by serial number. Helpers with tokens that
// are configured by label and were not seen yet have a look first.
func (r *Tokens) find(ctx context.Context, serial string) (*helper, error) {
	if serial == "" && len(r.tokens) == 1 {
		return r.tokens[0].helper, nil
	}
	var errs []error
	for _, p := range r.tokens {
		known := p.helper.state(p.number).Token.Serial
		if known == "" {
			errs = append(errs, p.helper.ask(ctx, opWatch, struct{}{}, &struct{}{}))
			known = p.helper.state(p.number).Token.Serial
		}
		if known == serial && serial != "" {
			return p.helper, nil
		}
	}
	return nil, cmp.Or(errors.Join(errs...), fmt.Errorf("token %q is not configured: %w", serial, keys.ErrTokenAbsent))
}

// Close waits for the calls under way, each of which has a deadline, has the
// helpers log out, and ends them.
func (r *Tokens) Close() error {
	errs := make([]error, len(r.helpers))
	var all sync.WaitGroup
	for i, h := range r.helpers {
		all.Go(func() { errs[i] = h.close() })
	}
	all.Wait()
	return errors.Join(errs...)
}
