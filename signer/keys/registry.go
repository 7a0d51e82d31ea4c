package keys

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Config says which tokens a registry holds. Zero values work.
type Config struct {
	Tokens []TokenConfig
	// Latch keeps wrong PINs from being sent twice. Required when a token has a
	// PIN.
	Latch PINLatch
	// Poll is how often Run looks at the tokens; default 2 s.
	Poll time.Duration
	// RestartInterval is how often a module may be initialised anew to find a
	// token that is away while other tokens of the module are in use; default 6 s,
	// so that with Poll a token is back within ten seconds.
	RestartInterval time.Duration
	Log             *slog.Logger     // default: nothing is logged
	Now             func() time.Time // default time.Now
}

// TokenConfig names a token by serial number or, where that is unknown, by
// label. A label must be unique among the tokens of its module; once a token was
// found by label its serial number is held fast, so that a PIN never reaches
// another token that comes with the same label.
type TokenConfig struct {
	Module string // path of the PKCS#11 module
	Serial string
	Label  string
	// PIN gives the user PIN. It may be nil for tokens that need no login.
	PIN PINSource
	// SignaturePIN gives the PIN of keys that ask for one at each signature
	// (CKA_ALWAYS_AUTHENTICATE), where it differs from PIN.
	SignaturePIN PINSource
	// MaxSessions bounds the signatures that run at once; default 16, at least 2.
	MaxSessions int
}

// KeyID names a private key with its certificate.
type KeyID struct {
	Token       string // serial number of the token
	ID          string // CKA_ID of the key, in lower-case hexadecimal; "" for any
	Certificate string // SHA-256 of the certificate, in lower-case hexadecimal; "" for any
}

// String names the key in words, by those parts that are given.
func (id KeyID) String() string {
	words := "the key"
	if id.ID != "" {
		words = "key " + id.ID
	}
	if id.Certificate != "" {
		words += " of certificate " + id.Certificate
	}
	if id.Token != "" {
		words += " on token " + id.Token
	}
	return words
}

// TokenInfo is what a token says of itself.
type TokenInfo struct {
	Module       string
	Serial       string
	Label        string
	Manufacturer string
	Model        string
	// Slot is the number of the slot that the token was last seen in, as the
	// module counts; "" before it was seen.
	Slot string
}

// State tells in one word how a token is.
type State string

// The states.
const (
	StateReady    State = "ready"
	StateAbsent   State = "absent"    // not plugged in
	StateUnready  State = "unready"   // not initialised, no user PIN, keypad
	StatePIN      State = "pin"       // PIN missing, refused or latched: an administrator must act
	StateFinalTry State = "final-try" // one try left: a wrong PIN would lock it
	StateLocked   State = "locked"
	StateFailed   State = "failed"  // module or token does not work
	StateUnknown  State = "unknown" // not tried yet
)

// Status is how a token is, and since when.
type Status struct {
	Token TokenInfo // as configured, before the token was seen for the first time
	State State
	Since time.Time // when State began
	Err   error     // why it is not ready; nil when it is
	// PINCountLow: a wrong PIN was sent to the token since the last right one, by
	// whomever.
	PINCountLow bool
}

// Contents is what is on a token, or why that cannot be told.
type Contents struct {
	Token   TokenInfo
	Entries []Entry
	Err     error
}

// Entry is a certificate with its private key, a certificate without, or a
// private key without a certificate.
type Entry struct {
	ID    KeyID
	Label string
	// Certificate is nil for a key without one; Chain holds its issuers that are
	// on the same token, nearest first.
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	// HasKey: a private key belongs to the certificate, or is this entry.
	HasKey bool
	// Public is the public key, nil for a key without a certificate whose public
	// half is not on the token.
	Public crypto.PublicKey
	// AlwaysAuthenticate: the token wants the PIN at each signature.
	AlwaysAuthenticate bool
	// Problem says why the entry cannot sign although it has a key.
	Problem error

	modulus []byte // of an RSA key, as the token has it
}

// Usable tells whether the entry can sign.
func (e Entry) Usable() bool { return e.HasKey && e.Certificate != nil && e.Problem == nil }

// WithDefaults gives the configuration with its zero values filled in.
func (c Config) WithDefaults() Config {
	if c.Poll <= 0 {
		c.Poll = 2 * time.Second
	}
	if c.RestartInterval <= 0 {
		c.RestartInterval = 6 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Check tells what is wrong with the configuration. Open does it too.
func (c Config) Check() error {
	for i, t := range c.Tokens {
		switch {
		case t.Module == "":
			return fmt.Errorf("token %d: no PKCS#11 module given", i+1)
		case (t.Serial == "") == (t.Label == ""):
			return fmt.Errorf("token %d of %s: give its serial number or its label", i+1, t.Module)
		case (t.PIN != nil || t.SignaturePIN != nil) && c.Latch == nil:
			return errors.New("a token with a PIN needs a PIN latch")
		case t.MaxSessions == 1 || t.MaxSessions < 0:
			return fmt.Errorf("token %s%s: at least 2 sessions are needed", t.Serial, t.Label)
		case slices.ContainsFunc(c.Tokens[:i], func(other TokenConfig) bool {
			return other.Module == t.Module && other.Serial == t.Serial && other.Label == t.Label
		}):
			return fmt.Errorf("token %s%s of %s is configured twice", t.Serial, t.Label, t.Module)
		}
	}
	return nil
}

// info is what is known of a token that was not seen yet.
func (t TokenConfig) info() TokenInfo {
	return TokenInfo{Module: t.Module, Serial: t.Serial, Label: t.Label}
}
