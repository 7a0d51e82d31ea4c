//go:build cgo

package keys

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/ThalesGroup/crypto11"
	"github.com/miekg/pkcs11"
)

// token is a configured token.
type token struct {
	config TokenConfig
	module *module

	// Guarded by module.mu.
	serial     string // once it is known
	context    *crypto11.Context
	session    pkcs11.SessionHandle // keeps the login
	slot       uint
	generation int // counts how often it was opened
	opened     time.Time
	nextTry    time.Time
	pinMark    pinMark // of the PIN that the token last accepted

	// cacheMu guards what was read since the token was opened.
	cacheMu sync.Mutex
	entries []Entry
	handles map[KeyID]crypto11.PrivateKey

	// signatureMu holds keys that ask for a PIN to one signature at a time.
	signatureMu sync.Mutex

	statusMu sync.Mutex
	status   Status
}

// use calls f while the token is open and nobody closes it. When f fails since
// the token was away, or its sessions or handles are lost, the token is opened
// anew and f is called once more: nothing is signed by a call that failed.
func (t *token) use(ctx context.Context, f func() error) error {
	var failure error
	for calls := 0; calls < 2; {
		generation, called, err := t.try(f)
		if !called {
			if err := t.module.open(ctx, t); err != nil {
				return t.wrap(err)
			}
			continue
		}
		calls++
		switch failure = err; {
		case failure == nil:
			return nil
		case isStale(failure):
			t.module.drop(t, generation, failure)
		case !isHandle(failure):
			return t.wrap(failure)
		}
	}
	return t.wrap(failure)
}

// try calls f if the token is open.
func (t *token) try(f func() error) (generation int, called bool, err error) {
	t.module.mu.RLock()
	defer t.module.mu.RUnlock()
	if t.context == nil {
		return 0, false, nil
	}
	err = f()
	switch {
	case isHandle(err):
		t.cacheMu.Lock()
		clear(t.handles)
		t.cacheMu.Unlock()
	case errors.Is(err, ErrKeyAbsent):
		// Some modules show an empty token when theirs was pulled out.
		if gone := t.check(); gone != nil {
			err = gone
		}
	}
	return t.generation, true, err
}

// open opens the token: finds it, looks at its flags, logs in. The caller holds
// module.mu for writing, and calls failed when there is an error.
func (t *token) open(ctx context.Context) (err error) {
	config := &crypto11.Config{
		Path: t.module.path, MaxSessions: t.config.MaxSessions, PoolWaitTimeout: 10 * time.Second,
		// The login is ours: crypto11 neither looks at the token's flags nor tells
		// whether a PIN was sent, and keeps the PIN.
		LoginNotSupported: true,
	}
	if t.serial != "" {
		config.TokenSerial = t.serial
	} else {
		config.TokenLabel = t.config.Label
	}
	context, err := configure(config)
	if err != nil {
		return err
	}
	t.context = context
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	info, err := t.identify()
	if err != nil {
		return err
	}
	if t.session, err = t.module.ctx.OpenSession(t.slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION); err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	if err := t.login(ctx, info); err != nil {
		return err
	}
	if info, err := t.module.ctx.GetTokenInfo(t.slot); err == nil {
		t.describe(info) // the right PIN takes back that a wrong one was sent
	}
	t.generation++
	t.opened, t.nextTry = t.module.config.Now(), time.Time{}
	t.cacheMu.Lock()
	t.entries, t.handles = nil, map[KeyID]crypto11.PrivateKey{}
	t.cacheMu.Unlock()
	t.setStatus(StateReady, nil)
	return nil
}

// identify finds the slot of the token that crypto11 opened, and holds that no
// other token answers to the same name. The caller holds module.mu.
func (t *token) identify() (pkcs11.TokenInfo, error) {
	slots, err := t.module.ctx.GetSlotList(true)
	if err != nil {
		return pkcs11.TokenInfo{}, fmt.Errorf("list the slots: %w", err)
	}
	found := map[uint]pkcs11.TokenInfo{}
	for _, slot := range slots {
		info, err := t.module.ctx.GetTokenInfo(slot)
		if err != nil {
			continue // another token's trouble
		}
		if t.serial != "" && info.SerialNumber == t.serial || t.serial == "" && info.Label == t.config.Label {
			found[slot] = info
		}
	}
	switch len(found) {
	case 0:
		return pkcs11.TokenInfo{}, ErrTokenAbsent
	case 1:
	default:
		return pkcs11.TokenInfo{}, ErrTokenAmbiguous
	}
	for slot, info := range found {
		t.slot = slot
		for _, other := range t.module.tokens {
			if other != t && other.serial == info.SerialNumber {
				return info, fmt.Errorf("%w: it is configured twice", ErrTokenAmbiguous)
			}
		}
		t.serial = info.SerialNumber
		t.describe(info)
	}
	return found[t.slot], nil
}

// check tells whether an open token is still there. The caller holds module.mu.
func (t *token) check() error {
	info, err := t.module.ctx.GetTokenInfo(t.slot)
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrTokenAbsent, err)
	}
	if info.SerialNumber != t.serial {
		return fmt.Errorf("%w: another one is in its slot", ErrTokenAbsent)
	}
	if _, err := t.module.ctx.GetSessionInfo(t.session); err != nil {
		return fmt.Errorf("%w: its session is lost (%w)", ErrToken, err)
	}
	return nil
}

// close closes the token. Errors are of no interest: it may be gone. The caller
// holds module.mu for writing.
func (t *token) close() {
	if t.session != 0 {
		_ = t.module.ctx.Logout(t.session)
		_ = t.module.ctx.CloseSession(t.session)
		t.session = 0
	}
	_ = t.context.Close()
	t.context = nil
}

// failed records why the token is not open and when to try again. The caller
// holds module.mu for writing.
func (t *token) failed(err error) {
	state, wait := stateOf(err)
	t.nextTry = t.module.config.Now().Add(wait)
	t.setStatus(state, t.wrap(err))
}

// stateOf turns an error into the word for the state.
func stateOf(err error) (State, time.Duration) {
	for _, s := range []struct {
		cause error
		state State
		wait  time.Duration
	}{
		{ErrPINLocked, StateLocked, retryPIN},
		{ErrPINFinalTry, StateFinalTry, retryPIN},
		{ErrPINMissing, StatePIN, retryPIN},
		{ErrPINWrong, StatePIN, retryPIN},
		{ErrPINLatched, StatePIN, retryPIN},
		{ErrTokenUnready, StateUnready, retryAbsent},
		{ErrTokenAbsent, StateAbsent, retryAbsent},
	} {
		if errors.Is(err, s.cause) {
			return s.state, s.wait
		}
	}
	if isGone(err) {
		return StateAbsent, retryAbsent
	}
	return StateFailed, retryAbsent
}

// wrap names the token in an error, and gives errors of the library a meaning.
func (t *token) wrap(err error) error {
	if err == nil {
		return nil
	}
	var known *tokenError
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	name := t.currentStatus().Token.Serial
	if name == "" {
		name = t.config.Label
	}
	return &tokenError{name: name, err: meaning(err)}
}

func (t *token) currentStatus() Status {
	t.statusMu.Lock()
	defer t.statusMu.Unlock()
	return t.status
}

// setStatus records the state; Since stays while the state does.
func (t *token) setStatus(state State, err error) {
	t.statusMu.Lock()
	defer t.statusMu.Unlock()
	changed := t.status.State != state
	if changed {
		t.status.Since = t.module.config.Now()
	}
	t.status.State, t.status.Err = state, err
	if !changed {
		return
	}
	log := t.module.config.Log.With("token", t.status.Token.Serial, "label", t.status.Token.Label, "state", state)
	if err != nil {
		log.Warn("token changed", "error", err)
		return
	}
	log.Info("token changed")
}

// describe records what the token says of itself.
func (t *token) describe(info pkcs11.TokenInfo) {
	t.statusMu.Lock()
	defer t.statusMu.Unlock()
	t.status.Token = TokenInfo{
		Module: t.config.Module, Serial: info.SerialNumber, Label: info.Label,
		Manufacturer: info.ManufacturerID, Model: info.Model, Slot: strconv.FormatUint(uint64(t.slot), 10),
	}
	t.status.PINCountLow = info.Flags&pkcs11.CKF_USER_PIN_COUNT_LOW != 0
}

// handle gives the private key of an entry as crypto11 knows it. The caller
// holds module.mu.
func (t *token) handle(e Entry) (crypto11.PrivateKey, error) {
	t.cacheMu.Lock()
	defer t.cacheMu.Unlock()
	if key, ok := t.handles[e.ID]; ok {
		return key, nil
	}
	template, err := keyTemplate(e)
	if err != nil {
		return nil, err
	}
	set := crypto11.NewAttributeSet()
	set.AddIfNotPresent(template)
	found, err := t.context.FindPrivateKeysWithAttributes(maps.Clone(set))
	switch {
	case err != nil:
		return nil, fmt.Errorf("find the private key: %w", err)
	case len(found) == 0:
		return nil, ErrKeyAbsent
	case len(found) > 1:
		return nil, ErrKeyAmbiguous
	}
	t.handles[e.ID] = found[0]
	return found[0], nil
}

// signWith gives the function that signs digests with the key of an entry.
func (t *token) signWith(e Entry) func([]byte, crypto.SignerOpts) ([]byte, error) {
	return func(digest []byte, opts crypto.SignerOpts) (value []byte, err error) {
		// crypto.Signer knows no context; the calls have the library's own bounds.
		err = t.use(context.Background(), func() error {
			if e.AlwaysAuthenticate {
				value, err = t.signAuthenticated(e, digest, opts)
				return err
			}
			key, err := t.handle(e)
			if err != nil {
				return err
			}
			if value, err = key.Sign(nil, digest, opts); err != nil {
				if err = meaning(err); !isOurs(err) { // crypto11's own: every session is busy, say
					err = fmt.Errorf("%w: %w", ErrToken, err)
				}
				return fmt.Errorf("sign: %w", err)
			}
			return nil
		})
		return value, err
	}
}
