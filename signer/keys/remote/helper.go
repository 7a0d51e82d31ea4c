package remote

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"signservice/signer/keys"
)

// helper is a module's helper: the process that there is now, if any, and when
// the next may be started.
type helper struct {
	config Config
	module string
	tokens []keys.TokenConfig // set before use
	slots  chan struct{}      // one for each call under way

	mu       sync.Mutex // guards all below
	process  *process   // nil when none runs
	closed   bool
	failures int       // ends in a row
	rest     time.Time // no new process before
	cause    error     // of the last end

	stateMu sync.Mutex // guards states
	states  []keys.Status
}

// How long a helper must have lived for its end to count as the first in a row,
// and how long the pauses between helpers that end are.
const (
	goodLife   = 30 * time.Second
	firstPause = 250 * time.Millisecond
	maxPause   = 8 * time.Second
)

func newHelper(c Config, module string) *helper {
	return &helper{config: c, module: module, slots: make(chan struct{}, c.MaxCalls)}
}

// add takes a token of the configuration and gives its number.
func (h *helper) add(t keys.TokenConfig) int {
	h.tokens = append(h.tokens, t)
	h.states = append(h.states, keys.Status{
		Token: keys.TokenInfo{Module: t.Module, Serial: t.Serial, Label: t.Label},
		State: keys.StateUnknown, Since: h.config.Now(),
	})
	return len(h.tokens) - 1
}

// ask has the helper do something within Config.Timeout. An error of the helper
// is the one that it had; where the helper is lost it is keys.ErrToken.
func (h *helper) ask(ctx context.Context, op string, in, out any) error {
	return h.within(ctx, h.config.Timeout, false, op, in, out)
}

// askLong is ask for what a token takes long to do.
func (h *helper) askLong(ctx context.Context, op string, in, out any) error {
	return h.within(ctx, h.config.LongTimeout, true, op, in, out)
}

func (h *helper) within(ctx context.Context, limit time.Duration, long bool, op string, in, out any) error {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	p, err := h.running()
	if err != nil {
		<-h.slots
		return err
	}
	answer := make(chan result, 1)
	go func() { // goes on when the caller does not wait: the helper is at it
		defer func() { <-h.slots }()
		r := p.ask(limit, long, op, in)
		if r.lost {
			<-p.noted // who gets the error finds the state in Status
		}
		answer <- r
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case r := <-answer:
		if r.err != nil {
			return r.err
		}
		return r.into(out)
	}
}

// running gives the process, starting one where that is due.
func (h *helper) running() (*process, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.config.Now()
	switch {
	case h.closed:
		return nil, keys.ErrClosed
	case h.process != nil:
		return h.process, nil
	case now.Before(h.rest):
		return nil, fmt.Errorf("%w: %w; the next one is started in %v", keys.ErrToken, h.cause, h.rest.Sub(now).Round(100*time.Millisecond))
	}
	p, err := h.start()
	if err != nil {
		err = fmt.Errorf("%w: start a helper process: %w", keys.ErrToken, err)
		h.ended(err, 0)
		return nil, err
	}
	h.process = p
	go func() {
		life, cause := p.wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		h.process = nil
		if !h.closed {
			h.ended(cause, life)
		}
		close(p.noted)
	}()
	return p, nil
}

// ended takes note that a process is no more. The caller holds mu.
func (h *helper) ended(cause error, life time.Duration) {
	if life >= goodLife {
		h.failures = 0
	}
	pause := time.Duration(0)
	if h.failures > 0 {
		pause = min(firstPause<<min(h.failures-1, 10), maxPause)
	}
	h.failures++
	h.cause, h.rest = cause, h.config.Now().Add(pause)
	h.config.Log.Warn("the helper process of a PKCS#11 module ended", "module", h.module, "cause", cause, "pause", pause)
	h.stateMu.Lock()
	defer h.stateMu.Unlock()
	for i := range h.states {
		h.set(i, keys.Status{Token: h.states[i].Token, State: keys.StateFailed, Since: h.config.Now(), Err: fmt.Errorf("%w: %w", keys.ErrToken, cause)})
	}
}

// state tells how a token is.
func (h *helper) state(number int) keys.Status {
	h.stateMu.Lock()
	defer h.stateMu.Unlock()
	return h.states[number]
}

// received takes what a helper says of its tokens.
func (h *helper) received(list []status) {
	h.stateMu.Lock()
	defer h.stateMu.Unlock()
	if len(list) != len(h.states) {
		return
	}
	for i, s := range list {
		if s.State != keys.StateUnknown { // a new helper knows less than we do
			h.set(i, s.decode())
		}
	}
}

// set records a state; Since stays while the state does, over the ends of
// helpers. The caller holds stateMu.
func (h *helper) set(i int, s keys.Status) {
	was := h.states[i]
	if was.State == s.State {
		s.Since = was.Since
	}
	h.states[i] = s
	if was.State == s.State {
		return
	}
	log := h.config.Log.With("token", s.Token.Serial, "label", s.Token.Label, "state", s.State)
	if s.Err != nil {
		log.Warn("token changed", "error", s.Err)
		return
	}
	log.Info("token changed")
}

// list reads the module's tokens.
func (h *helper) list(ctx context.Context) []keys.Contents {
	var wire []contents
	err := h.ask(ctx, opList, struct{}{}, &wire)
	all := make([]keys.Contents, len(h.tokens))
	for i := range all {
		all[i] = keys.Contents{Token: h.state(i).Token, Err: err}
		if err != nil {
			continue
		}
		if i >= len(wire) {
			all[i].Err = fmt.Errorf("%w: its helper process does not know it", keys.ErrToken)
		} else if read, bad := wire[i].decode(); bad == nil {
			all[i] = read
		} else {
			all[i].Err = fmt.Errorf("%w: %w", keys.ErrToken, bad)
		}
	}
	return all
}

// close ends the process after the calls under way.
func (h *helper) close() error {
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	h.mu.Lock()
	p := h.process
	h.closed = true
	h.mu.Unlock()
	for range cap(h.slots) {
		<-h.slots // later calls get keys.ErrClosed
	}
	if p == nil {
		return nil
	}
	return p.stop()
}

// errHung: a call did not come back in time.
var errHung = errors.New("its PKCS#11 module does not answer")
