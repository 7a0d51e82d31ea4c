package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// pssParams are the parameters of RSASSA-PSS (RFC 4055, 3.1).
type pssParams struct {
	hash crypto.Hash
	salt int
}

// algorithm holds the signature algorithm against the kind of key, and gives
// the parameters of PSS; nil for every other algorithm.
func (s *SignerInfo) algorithm() (*pssParams, error) {
	refuse := func(why string) error {
		return fmt.Errorf("signature algorithm %v %s: %w", s.SignatureOID, why, ErrUnsupported)
	}
	switch s.PublicKey.(type) {
	case *rsa.PublicKey:
		if s.SignatureOID.Equal(oidPSS) {
			pss, ok := readPSS(s.signatureAlgorithm)
			if !ok || pss.hash != s.Hash {
				return nil, refuse("with such parameters")
			}
			return pss, nil
		}
		if _, ok := rsaHash(s.SignatureOID); !ok {
			return nil, refuse("with an RSA key")
		}
		return nil, nil
	case *ecdsa.PublicKey:
		if hash, ok := ecdsaHash(s.SignatureOID); !ok || hash != 0 && hash != s.Hash {
			return nil, refuse("with an elliptic key and " + s.Hash.String())
		}
		return nil, nil
	}
	return nil, fmt.Errorf("key of type %T: %w", s.PublicKey, ErrUnsupported)
}

// rsaHash gives the hash that a PKCS #1 v1.5 identifier names; 0 for
// rsaEncryption, which leaves it to the digest algorithm.
func rsaHash(oid asn1.ObjectIdentifier) (crypto.Hash, bool) {
	return lookUp(oid, []named{
		{oidRSA, 0},
		{oidSHA256RSA, crypto.SHA256},
		{oidSHA384RSA, crypto.SHA384},
		{oidSHA512RSA, crypto.SHA512},
		{oidSHA224RSA, crypto.SHA224},
		{oidSHA1RSA, crypto.SHA1},
		{oidSHA1RSAOIW, crypto.SHA1},
		{oidMD5RSA, crypto.MD5},
		{oidRSASHA3x256, crypto.SHA3_256},
		{oidRSASHA3x384, crypto.SHA3_384},
		{oidRSASHA3x512, crypto.SHA3_512},
	})
}

// ecdsaHash gives the hash that an ECDSA identifier names; 0 for
// id-ecPublicKey, which some programs write.
func ecdsaHash(oid asn1.ObjectIdentifier) (crypto.Hash, bool) {
	return lookUp(oid, []named{
		{oidECPublicKey, 0},
		{oidECDSASHA256, crypto.SHA256},
		{oidECDSASHA384, crypto.SHA384},
		{oidECDSASHA512, crypto.SHA512},
		{oidECDSASHA224, crypto.SHA224},
		{oidECDSASHA1, crypto.SHA1},
		{oidECDSASHA3x256, crypto.SHA3_256},
		{oidECDSASHA3x384, crypto.SHA3_384},
		{oidECDSASHA3x512, crypto.SHA3_512},
	})
}

// namesOtherDigest tells whether the signature algorithm names a digest that is
// not the digest algorithm. PKCS #1 v1.5 carries the digest in the value itself,
// so this is sloppiness and no attack.
func (s *SignerInfo) namesOtherDigest() bool {
	hash, ok := rsaHash(s.SignatureOID)
	return ok && hash != 0 && hash != s.Hash
}

// readPSS reads the contents of an AlgorithmIdentifier of RSASSA-PSS. What is
// left out has the defaults of RFC 4055: SHA-1, MGF1 with SHA-1, a salt of 20.
// MGF1 with another hash than the signature's is refused, since Go has none.
func readPSS(algorithm []byte) (*pssParams, bool) {
	in := cryptobyte.String(algorithm)
	var oid asn1.ObjectIdentifier
	var params, hash, mgf, salt cryptobyte.String
	var hasHash, hasMGF, hasSalt, hasTrailer bool
	var trailer cryptobyte.String
	if !in.ReadASN1ObjectIdentifier(&oid) || !in.ReadASN1(&params, cbasn1.SEQUENCE) || !in.Empty() ||
		!params.ReadOptionalASN1(&hash, &hasHash, explicit(0)) ||
		!params.ReadOptionalASN1(&mgf, &hasMGF, explicit(1)) ||
		!params.ReadOptionalASN1(&salt, &hasSalt, explicit(2)) ||
		!params.ReadOptionalASN1(&trailer, &hasTrailer, explicit(3)) || !params.Empty() {
		return nil, false
	}
	pss := &pssParams{hash: crypto.SHA1, salt: 20}
	mgfHash := crypto.SHA1
	var ok bool
	if hasHash {
		if pss.hash, ok = readDigestAlgorithm(&hash); !ok {
			return nil, false
		}
	}
	if hasMGF {
		var body cryptobyte.String
		if !mgf.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidMGF1) {
			return nil, false
		}
		if mgfHash, ok = readDigestAlgorithm(&body); !ok {
			return nil, false
		}
	}
	if hasSalt && (!salt.ReadASN1Integer(&pss.salt) || pss.salt < 0 || pss.salt > 512) {
		return nil, false
	}
	var one int
	if hasTrailer && (!trailer.ReadASN1Integer(&one) || one != 1) {
		return nil, false
	}
	return pss, mgfHash == pss.hash
}

// readDigestAlgorithm reads an AlgorithmIdentifier with or without NULL.
func readDigestAlgorithm(in *cryptobyte.String) (crypto.Hash, bool) {
	var body cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&oid) {
		return 0, false
	}
	return HashOf(oid)
}
