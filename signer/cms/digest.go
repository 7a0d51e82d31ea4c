package cms

import (
	"crypto"
	_ "crypto/md5"  // only to verify strangers' old signatures, see WeakDigest
	_ "crypto/sha1" // likewise
	_ "crypto/sha256"
	_ "crypto/sha3" // ISO/TS 32001, to verify
	_ "crypto/sha512"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// digestOID gives the identifier of a hash that we sign with.
func digestOID(h crypto.Hash) (asn1.ObjectIdentifier, error) {
	switch h {
	case crypto.SHA256:
		return oidSHA256, nil
	case crypto.SHA384:
		return oidSHA384, nil
	case crypto.SHA512:
		return oidSHA512, nil
	}
	return nil, fmt.Errorf("digest %v: %w", h, ErrUnsupported)
}

// HashOf gives the hash of a digest algorithm's identifier, old ones and SHA-3
// included; false for one that this package does not know.
func HashOf(oid asn1.ObjectIdentifier) (crypto.Hash, bool) {
	return lookUp(oid, []named{
		{oidSHA256, crypto.SHA256},
		{oidSHA384, crypto.SHA384},
		{oidSHA512, crypto.SHA512},
		{oidSHA1, crypto.SHA1},
		{oidSHA224, crypto.SHA224},
		{oidMD5, crypto.MD5},
		{oidSHA3x256, crypto.SHA3_256},
		{oidSHA3x384, crypto.SHA3_384},
		{oidSHA3x512, crypto.SHA3_512},
	})
}

// named is a hash under the name that an algorithm has for it.
type named struct {
	oid  asn1.ObjectIdentifier
	hash crypto.Hash
}

func lookUp(oid asn1.ObjectIdentifier, all []named) (crypto.Hash, bool) {
	for _, n := range all {
		if n.oid.Equal(oid) {
			return n.hash, true
		}
	}
	return 0, false
}

// AddDigestAlgorithm writes the AlgorithmIdentifier of a SHA-2 digest, without
// parameters (RFC 5754, 2). An unsupported hash fails the builder.
func AddDigestAlgorithm(b *cryptobyte.Builder, h crypto.Hash) {
	addDigestAlgorithm(b, h, false)
}

// addDigestAlgorithm writes a NULL where the standard in question has one.
func addDigestAlgorithm(b *cryptobyte.Builder, h crypto.Hash, null bool) {
	oid, err := digestOID(h)
	if err != nil {
		b.SetError(err)
		return
	}
	addAlgorithm(b, oid, null)
}

// digest hashes data.
func digest(h crypto.Hash, data []byte) []byte {
	hash := h.New()
	hash.Write(data)
	return hash.Sum(nil)
}
