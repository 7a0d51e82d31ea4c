package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

// The iteration counts of a PKCS#12 file are the choice of whoever made it, and
// the library does as they say: one number in a small file could keep a
// processor busy for years. MaxIterations is for one derivation of a key: three
// times what any known program writes (600,000), and about a second of work.
// maxDerivations is how many a file may ask for: one for the MAC, two for the
// certificates and two for the key.
const (
	MaxIterations  = 2_000_000
	maxDerivations = 5
)

// The parts of RFC 7292 and RFC 8018 that name iteration counts. Types and
// fields are named as there.
type (
	pfx struct {
		Version  int
		AuthSafe contentInfo
		MacData  macData `asn1:"optional"`
	}
	contentInfo struct {
		ContentType asn1.ObjectIdentifier
		Content     asn1.RawValue `asn1:"tag:0,explicit,optional"`
	}
	macData struct {
		Mac struct {
			Algorithm pkix.AlgorithmIdentifier
			Digest    []byte
		}
		MacSalt    []byte
		Iterations int `asn1:"optional,default:1"`
	}
	encryptedData struct {
		Version int
		Info    struct {
			ContentType asn1.ObjectIdentifier
			Algorithm   pkix.AlgorithmIdentifier
			Content     asn1.RawValue `asn1:"tag:0,optional"`
		}
	}
	safeBag struct {
		ID         asn1.ObjectIdentifier
		Value      asn1.RawValue `asn1:"tag:0,explicit"`
		Attributes asn1.RawValue `asn1:"set,optional"`
	}
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbeParams struct {
		Salt       []byte
		Iterations int
	}
	pbes2Params  struct{ KDF, Scheme pkix.AlgorithmIdentifier }
	pbkdf2Params struct {
		Salt       asn1.RawValue
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

func oid(numbers ...int) asn1.ObjectIdentifier { return numbers }

// The object identifiers of PKCS#7, PKCS#12 and PKCS#5.
func oidData() asn1.ObjectIdentifier      { return oid(1, 2, 840, 113549, 1, 7, 1) }
func oidEncrypted() asn1.ObjectIdentifier { return oid(1, 2, 840, 113549, 1, 7, 6) }
func oidKeyBag() asn1.ObjectIdentifier    { return oid(1, 2, 840, 113549, 1, 12, 10, 1, 1) }
func oidShrouded() asn1.ObjectIdentifier  { return oid(1, 2, 840, 113549, 1, 12, 10, 1, 2) }
func oidPBKDF2() asn1.ObjectIdentifier    { return oid(1, 2, 840, 113549, 1, 5, 12) }
func oidPBES2() asn1.ObjectIdentifier     { return oid(1, 2, 840, 113549, 1, 5, 13) }
func oidPBMAC1() asn1.ObjectIdentifier    { return oid(1, 2, 840, 113549, 1, 5, 14) }
func oidHMAC256() asn1.ObjectIdentifier   { return oid(1, 2, 840, 113549, 2, 9) }

// checkPKCS12 refuses a file that would cost too much to open, before the
// library is given it: ErrFormat, ErrPKCS12Cost, ErrPKCS12Unsupported, ErrPassword.
func checkPKCS12(data []byte, password string) error {
	var file pfx
	if err := exactly(data, &file); err != nil || !file.AuthSafe.ContentType.Equal(oidData()) {
		return nil //nolint:nilerr // the library says it better, and reads no further either
	}
	var counted costs
	if a := file.MacData.Mac.Algorithm; a.Algorithm.Equal(oidPBMAC1()) {
		counted.kdf(a)
	} else if a.Algorithm != nil {
		counted.add(file.MacData.Iterations)
	}
	var safe []byte
	var parts []contentInfo
	if exactly(file.AuthSafe.Content.Bytes, &safe) != nil || exactly(safe, &parts) != nil {
		return ErrFormat
	}
	var sealed []contentInfo
	for _, part := range parts {
		switch {
		case part.ContentType.Equal(oidData()):
			counted.bags(part)
		case part.ContentType.Equal(oidEncrypted()):
			var e encryptedData
			if exactly(part.Content.Bytes, &e) != nil {
				return ErrFormat
			}
			counted.encryption(e.Info.Algorithm)
			sealed = append(sealed, part)
		}
	}
	if counted.err != nil {
		return counted.err
	}
	for _, part := range sealed {
		if err := checkSealed(part, password); err != nil {
			return err
		}
	}
	return nil
}

// costs adds up what a file asks for.
type costs struct {
	derivations int
	err         error
}

func (c *costs) add(iterations int) {
	c.derivations++
	switch {
	case c.err != nil:
	case iterations < 1:
		c.err = fmt.Errorf("%w: an iteration count of %d", ErrFormat, iterations)
	case iterations > MaxIterations || c.derivations > maxDerivations:
		c.err = ErrPKCS12Cost
	}
}

func (c *costs) fail() {
	if c.err == nil {
		c.err = ErrFormat
	}
}

// encryption counts PBES2 (RFC 8018, 6.2), and the schemes of RFC 7292,
// Appendix C, which derive a key and an initialisation vector. Others are left
// to the library, which refuses them.
func (c *costs) encryption(a pkix.AlgorithmIdentifier) {
	if a.Algorithm.Equal(oidPBES2()) {
		c.kdf(a)
		return
	}
	var p pbeParams
	if exactly(a.Parameters.FullBytes, &p) != nil {
		c.fail()
		return
	}
	c.add(p.Iterations)
	c.add(p.Iterations)
}

// kdf counts the derivation in the parameters of PBES2 and PBMAC1, which are
// alike.
func (c *costs) kdf(a pkix.AlgorithmIdentifier) {
	var p pbes2Params
	var k pbkdf2Params
	if exactly(a.Parameters.FullBytes, &p) != nil || p.KDF.Algorithm.Equal(oidPBKDF2()) && exactly(p.KDF.Parameters.FullBytes, &k) != nil {
		c.fail()
		return
	}
	if p.KDF.Algorithm.Equal(oidPBKDF2()) {
		c.add(k.Iterations)
	}
}

// bags counts the encrypted keys that lie in the open.
func (c *costs) bags(part contentInfo) {
	var data []byte
	var bags []safeBag
	if exactly(part.Content.Bytes, &data) != nil || exactly(data, &bags) != nil {
		c.fail()
		return
	}
	for _, bag := range bags {
		if !bag.ID.Equal(oidShrouded()) {
			continue
		}
		var key encryptedKey
		if exactly(bag.Value.Bytes, &key) != nil {
			c.fail()
			return
		}
		c.encryption(key.Algorithm)
	}
}

// checkSealed finds out whether an encrypted part, in which certificates are
// expected, holds a key: its iteration count could not be seen. The library
// stops at a second key before it looks into it, so the part is opened behind a
// key of our own that costs nothing. What else is wrong with the part it will
// say itself when it opens the file, at the same place; an empty password alone
// is tried in two ways, of which the probe knows one.
func checkSealed(part contentInfo, password string) error {
	probe, err := probeFor(part, password)
	if err != nil {
		return fmt.Errorf("look into the file: %w", err)
	}
	_, _, _, err = pkcs12.DecodeChain(probe, password)
	switch {
	case err == nil || strings.Contains(err.Error(), "certificate missing"):
		return nil
	case strings.Contains(err.Error(), "expected exactly one key bag"):
		return fmt.Errorf("%w: its key lies among its certificates", ErrPKCS12Unsupported)
	case password == "":
		return pkcs12Error(err)
	}
	return nil
}

// probeFor builds a file of a fresh key in the open and the part, under a MAC
// of the password (PBMAC1, RFC 9579), which the library wants to see.
func probeFor(part contentInfo, password string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b builder
	bag := b.der([]struct {
		ID    asn1.ObjectIdentifier
		Value asn1.RawValue
	}{{oidKeyBag(), explicit(pkcs8)}})
	safe := b.der([]contentInfo{{oidData(), explicit(b.der(bag))}, {part.ContentType, explicit(part.Content.Bytes)}})
	if password == "" {
		return b.der(struct {
			Version  int
			AuthSafe contentInfo
		}{3, contentInfo{oidData(), explicit(b.der(safe))}}), b.err
	}
	file := pfx{Version: 3, AuthSafe: contentInfo{oidData(), explicit(b.der(safe))}}
	salt := []byte("probe")
	derived, err := pbkdf2.Key(sha256.New, password, salt, 1, sha256.Size)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, derived)
	mac.Write(safe) //nolint:errcheck // never fails
	hmac256 := pkix.AlgorithmIdentifier{Algorithm: oidHMAC256()}
	kdf := b.der(pbkdf2Params{Salt: asn1.RawValue{FullBytes: b.der(salt)}, Iterations: 1, KeyLength: sha256.Size, PRF: hmac256})
	file.MacData.Mac.Algorithm = pkix.AlgorithmIdentifier{Algorithm: oidPBMAC1(), Parameters: asn1.RawValue{FullBytes: b.der(pbes2Params{
		KDF: pkix.AlgorithmIdentifier{Algorithm: oidPBKDF2(), Parameters: asn1.RawValue{FullBytes: kdf}}, Scheme: hmac256,
	})}}
	file.MacData.Mac.Digest, file.MacData.MacSalt, file.MacData.Iterations = mac.Sum(nil), salt, 1
	return b.der(file), b.err
}

// builder writes DER and remembers the first error.
type builder struct{ err error }

func (b *builder) der(v any) []byte {
	out, err := asn1.Marshal(v)
	if err != nil && b.err == nil {
		b.err = err
	}
	return out
}

func explicit(der []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: der}
}

// exactly reads DER without anything behind it.
func exactly(der []byte, v any) error {
	rest, err := asn1.Unmarshal(der, v)
	if err == nil && len(rest) > 0 {
		err = ErrFormat
	}
	return err
}
