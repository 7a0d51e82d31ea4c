package ca

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"signservice/signer/keys"
)

// MinPassword is the fewest characters of the password of a root's file: whoever
// gets the file can try passwords for years.
const MinPassword = 14

// rootIterations slow such trying down, OWASP's figure for PBKDF2 with SHA-256.
const rootIterations = 600_000

// maxRootFile is the largest file that is read.
const maxRootFile = 1 << 20

// CheckPassword refuses a password for a root's file with ErrPassword: too short,
// of too few different characters, or with others than programs agree on how to
// write (RFC 7292, B.1): printable ASCII.
func CheckPassword(password string) error {
	different := map[rune]bool{}
	for _, c := range password {
		if c < ' ' || c > '~' {
			return fmt.Errorf("%w: other characters than Latin letters, digits and signs", ErrPassword)
		}
		different[c] = true
	}
	if len(password) < MinPassword || len(different) < MinPassword/2 {
		return fmt.Errorf("%w: too short, or always the same characters", ErrPassword)
	}
	return nil
}

// SealRoot gives the root and its key as an encrypted file: PKCS#12 with PBES2,
// AES-256 and HMAC-SHA-256, which openssl pkcs12 reads too. pkcs8 is the key in
// PKCS#8, which the caller wipes.
//
// Errors: ErrPassword, ErrNotIssuer, ErrFile when the key cannot be read.
func SealRoot(root *x509.Certificate, pkcs8 []byte, password string) ([]byte, error) {
	if err := CheckPassword(password); err != nil {
		return nil, fmt.Errorf("seal a root: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, fmt.Errorf("seal a root: %w", ErrFile)
	}
	signer, _ := key.(crypto.Signer)
	if err := (Authority{root, signer}).checkRoot(); err != nil {
		return nil, fmt.Errorf("seal a root: %w", err)
	}
	data, err := pkcs12.Modern2023.WithIterations(rootIterations).Encode(key, root, nil, password)
	if err != nil {
		return nil, fmt.Errorf("seal a root: %w", err)
	}
	return data, nil
}

// OpenRoot reads what SealRoot gave.
//
// Errors: ErrPassword, ErrFile, ErrNotIssuer.
func OpenRoot(data []byte, password string) (Authority, error) {
	if len(data) > maxRootFile {
		return Authority{}, fmt.Errorf("open a root: %w: more than %d bytes", ErrFile, maxRootFile)
	}
	private, c, _, err := pkcs12.DecodeChain(data, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword), errors.Is(err, pkcs12.ErrDecryption):
		return Authority{}, fmt.Errorf("open a root: %w", ErrPassword)
	case err != nil:
		return Authority{}, fmt.Errorf("open a root: %w: %w", ErrFile, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Authority{}, fmt.Errorf("open a root: %w: a key of type %T", ErrFile, private)
	}
	defer clear(der)
	key, err := keys.ParsePKCS8(der) // which never shows itself
	if err != nil {
		return Authority{}, fmt.Errorf("open a root: %w", err)
	}
	a := Authority{c, key}
	if err := a.checkRoot(); err != nil {
		return Authority{}, fmt.Errorf("open a root: %w", err)
	}
	return a, nil
}

// checkRoot refuses what is no root, with ErrNotIssuer.
func (a Authority) checkRoot() error {
	if err := a.check(); err != nil {
		return err
	}
	if err := a.Certificate.CheckSignatureFrom(a.Certificate); err != nil {
		return fmt.Errorf("%w: it is no root: %w", ErrNotIssuer, err)
	}
	return nil
}

// RootFileName is what the file of a root is called: letters, digits and hyphens
// of its name.
func RootFileName(root *x509.Certificate) string {
	name := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			return c
		}
		return '-'
	}, root.Subject.CommonName)
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	return strings.ToLower(strings.Trim("root-"+strings.Trim(name, "-"), "-")) + ".p12"
}
