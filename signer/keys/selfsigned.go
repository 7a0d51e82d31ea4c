package keys

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"net/mail"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxSelfSigned is the longest life of a self-signed certificate.
const MaxSelfSigned = 2 * 366 * 24 * time.Hour

// SelfSignedRequest says for whom SelfSigned makes a certificate.
type SelfSignedRequest struct {
	Key        crypto.Signer // required
	CommonName string        // required: the person's full name
	// The rest of the subject may be empty. SerialNumber tells apart people of one
	// name; Email goes into the subject alternative name.
	GivenName, Surname, Organization, Unit, Country, SerialNumber, Email string
	// NotBefore is set back by five minutes, since clocks differ. Required.
	NotBefore time.Time
	// NotAfter is required, at most MaxSelfSigned after NotBefore.
	NotAfter time.Time
}

// SelfSigned makes a certificate that signs itself, for signatures in documents
// and for nothing else, and gives its DER. Whoever is to trust it must be told so
// one by one.
//
// It is no authority (CA:FALSE). Its key usage is digitalSignature and
// nonRepudiation; its extended key usage is document signing (RFC 9336), with
// Microsoft's and Adobe's older names for it and e-mail protection, which older
// Acrobat and NSS demand; never TLS.
func SelfSigned(r SelfSignedRequest) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("make a self-signed certificate: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 158))
	if err != nil {
		return nil, fmt.Errorf("make a self-signed certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial.SetBit(serial, 158, 1), // positive, at most 20 octets (RFC 5280, 4.1.2.2)
		Subject:               r.subject(),
		NotBefore:             r.NotBefore.Add(-5 * time.Minute).UTC().Truncate(time.Second),
		NotAfter:              r.NotAfter.UTC().Truncate(time.Second),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
		UnknownExtKeyUsage:    documentSigning(),
	}
	if r.Email != "" {
		template.EmailAddresses = []string{r.Email}
	}
	if template.SubjectKeyId, err = keyIdentifier(r.Key.Public()); err != nil {
		return nil, fmt.Errorf("make a self-signed certificate: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, r.Key.Public(), r.Key)
	if err != nil {
		return nil, fmt.Errorf("make a self-signed certificate: %w", err)
	}
	return der, nil
}

// documentSigning gives the extended key usages for documents: RFC 9336, then
// Microsoft's and Adobe's.
func documentSigning() []asn1.ObjectIdentifier {
	return []asn1.ObjectIdentifier{
		{1, 3, 6, 1, 5, 5, 7, 3, 36},
		{1, 3, 6, 1, 4, 1, 311, 10, 3, 12},
		{1, 2, 840, 113583, 1, 1, 5},
	}
}

// keyIdentifier gives the first 160 bits of the SHA-256 of the public key
// (RFC 7093, 2, method 1).
func keyIdentifier(public crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, err
	}
	hash := crypto.SHA256.New()
	hash.Write(info.Key.Bytes)
	return hash.Sum(nil)[:20], nil
}

func (r SelfSignedRequest) subject() pkix.Name {
	name := pkix.Name{CommonName: r.CommonName, SerialNumber: r.SerialNumber}
	add := func(to *[]string, value string) {
		if value != "" {
			*to = []string{value}
		}
	}
	add(&name.Organization, r.Organization)
	add(&name.OrganizationalUnit, r.Unit)
	add(&name.Country, r.Country)
	for _, extra := range []struct {
		oid   asn1.ObjectIdentifier
		value string
	}{
		{asn1.ObjectIdentifier{2, 5, 4, 42}, r.GivenName},
		{asn1.ObjectIdentifier{2, 5, 4, 4}, r.Surname},
	} {
		if extra.value != "" {
			name.ExtraNames = append(name.ExtraNames, pkix.AttributeTypeAndValue{Type: extra.oid, Value: extra.value})
		}
	}
	return name
}

// check holds the request against RFC 5280's upper bounds (Appendix A.1) and the
// rules of this package.
func (r SelfSignedRequest) check() error {
	if r.Key == nil {
		return errors.New("no key given")
	}
	if r.CommonName == "" {
		return errors.New("no name given")
	}
	for _, field := range []struct {
		name, value string
		bound       int
	}{
		{"name", r.CommonName, 64},
		{"given name", r.GivenName, 64},
		{"surname", r.Surname, 64},
		{"organisation", r.Organization, 64},
		{"unit", r.Unit, 64},
		{"serial number", r.SerialNumber, 64},
		{"e-mail address", r.Email, 255},
	} {
		if err := checkText(field.value, field.bound); err != nil {
			return fmt.Errorf("%s: %w", field.name, err)
		}
	}
	if r.Country != "" && !isCountry(r.Country) {
		return fmt.Errorf("country %q is not two capital letters", r.Country)
	}
	if address, err := mail.ParseAddress(r.Email); r.Email != "" && (err != nil || address.Address != r.Email || !isASCII(r.Email)) {
		return fmt.Errorf("e-mail address %q is none", r.Email)
	}
	if life := r.NotAfter.Sub(r.NotBefore); r.NotBefore.IsZero() || life <= 0 || life > MaxSelfSigned {
		return fmt.Errorf("a life from %v to %v is not allowed", r.NotBefore, r.NotAfter)
	}
	return nil
}

// checkText refuses what has no place in a name: control and invisible
// characters, which can make one name look like another.
func checkText(s string, bound int) error {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > bound {
		return fmt.Errorf("longer than %d characters or not UTF-8", bound)
	}
	for _, c := range s {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Co, c) || c == '\u2028' || c == '\u2029' {
			return fmt.Errorf("character %U is not allowed", c)
		}
	}
	return nil
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
