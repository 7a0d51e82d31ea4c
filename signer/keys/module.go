//go:build cgo

package keys

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/miekg/pkcs11"
)

// module is a PKCS#11 library. crypto11 initialises it with the first open token
// and finalises it with the last; ctx is a second handle of the same library,
// for what crypto11 lacks, and works as long as a token is open.
type module struct {
	path   string
	config Config
	tokens []*token // set once

	// mu is held for reading during calls into the library, and for writing while
	// tokens are opened and closed. It guards all below, and the tokens' fields
	// that say so.
	mu        sync.RWMutex
	ctx       *pkcs11.Ctx // nil before the first use
	closed    bool
	restarted time.Time // when all tokens were last closed to find one anew
}

// How long a token that could not be opened is left alone.
const (
	retryAbsent = time.Second
	retryPIN    = 5 * time.Second // a person must act first
)

// load loads the library, once. The caller holds mu.
func (m *module) load() error {
	if m.ctx != nil {
		return nil
	}
	if m.ctx = pkcs11.New(m.path); m.ctx == nil {
		return fmt.Errorf("load %s: %w: %w", m.path, ErrModule, whyNotLoaded(m.path))
	}
	return nil
}

// open opens a token unless it is open or was tried a moment ago.
func (m *module) open(ctx context.Context, t *token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	if t.context != nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.config.Now().Before(t.nextTry) {
		return t.currentStatus().Err
	}
	return m.reopen(ctx, t)
}

// reopen opens a token, and begins the module anew where only that can find it.
// The caller holds mu.
func (m *module) reopen(ctx context.Context, t *token) error {
	if err := m.load(); err != nil {
		t.failed(err)
		return err
	}
	err := t.open(ctx)
	if errors.Is(err, errUnseen) && m.restartDue() {
		var others []*token
		for _, other := range m.tokens {
			if other.context != nil {
				others = append(others, other)
				other.close()
			}
		}
		m.restarted = m.config.Now()
		err = t.open(ctx)
		for _, other := range others {
			if err := other.open(ctx); err != nil {
				other.failed(err)
			}
		}
	}
	if err != nil {
		t.failed(err)
	}
	return err
}

// restartDue tells whether closing every token may help to find one and is not
// too soon. Without an open token the module begins anew at each try anyway.
func (m *module) restartDue() bool {
	for _, t := range m.tokens {
		if t.context != nil {
			return m.config.Now().Sub(m.restarted) >= m.config.RestartInterval
		}
	}
	return false
}

// drop closes a token that failed, unless somebody else did since.
func (m *module) drop(t *token, generation int, cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.context == nil || t.generation != generation {
		return
	}
	t.close()
	t.failed(cause)
	if m.config.Now().Sub(t.opened) > retryAbsent {
		t.nextTry = time.Time{} // once at least it worked: try again at once
	}
}

// watch looks at each token: at open ones, whether they are still there; the
// others it tries to open.
func (m *module) watch(ctx context.Context) {
	for _, t := range m.tokens {
		m.mu.RLock()
		var err error
		open, generation := t.context != nil, t.generation
		if open {
			err = t.check()
		}
		m.mu.RUnlock()
		if err != nil {
			m.drop(t, generation, err)
		}
		if !open || err != nil {
			_ = m.open(ctx, t) // the status has the error
		}
	}
}

// close closes all tokens for good.
func (m *module) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.tokens {
		if t.context != nil {
			t.close()
		}
	}
	if m.ctx != nil && !m.closed {
		m.ctx.Destroy()
	}
	m.closed = true
}
