package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// minRSABits is the smallest RSA key that is allowed to sign.
const minRSABits = 2048

// HashFor gives the hash that readers expect with a public key: SHA-384 and
// SHA-512 with P-384 and P-521, SHA-256 with every other key. (Acrobat knows
// the elliptic curves in these pairs alone.)
func HashFor(public crypto.PublicKey) crypto.Hash {
	if key, ok := public.(*ecdsa.PublicKey); ok {
		switch key.Curve {
		case elliptic.P384():
			return crypto.SHA384
		case elliptic.P521():
			return crypto.SHA512
		}
	}
	return crypto.SHA256
}

// checkKey tells why a public key is not used for new signatures.
func checkKey(public crypto.PublicKey, pss bool) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits {
			return fmt.Errorf("RSA key of %d bits: %w", bits, ErrUnsupported)
		}
		return nil
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
		default:
			return fmt.Errorf("elliptic curve %s: %w", key.Params().Name, ErrUnsupported)
		}
		if pss {
			return fmt.Errorf("PSS with an elliptic key: %w", ErrUnsupported)
		}
		return nil
	}
	return fmt.Errorf("key of type %T: %w", public, ErrUnsupported)
}

// addSignatureAlgorithm writes the signatureAlgorithm: rsaEncryption with NULL
// (RFC 3370, 3.2; what Acrobat itself writes), RSASSA-PSS with all parameters
// (RFC 4056), or ecdsa-with-SHA* without parameters (RFC 5754, 3.3).
func addSignatureAlgorithm(b *cryptobyte.Builder, public crypto.PublicKey, h crypto.Hash, pss bool) {
	switch public.(type) {
	case *rsa.PublicKey:
		if pss {
			addPSS(b, h)
			return
		}
		addAlgorithm(b, oidRSA, true)
	case *ecdsa.PublicKey:
		oids := map[crypto.Hash]asn1.ObjectIdentifier{
			crypto.SHA256: oidECDSASHA256, crypto.SHA384: oidECDSASHA384, crypto.SHA512: oidECDSASHA512,
		}
		addAlgorithm(b, oids[h], false)
	default:
		b.SetError(fmt.Errorf("key of type %T: %w", public, ErrUnsupported))
	}
}

// addPSS writes RSASSA-PSS with the hash also in MGF1 and a salt of the hash's
// length. The digests inside carry a NULL (RFC 4055, 2.1).
func addPSS(b *cryptobyte.Builder, h crypto.Hash) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidPSS)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { addDigestAlgorithm(b, h, true) })
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidMGF1)
					addDigestAlgorithm(b, h, true)
				})
			})
			b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(h.Size())) })
		})
	})
}

func addAlgorithm(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, null bool) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if null {
			b.AddASN1NULL()
		}
	})
}

// explicit is the tag [n] of a constructed element.
func explicit(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

// signerOpts says how the private key signs.
func signerOpts(h crypto.Hash, pss bool) crypto.SignerOpts {
	if pss {
		return &rsa.PSSOptions{Hash: h, SaltLength: h.Size()}
	}
	return h
}

// verifyValue checks a signature value over a digest.
func verifyValue(public crypto.PublicKey, h crypto.Hash, sum, value []byte, pss *pssParams) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		var err error
		if pss != nil {
			err = rsa.VerifyPSS(key, h, sum, value, &rsa.PSSOptions{Hash: h, SaltLength: pss.salt})
		} else {
			err = rsa.VerifyPKCS1v15(key, h, sum, value)
		}
		if err != nil {
			return fmt.Errorf("%w (%w)", ErrSignature, err)
		}
		return nil
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(key, sum, value) {
			return ErrSignature
		}
		return nil
	}
	return fmt.Errorf("key of type %T: %w", public, ErrUnsupported)
}
