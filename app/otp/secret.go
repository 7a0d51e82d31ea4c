package otp

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode"

	"signservice/app"
)

// secretSize is the length of a secret in bytes: that of the HMAC's digest, as
// RFC 4226 section 4 (R6) recommends.
const secretSize = 20

// tokenSize is the length of a link's token in bytes.
const tokenSize = 32

// Generate makes a secret of 160 random bits, base32 without padding.
func Generate(random io.Reader) (app.Secret, error) {
	var b [secretSize]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("make secret: %w", err)
	}
	return app.Secret(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])), nil
}

// newToken makes the token of a link: 256 random bits, fit for a URL.
func newToken(random io.Reader) (app.Secret, error) {
	var b [tokenSize]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("make token: %w", err)
	}
	return app.Secret(base64.RawURLEncoding.EncodeToString(b[:])), nil
}

// ID is the Enrolment's ID for the token of its link: hexadecimal SHA-256.
func ID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// idOf gives the ID for a link, which is a token or already an ID. Their
// lengths differ: 43 and 64.
func idOf(link string) string {
	if len(link) == 2*sha256.Size && strings.Trim(link, "0123456789abcdef") == "" {
		return link
	}
	return ID(link)
}

// maxLabel keeps the QR code small, in runes.
const maxLabel = 64

// Label makes a text fit to be an issuer or account name of a URI: no colon,
// which FreeOTP allows only between the two, nothing that cannot be seen, at
// most 64 runes. It may be empty.
func Label(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == ':':
			return '-'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r) && r != unicode.ReplacementChar:
			return r
		}
		return -1
	}, text)
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return strings.TrimSpace(string(runes[:min(len(runes), maxLabel)]))
}

// URI is the otpauth address that a phone's app reads, with all parameters told
// though they are the defaults. The names go through [Label].
// Format: the wiki page "Key Uri Format" of google-authenticator, and FreeOTP's
// URI.md.
func URI(issuer, account string, secret app.Secret) app.Secret {
	issuer, account = escape(Label(issuer)), escape(Label(account))
	return app.Secret("otpauth://totp/" + issuer + ":" + account + "?secret=" + escape(secret.Reveal()) +
		"&issuer=" + issuer + "&algorithm=SHA1&digits=6&period=30")
}

// escape writes a blank as %20: several apps take a plus as it is.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
