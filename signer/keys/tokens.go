//go:build cgo

package keys

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// PKCS11 tells whether this program was built with cgo, without which it cannot
// use tokens.
const PKCS11 = true

// Tokens is a registry of PKCS#11 tokens. Its methods may be called from
// several goroutines. A process has one.
type Tokens struct {
	config  Config
	modules []*module
	tokens  []*token // in the order of the configuration
}

// Open makes the registry of the configured tokens. It does not touch them: a
// token is opened when it is first needed, and Run opens all. Errors concern the
// configuration alone.
func Open(c Config) (*Tokens, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c = c.WithDefaults()
	r := &Tokens{config: c}
	for _, tc := range c.Tokens {
		if tc.MaxSessions == 0 {
			tc.MaxSessions = 16
		}
		t := &token{config: tc, module: r.module(tc.Module), serial: tc.Serial}
		t.status = Status{Token: tc.info(), State: StateUnknown, Since: c.Now()}
		for _, other := range t.module.tokens {
			if other.config.Serial == tc.Serial && other.config.Label == tc.Label {
				return nil, fmt.Errorf("token %s%s of %s is configured twice", tc.Serial, tc.Label, tc.Module)
			}
		}
		t.module.tokens = append(t.module.tokens, t)
		r.tokens = append(r.tokens, t)
	}
	return r, nil
}

// module gives the module of a path. One library under two names is one module,
// since its C_Initialize is one.
func (r *Tokens) module(path string) *module {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	for _, m := range r.modules {
		if m.path == path {
			return m
		}
	}
	m := &module{path: path, config: r.config}
	r.modules = append(r.modules, m)
	return m
}

// Run watches the tokens until ctx ends: it opens those that are closed, and
// notices within Config.Poll when one was pulled out. A program that signs once
// and ends can do without.
func (r *Tokens) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, m := range r.modules {
		all.Go(func() { // a slow module does not hold up the others
			tick := time.NewTicker(r.config.Poll)
			defer tick.Stop()
			for {
				m.watch(ctx)
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

// Watch looks at each token once, as Run does again and again.
func (r *Tokens) Watch(ctx context.Context) {
	for _, m := range r.modules {
		m.watch(ctx)
	}
}

// Retry opens a token at once, if it is closed, without waiting for the next
// time when it would be tried: for an administrator who has mended something.
// Errors are those of opening it.
func (r *Tokens) Retry(ctx context.Context, serial string) error {
	t, err := r.find(ctx, serial)
	if err != nil {
		return err
	}
	t.module.mu.Lock()
	t.nextTry = time.Time{}
	t.module.mu.Unlock()
	return t.use(ctx, func() error { return nil })
}

// Status tells how each token is. It never waits for a token.
func (r *Tokens) Status() []Status {
	all := make([]Status, 0, len(r.tokens))
	for _, t := range r.tokens {
		all = append(all, t.currentStatus())
	}
	return all
}

// List reads what is on each token, which takes some calls for each object. A
// token that cannot be read is there with the reason.
func (r *Tokens) List(ctx context.Context) []Contents {
	all := make([]Contents, 0, len(r.tokens))
	for _, t := range r.tokens {
		entries, err := t.read(ctx)
		all = append(all, Contents{Token: t.currentStatus().Token, Entries: entries, Err: err})
	}
	return all
}

// Signer gives the private key that id names. Of the parts of id each may be
// empty where the others suffice; the token's may be when the registry holds one
// token.
//
// Errors: ErrKeyAbsent, ErrKeyAmbiguous, ErrKeyUnsupported, and those about
// tokens and PINs.
func (r *Tokens) Signer(ctx context.Context, id KeyID) (*Signer, error) {
	t, err := r.find(ctx, id.Token)
	if err != nil {
		return nil, err
	}
	entry, err := t.entry(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	return NewSigner(entry, t.signWith(entry)), nil
}

// find gives the token of a serial number. Tokens configured by label that were
// not seen yet are opened to learn theirs.
func (r *Tokens) find(ctx context.Context, serial string) (*token, error) {
	if serial == "" && len(r.tokens) == 1 {
		return r.tokens[0], nil
	}
	var errs []error
	for _, t := range r.tokens {
		known := t.currentStatus().Token.Serial
		if known == "" {
			errs = append(errs, t.use(ctx, func() error { return nil }))
			known = t.currentStatus().Token.Serial
		}
		if known == serial && serial != "" {
			return t, nil
		}
	}
	return nil, cmp.Or(errors.Join(errs...), fmt.Errorf("token %q is not configured: %w", serial, ErrTokenAbsent))
}

// Close logs out and closes all tokens, after the calls that are under way.
func (r *Tokens) Close() error {
	for _, m := range slices.Backward(r.modules) {
		m.close()
	}
	return nil
}
