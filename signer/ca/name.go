package ca

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name is what a certificate says of its holder. CommonName is required.
type Name struct {
	CommonName, Organization string
	// Country is two capital letters (ISO 3166), or "".
	Country string
	// GivenName and Surname may be empty. SerialNumber tells apart people of one
	// name (RFC 3739, 3.1.2): a number that means something inside the company
	// alone, since everybody who gets a document can read it.
	GivenName, Surname, SerialNumber string
	// Email goes into the subject alternative name, for a person only.
	Email string
}

// Upper bounds of RFC 5280, Appendix A.1, in characters.
const (
	maxName    = 64
	maxAddress = 255
)

// check refuses what has no place in a name, with ErrName.
func (n Name) check() error {
	if strings.TrimSpace(n.CommonName) == "" {
		return fmt.Errorf("%w: the common name is missing", ErrName)
	}
	for _, field := range []struct {
		what, value string
		bound       int
	}{
		{"common name", n.CommonName, maxName},
		{"organisation", n.Organization, maxName},
		{"given name", n.GivenName, maxName},
		{"surname", n.Surname, maxName},
		{"serial number", n.SerialNumber, maxName},
		{"e-mail address", n.Email, maxAddress},
	} {
		if err := checkText(field.value, field.bound); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrName, field.what, err)
		}
	}
	if n.Country != "" && !isCountry(n.Country) {
		return fmt.Errorf("%w: country %q is not two capital letters", ErrName, n.Country)
	}
	if a, err := mail.ParseAddress(n.Email); n.Email != "" && (err != nil || a.Address != n.Email || !isASCII(n.Email)) {
		return fmt.Errorf("%w: e-mail address %q is none", ErrName, n.Email)
	}
	return nil
}

// checkText refuses control and invisible characters, with which one name can be
// made to look like another (UTR 36, 2.4), and blanks around.
func checkText(s string, bound int) error {
	switch {
	case !utf8.ValidString(s):
		return fmt.Errorf("not UTF-8")
	case utf8.RuneCountInString(s) > bound:
		return fmt.Errorf("longer than %d characters", bound)
	case strings.TrimSpace(s) != s:
		return fmt.Errorf("blanks around it")
	}
	for _, c := range s {
		if unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) {
			return fmt.Errorf("character %U", c)
		}
	}
	return nil
}

// subject gives the name as a certificate holds it.
func (n Name) subject() pkix.Name {
	name := pkix.Name{CommonName: n.CommonName, SerialNumber: n.SerialNumber}
	if n.Organization != "" {
		name.Organization = []string{n.Organization}
	}
	if n.Country != "" {
		name.Country = []string{n.Country}
	}
	for _, extra := range []struct {
		oid   asn1.ObjectIdentifier // X.520, 6.2
		value string
	}{
		{asn1.ObjectIdentifier{2, 5, 4, 42}, n.GivenName},
		{asn1.ObjectIdentifier{2, 5, 4, 4}, n.Surname},
	} {
		if extra.value != "" {
			name.ExtraNames = append(name.ExtraNames, pkix.AttributeTypeAndValue{Type: extra.oid, Value: extra.value})
		}
	}
	return name
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c >= utf8.RuneSelf })
}
