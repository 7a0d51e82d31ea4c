package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// objects is what was read from a token.
type objects struct {
	certificates []certificateObject
	private      []keyObject
	public       []keyObject
}

type certificateObject struct {
	id    []byte
	label string
	der   []byte
}

type keyKind string

const (
	kindRSA keyKind = "RSA"
	kindEC  keyKind = "EC"
)

type keyObject struct {
	id      []byte
	label   string
	kind    keyKind
	modulus []byte           // of an RSA key, as the token has it
	public  crypto.PublicKey // nil when it cannot be read here
	always  bool
	// oddCurve is the curve of an elliptic key that nothing here knows.
	oddCurve asn1.ObjectIdentifier
}

// pair matches certificates and private keys: by public key, and by CKA_ID
// where the private key's public half is nowhere on the token.
func pair(serial string, o objects) []Entry {
	for i := range o.private {
		if o.private[i].public == nil {
			o.private[i].public = publicHalf(o.private[i], o)
		}
	}
	parsed := make([]*x509.Certificate, len(o.certificates))
	problems := make([]error, len(o.certificates))
	for i, c := range o.certificates {
		parsed[i], problems[i] = parse(c.der)
	}
	used := make([]bool, len(o.private))
	entries := make([]Entry, 0, len(parsed)+len(o.private))
	for i, object := range o.certificates {
		e := Entry{ID: KeyID{Token: serial, ID: hex.EncodeToString(object.id), Certificate: Fingerprint(object.der)}, Label: object.label}
		if parsed[i] == nil {
			e.Problem = problems[i]
		} else {
			e.Certificate, e.Public = parsed[i], parsed[i].PublicKey
			e.Chain = chainOf(parsed[i], parsed)
		}
		e.attach(object, o.private, used)
		if !slices.ContainsFunc(entries, func(other Entry) bool { return other.ID == e.ID }) { // stored twice
			entries = append(entries, e)
		}
	}
	for i, key := range o.private {
		if !used[i] {
			e := Entry{ID: KeyID{Token: serial, ID: hex.EncodeToString(key.id)}, Label: key.label, HasKey: true, Public: key.public, AlwaysAuthenticate: key.always, modulus: key.modulus}
			e.Problem = unusable(key, o.private)
			entries = append(entries, e)
		}
	}
	return entries
}

// parse reads a certificate.
func parse(der []byte) (*x509.Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", unreadable(err))
	}
	return c, nil
}

// unreadable gives the errors of crypto/x509 a meaning, which has no value of
// its own for a curve that it does not know.
func unreadable(err error) error {
	if strings.Contains(err.Error(), "unsupported elliptic curve") {
		return fmt.Errorf("%w: its curve", ErrKeyUnsupported)
	}
	return fmt.Errorf("%w: %w", ErrFormat, err)
}

// attach gives the entry the private key of its certificate.
func (e *Entry) attach(object certificateObject, private []keyObject, used []bool) {
	if e.Certificate == nil {
		return
	}
	i := keyOf(object, e.Public, private)
	if i < 0 {
		return
	}
	key := private[i]
	for j, other := range private {
		// Elliptic keys under one CKA_ID cannot be told apart: see unusable.
		used[j] = used[j] || j == i || key.public == nil && other.kind == key.kind && bytes.Equal(other.id, key.id)
	}
	e.HasKey, e.AlwaysAuthenticate, e.modulus = true, key.always, key.modulus
	e.ID.ID = hex.EncodeToString(key.id)
	e.Problem = unusable(key, private)
}

// keyOf finds the private key of a certificate, -1 for none: by public key, of
// one that lies on the token twice under the certificate's own CKA_ID; else a
// key of that CKA_ID whose public half is unknown.
func keyOf(object certificateObject, public crypto.PublicKey, private []keyObject) int {
	byKey, byID := -1, -1
	for i, key := range private {
		sameID := bytes.Equal(key.id, object.id)
		switch {
		case samePublic(key.public, public):
			if sameID {
				return i
			}
			if byKey < 0 {
				byKey = i
			}
		case byID < 0 && key.public == nil && sameID && key.kind == kindOf(public):
			byID = i
		}
	}
	if byKey >= 0 {
		return byKey
	}
	return byID
}

// unusable says why a private key cannot sign documents.
func unusable(key keyObject, all []keyObject) error {
	if key.oddCurve != nil {
		return fmt.Errorf("%w: curve %v", ErrKeyUnsupported, key.oddCurve)
	}
	if err := supported(key.public); err != nil {
		return err
	}
	switch key.kind {
	case kindRSA:
		return nil
	case kindEC:
	default:
		return fmt.Errorf("%w: %s", ErrKeyUnsupported, key.kind)
	}
	// An elliptic private key shows nothing but its CKA_ID.
	same := 0
	for _, other := range all {
		if other.kind == kindEC && bytes.Equal(other.id, key.id) {
			same++
		}
	}
	if same > 1 {
		return fmt.Errorf("%w: %d private keys have CKA_ID %x", ErrKeyAmbiguous, same, key.id)
	}
	return nil
}

// publicHalf looks for the public half of a private key: the one public key of
// its kind with its CKA_ID. Where there are several nothing is assumed.
func publicHalf(key keyObject, o objects) crypto.PublicKey {
	var found crypto.PublicKey
	for _, p := range o.public {
		if p.kind != key.kind || !bytes.Equal(p.id, key.id) || p.public == nil {
			continue
		}
		if found != nil && !samePublic(found, p.public) {
			return nil
		}
		found = p.public
	}
	return found
}

// chainOf gives the issuers of a certificate among those of the token, nearest
// first, without a root.
func chainOf(c *x509.Certificate, all []*x509.Certificate) []*x509.Certificate {
	var chain []*x509.Certificate
	for len(chain) < 8 {
		i := slices.IndexFunc(all, func(issuer *x509.Certificate) bool {
			return issuer != nil && issuer.IsCA && !bytes.Equal(issuer.RawSubject, issuer.RawIssuer) &&
				bytes.Equal(issuer.RawSubject, c.RawIssuer) && c.CheckSignatureFrom(issuer) == nil
		})
		if i < 0 || slices.Contains(chain, all[i]) {
			return chain
		}
		c = all[i]
		chain = append(chain, c)
	}
	return chain
}

// choose gives the one usable entry that id names.
func choose(entries []Entry, id KeyID) (Entry, error) {
	var found []Entry
	var problem error
	for _, e := range entries {
		if id.ID != "" && !strings.EqualFold(id.ID, e.ID.ID) || id.Certificate != "" && !strings.EqualFold(id.Certificate, e.ID.Certificate) {
			continue
		}
		switch {
		case e.Usable():
			found = append(found, e)
		case e.Problem != nil:
			problem = e.Problem
		case e.Certificate == nil:
			problem = fmt.Errorf("%w with a certificate", ErrKeyAbsent)
		default:
			problem = fmt.Errorf("%w: the certificate has none on the token", ErrKeyAbsent)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Entry{}, fmt.Errorf("%w: %d certificates; give the fingerprint of one", ErrKeyAmbiguous, len(found))
	case problem != nil:
		return Entry{}, problem
	}
	return Entry{}, ErrKeyAbsent
}

// Fingerprint gives the SHA-256 of a certificate's DER in lower-case
// hexadecimal.
func Fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// rsaKey makes a public key of a modulus and an exponent; nil of nonsense.
func rsaKey(modulus, exponent []byte) crypto.PublicKey {
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)
	if n.BitLen() < 512 || n.BitLen() > 16384 || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

// ecKey makes a public key of CKA_EC_PARAMS and CKA_EC_POINT: a curve by its
// OID, and a point in an OCTET STRING, which some tokens leave out. nil of
// anything else.
func ecKey(params, point []byte) crypto.PublicKey {
	var oid asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(params, &oid); err != nil || len(rest) > 0 {
		return nil
	}
	curve := curveOf(oid)
	if curve == nil {
		return nil
	}
	var octets []byte
	if rest, err := asn1.Unmarshal(point, &octets); err == nil && len(rest) == 0 {
		point = octets
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil
	}
	return public
}

// oddCurve gives the curve that CKA_EC_PARAMS name when it is none of ours.
func oddCurve(params []byte) asn1.ObjectIdentifier {
	var oid asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(params, &oid); err != nil || len(rest) > 0 || curveOf(oid) != nil {
		return nil
	}
	return oid
}

func curveOf(oid asn1.ObjectIdentifier) elliptic.Curve {
	switch oid.String() {
	case "1.3.132.0.33":
		return elliptic.P224()
	case "1.2.840.10045.3.1.7":
		return elliptic.P256()
	case "1.3.132.0.34":
		return elliptic.P384()
	case "1.3.132.0.35":
		return elliptic.P521()
	}
	return nil
}

func kindOf(public crypto.PublicKey) keyKind {
	switch public.(type) {
	case *rsa.PublicKey:
		return kindRSA
	case *ecdsa.PublicKey:
		return kindEC
	}
	return ""
}

// samePublic compares two public keys; nil equals nothing.
func samePublic(a, b crypto.PublicKey) bool {
	comparable, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && b != nil && comparable.Equal(b)
}
