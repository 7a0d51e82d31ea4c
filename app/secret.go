package app

import "log/slog"

// Secret is a value that must not reach a log, an error, a page or a file: an
// OAuth token, a TOTP secret, a PIN. Every way of printing it gives
// "[redacted]"; Reveal gives the value. app/store seals it before it is written.
type Secret string

const redacted = "[redacted]"

// Reveal gives the value itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string { return redacted }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return redacted }

// MarshalText hides the value from encoders, JSON among them.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
