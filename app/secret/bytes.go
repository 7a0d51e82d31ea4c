package secret

import (
	"fmt"
	"log/slog"
)

// Bytes is secret data, such as a key. Every way of printing or encoding it
// gives "[redacted]". Unlike app.Secret it can be wiped.
type Bytes []byte

const redacted = "[redacted]"

// Zero overwrites the data.
func (b Bytes) Zero() { clear(b) }

// Format hides the data from every verb of fmt, %x among them.
func (b Bytes) Format(s fmt.State, _ rune) {
	fmt.Fprint(s, redacted) //nolint:errcheck // fmt reports a failing writer itself
}

// String hides the data.
func (b Bytes) String() string { return redacted }

// MarshalText hides the data from encoders, JSON among them.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue hides the data from slog.
func (b Bytes) LogValue() slog.Value { return slog.StringValue(redacted) }
