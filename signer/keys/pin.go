package keys

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

// PIN is a token's PIN. It never shows itself: every way of printing gives
// "[redacted]". The zero value is no PIN.
type PIN struct {
	// A pointer, since fmt prints the fields of a value that a verb does not suit,
	// whatever its methods say.
	secret *[]byte
}

// NewPIN keeps a copy of the PIN.
func NewPIN(pin []byte) PIN {
	secret := bytes.Clone(pin)
	return PIN{&secret}
}

// bytes gives the PIN itself.
func (p PIN) bytes() []byte {
	if p.secret == nil {
		return nil
	}
	return *p.secret
}

// PINSource gives the PIN when it is needed, and again after a token came back,
// so that a PIN need not stay in memory. The registry wipes what it was given.
type PINSource func(ctx context.Context) (PIN, error)

// PINFile reads the PIN from a file, without the line's end. It must be a
// regular file of at most 4 KB.
func PINFile(path string) PINSource {
	return func(context.Context) (PIN, error) {
		info, err := os.Stat(path)
		if err != nil {
			return PIN{}, err
		}
		if !info.Mode().IsRegular() || info.Size() > 4<<10 {
			return PIN{}, fmt.Errorf("%s is not a small regular file", path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return PIN{}, err
		}
		defer clear(data)
		pin := NewPIN(bytes.TrimRight(data, "\r\n"))
		if pin.Empty() {
			return PIN{}, fmt.Errorf("%s is empty", path)
		}
		return pin, nil
	}
}

// PINEnv reads the PIN from an environment variable. Child processes must not
// inherit the variable.
func PINEnv(name string) PINSource {
	return func(context.Context) (PIN, error) {
		pin := NewPIN([]byte(os.Getenv(name)))
		if pin.Empty() {
			return PIN{}, fmt.Errorf("the environment variable %s is empty", name)
		}
		return pin, nil
	}
}

// PINCredential reads the PIN from a systemd credential (systemd.exec(5),
// LoadCredential=): the file of that name in $CREDENTIALS_DIRECTORY.
func PINCredential(name string) PINSource {
	return func(ctx context.Context) (PIN, error) {
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return PIN{}, errors.New("systemd gave this service no credentials")
		}
		if name != filepath.Base(name) {
			return PIN{}, fmt.Errorf("%q is no name of a credential", name)
		}
		return PINFile(filepath.Join(dir, name))(ctx)
	}
}

// Reveal gives a copy of the PIN, to be passed on to where it is sent to the
// token, and wiped then.
func (p PIN) Reveal() []byte { return bytes.Clone(p.bytes()) }

// Empty tells whether there is no PIN.
func (p PIN) Empty() bool { return len(p.bytes()) == 0 }

// Mark gives a keyed hash that tells two PINs of a token apart and reveals
// neither: HMAC-SHA-256 under key over the token's serial number and the PIN.
// PINs are short, so the key must be secret.
func (p PIN) Mark(key []byte, tokenSerial string) []byte {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "pin latch\x00%d\x00%s\x00", len(tokenSerial), tokenSerial)
	mac.Write(p.bytes())
	return mac.Sum(nil)
}

// Wipe overwrites the PIN. Copies that PKCS#11 libraries made stay.
func (p PIN) Wipe() { clear(p.bytes()) }

// String hides the PIN.
func (PIN) String() string { return redacted }

// GoString hides the PIN from %#v.
func (PIN) GoString() string { return redacted }

// LogValue hides the PIN from slog.
func (PIN) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the PIN from JSON and its like.
func (PIN) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format hides the PIN from every verb of fmt.
func (PIN) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

const redacted = "[redacted]"
