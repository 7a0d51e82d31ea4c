package bitrix

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every printed form of a Secret shows.
const redacted = "[redacted]"

// Secret is a text that must not reach a log, an error or a page: an access
// or refresh token, a client secret, an application token, an event token,
// or a download URL (the portal writes the access token into its query).
//
// Every way of printing it (fmt with any verb, log/slog, encoding/json and
// other text encoders) shows "[redacted]"; an empty Secret shows nothing.
// A store that has to keep it calls [Secret.Reveal] and seals the result.
//
// Two holes remain: fmt prints unexported fields without asking their methods,
// and encoding/json the keys of maps. So do not put a Secret into an
// unexported field of a struct that may be printed, or use it as a key.
type Secret string

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

// String returns "[redacted]", or nothing for an empty Secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format implements [fmt.Formatter] for all verbs: fmt falls back to the raw
// text for verbs that do not suit a string, such as %d.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements [encoding.TextMarshaler], which encoding/json,
// encoding/xml and slog's handlers use.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Matches reports whether both secrets are the same and not empty. The time it
// takes tells nothing about the place of the first difference or about the
// length. Use it for application tokens:
// https://apidocs.bitrix24.com/api-reference/events/safe-event-handlers.html
func (s Secret) Matches(other Secret) bool {
	a, b := sha256.Sum256([]byte(s)), sha256.Sum256([]byte(other))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && s != "" && other != ""
}
