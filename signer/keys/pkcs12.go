package keys

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

// maxPKCS12 is the largest PKCS#12 file that is read.
const maxPKCS12 = 1 << 20

// Imported is what a PKCS#12 file held.
type Imported struct {
	Key         *SoftKey
	Certificate *x509.Certificate
	// Chain holds the issuers of the certificate that were in the file, nearest
	// first, without a root.
	Chain []*x509.Certificate
}

// ImportPKCS12 opens a PKCS#12 file (.p12, .pfx) with one private key and its
// certificate, in modern (PBES2, AES) and legacy (3DES, RC2) encryption. A file
// that would take longer than some seconds to open is refused: see MaxIterations.
//
// Errors: ErrPassword, ErrSeveralKeys, ErrKeyAbsent when the key or its
// certificate is missing, ErrKeyUnsupported for the kind of key,
// ErrPKCS12Unsupported for the way in which the file is made, ErrPKCS12Cost,
// ErrFormat.
func ImportPKCS12(data []byte, password string) (*Imported, error) {
	if len(data) > maxPKCS12 {
		return nil, fmt.Errorf("PKCS#12 file of more than %d bytes: %w", maxPKCS12, ErrFormat)
	}
	if err := checkPKCS12(data, password); err != nil {
		return nil, fmt.Errorf("PKCS#12 file: %w", err)
	}
	private, first, others, err := pkcs12.DecodeChain(data, password)
	if err != nil {
		return nil, fmt.Errorf("PKCS#12 file: %w", pkcs12Error(err))
	}
	key, err := newSoftKey(private)
	if err != nil {
		return nil, fmt.Errorf("PKCS#12 file: %w", err)
	}
	all := append([]*x509.Certificate{first}, others...)
	for _, c := range all { // the order in the file means nothing
		if samePublic(c.PublicKey, key.Public()) {
			return &Imported{Key: key, Certificate: c, Chain: chainOf(c, all)}, nil
		}
	}
	return nil, fmt.Errorf("PKCS#12 file: %w: none of its certificates belongs to its key", ErrKeyAbsent)
}

// pkcs12Error gives the library's errors a meaning; some have a text alone.
func pkcs12Error(err error) error {
	var unsupported pkcs12.NotImplementedError
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword), strings.Contains(err.Error(), pkcs12.ErrDecryption.Error()):
		return ErrPassword
	case errors.As(err, &unsupported), strings.Contains(err.Error(), " is not supported"): // of the key itself it is a text alone
		return fmt.Errorf("%w: %w", ErrPKCS12Unsupported, err)
	case strings.Contains(err.Error(), "elliptic curve"), strings.Contains(err.Error(), "unknown algorithm"): // crypto/x509's texts
		return fmt.Errorf("%w: %w", ErrKeyUnsupported, err)
	case strings.Contains(err.Error(), "expected exactly one key bag"):
		return ErrSeveralKeys
	case strings.Contains(err.Error(), "private key missing"), strings.Contains(err.Error(), "certificate missing"):
		return fmt.Errorf("%w: %w", ErrKeyAbsent, err)
	}
	return fmt.Errorf("%w: %w", ErrFormat, err)
}
