package views

import (
	"strings"

	"github.com/a-h/templ"
)

// Invitation is the page that an enrolment link leads to: it names nobody's
// secret and changes nothing.
type Invitation struct {
	T T
	// Portal is the portal's host; SignIn the way to prove who one is there.
	Portal string
	Left   string
	SignIn Action
}

// Welcome is the page of a person who has proven to be the link's owner,
// before the secret is shown.
type Welcome struct {
	T      T
	Name   string
	Portal string
	Left   string
	// Rebind is true where a phone is bound already.
	Rebind bool
	Show   Action
}

// QR is a QR code as an SVG path of unit squares.
type QR struct {
	// Size is the number of modules along a side, quiet zone included.
	Size int
	Path string
}

// Secret is the page that shows the secret, once, to its owner.
type Secret struct {
	T T
	// Name is whose code it is.
	Name string
	QR   QR
	// URI is the otpauth: address for a phone's generator.
	URI string
	// Key is the secret in groups of four; Account and Issuer what the
	// generator will call it.
	Key, Issuer, Account string
	Left                 string
	// Errors stand below their fields, by name.
	Errors map[string]string
}

// address is the link to the phone's generator; nothing but otpauth: may
// become one.
func (s Secret) address() templ.SafeURL {
	if !strings.HasPrefix(s.URI, "otpauth://totp/") {
		return templ.FailedSanitizationURL
	}
	return templ.SafeURL(s.URI)
}
