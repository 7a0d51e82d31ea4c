package tsp

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"signservice/signer/cms"
)

// Token is a time-stamp token, read but not yet verified.
type Token struct {
	// Raw is the ContentInfo in DER.
	Raw []byte
	// Time is when the authority says that the digest existed, give or take
	// Accuracy; zero Accuracy says nothing.
	Time     time.Time
	Accuracy time.Duration
	// Hash and Imprint are the digest that the token is about. Hash is 0 for an
	// algorithm that package cms does not know.
	Hash    crypto.Hash
	Imprint []byte
	Policy  asn1.ObjectIdentifier
	Serial  *big.Int
	Nonce   *big.Int // nil when there is none
	// Signed is the container; its signer is the authority.
	Signed *cms.SignedData
}

var (
	oidTSTInfo = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidEKU     = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// Parse reads a token: a ContentInfo, perhaps with zeros behind it, as it stands
// in an attribute or in the /Contents of a document time-stamp.
//
// Errors: ErrMalformed, and those of cms.Parse.
func Parse(der []byte) (*Token, error) {
	sd, err := cms.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !sd.ContentType.Equal(oidTSTInfo) || sd.Content == nil {
		return nil, fmt.Errorf("%w: content of type %v", ErrMalformed, sd.ContentType)
	}
	t := &Token{Raw: sd.Raw, Signed: sd}
	if !t.readInfo(sd.Content) {
		return nil, fmt.Errorf("%w: TSTInfo", ErrMalformed)
	}
	return t, nil
}

// readInfo reads a TSTInfo (RFC 3161, 2.4.2).
func (t *Token) readInfo(der cryptobyte.String) bool {
	var body, imprint, algorithm, digest, stamp cryptobyte.String
	var version int
	var oid asn1.ObjectIdentifier
	t.Serial = new(big.Int)
	if !der.ReadASN1(&body, cbasn1.SEQUENCE) || !der.Empty() ||
		!body.ReadASN1Integer(&version) || version != 1 || !body.ReadASN1ObjectIdentifier(&t.Policy) ||
		!body.ReadASN1(&imprint, cbasn1.SEQUENCE) || !imprint.ReadASN1(&algorithm, cbasn1.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&oid) || !imprint.ReadASN1(&digest, cbasn1.OCTET_STRING) || !imprint.Empty() ||
		!body.ReadASN1Integer(t.Serial) || !body.ReadASN1(&stamp, cbasn1.GeneralizedTime) {
		return false
	}
	t.Hash, _ = cms.HashOf(oid)
	t.Imprint = digest
	var ok bool
	if t.Time, ok = parseTime(string(stamp)); !ok {
		return false
	}
	return t.readOptional(body)
}

// readOptional reads what may follow the time.
func (t *Token) readOptional(in cryptobyte.String) bool {
	var accuracy, rest cryptobyte.String
	var present bool
	if !in.ReadOptionalASN1(&accuracy, &present, cbasn1.SEQUENCE) || present && !t.readAccuracy(accuracy) {
		return false
	}
	if !in.SkipOptionalASN1(cbasn1.BOOLEAN) { // ordering
		return false
	}
	if in.PeekASN1Tag(cbasn1.INTEGER) {
		t.Nonce = new(big.Int)
		if !in.ReadASN1Integer(t.Nonce) {
			return false
		}
	}
	return in.ReadOptionalASN1(&rest, &present, cbasn1.Tag(0).ContextSpecific().Constructed()) &&
		in.ReadOptionalASN1(&rest, &present, cbasn1.Tag(1).ContextSpecific().Constructed()) && in.Empty()
}

// readAccuracy reads seconds, milliseconds and microseconds, each optional.
func (t *Token) readAccuracy(in cryptobyte.String) bool {
	for _, part := range []struct {
		tag  cbasn1.Tag
		unit time.Duration
		most int64
	}{
		{cbasn1.INTEGER, time.Second, 1 << 31},
		{cbasn1.Tag(0).ContextSpecific(), time.Millisecond, 999},
		{cbasn1.Tag(1).ContextSpecific(), time.Microsecond, 999},
	} {
		if !in.PeekASN1Tag(part.tag) {
			continue
		}
		var n int64
		if !in.ReadASN1Int64WithTag(&n, part.tag) || n < 0 || n > part.most {
			return false
		}
		t.Accuracy += time.Duration(n) * part.unit
	}
	return in.Empty()
}

// parseTime reads a GeneralizedTime in UTC, with or without a fraction of a
// second (RFC 3161, 2.4.2), which cryptobyte does not.
func parseTime(s string) (time.Time, bool) {
	digits, _, fraction := strings.Cut(strings.TrimSuffix(s, "Z"), ".")
	if !strings.HasSuffix(s, "Z") || len(digits) != 14 || fraction && len(s) > 32 {
		return time.Time{}, false
	}
	at, err := time.Parse("20060102150405Z", s) // takes a fraction after the seconds
	return at, err == nil
}

// Certificate gives the authority's certificate; nil when the token has none.
func (t *Token) Certificate() *x509.Certificate { return t.Signed.Signer.Certificate }

// Verify checks that the token is an authority's word about the digest, which
// was made with t.Hash: the imprint, the signature, the certificate's purpose
// and its validity at the token's time. It gives what a policy may dislike.
//
// Errors: ErrMismatch, ErrCertificate, and those of cms.SignedData.Verify.
func (t *Token) Verify(digest []byte) ([]cms.Finding, error) {
	if len(digest) == 0 || !bytes.Equal(digest, t.Imprint) {
		return nil, fmt.Errorf("%w: another digest", ErrMismatch)
	}
	findings, err := t.Signed.VerifyContent()
	if err != nil {
		return findings, fmt.Errorf("verify the time-stamp: %w", err)
	}
	if slices.Contains(findings, cms.NoSigningCertificate) { // RFC 3161, 2.4.2
		return findings, fmt.Errorf("%w: no signing-certificate attribute", ErrCertificate)
	}
	c := t.Certificate()
	if c == nil {
		return findings, fmt.Errorf("%w: it is unreadable", ErrCertificate)
	}
	if err := checkPurpose(c); err != nil {
		return findings, err
	}
	if t.Time.Before(c.NotBefore) || t.Time.After(c.NotAfter) {
		return findings, fmt.Errorf("%w: it was not valid at %v", ErrCertificate, t.Time)
	}
	if t.Hash == crypto.SHA1 || t.Hash == crypto.MD5 {
		findings = append(findings, cms.WeakDigest)
	}
	return slices.Compact(slices.Sorted(slices.Values(findings))), nil
}

// VerifySignature is Verify over a signature value, as signature time-stamps
// are.
func (t *Token) VerifySignature(value []byte) ([]cms.Finding, error) {
	if !t.Hash.Available() {
		return nil, fmt.Errorf("verify the time-stamp: digest algorithm: %w", cms.ErrUnsupported)
	}
	hash := t.Hash.New()
	hash.Write(value)
	return t.Verify(hash.Sum(nil))
}

// checkPurpose holds the certificate against RFC 3161, 2.3: one extended key
// usage, time-stamping, and critical.
func checkPurpose(c *x509.Certificate) error {
	if len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) > 0 {
		return fmt.Errorf("%w: its extended key usage is not time-stamping alone", ErrCertificate)
	}
	for _, e := range c.Extensions {
		if e.Id.Equal(oidEKU) && !e.Critical {
			return fmt.Errorf("%w: its extended key usage is not critical", ErrCertificate)
		}
	}
	return nil
}

// Chain gives the way from the authority's certificate to one of the roots, as
// it was valid at the token's time, through the certificates of the token and
// more.
func (t *Token) Chain(roots *x509.CertPool, more []*x509.Certificate) ([]*x509.Certificate, error) {
	c := t.Certificate()
	if c == nil {
		return nil, fmt.Errorf("%w: it is missing", ErrCertificate)
	}
	between := x509.NewCertPool()
	for _, other := range append(slices.Clone(t.Signed.Certificates), more...) {
		between.AddCert(other)
	}
	chains, err := c.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: t.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	if err != nil {
		return nil, fmt.Errorf("trust the time-stamp authority: %w", err)
	}
	return chains[0], nil
}
