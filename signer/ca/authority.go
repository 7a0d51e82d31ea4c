package ca

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"time"
)

// Authority is the certificate of an authority with its key.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// How long certificates live, in years, where a request does not say.
const (
	RootYears    = 10
	IssuingYears = 5
	// MaxLeafYears is the longest life of a person's certificate.
	MaxLeafYears = 2
)

// The longest lives that a request may ask for, in years.
const (
	maxRootYears    = 20
	maxIssuingYears = 10
)

// How far the beginning of a certificate is set back, since clocks differ. An
// issuer's lies before those of what it issues on the same day.
const (
	rootBackdate    = time.Hour
	issuingBackdate = 30 * time.Minute
	leafBackdate    = 5 * time.Minute
)

// AuthorityRequest says which authority is to be certified.
type AuthorityRequest struct {
	// Public is the authority's public key; for NewRoot, Key is the key itself.
	Public crypto.PublicKey
	Key    crypto.Signer
	Name   Name
	// Now is the present time, required; the certificate begins a little earlier.
	Now time.Time
	// Years is its life; 0 for RootYears or IssuingYears. An issuing authority's
	// is cut off at the end of its root's.
	Years int
	// Addresses are those of the root; NewRoot ignores them, since nobody can
	// revoke a root.
	Addresses Addresses
}

// NewRoot makes the certificate of a root, signed by its own key.
//
// Errors: ErrName, ErrKey, ErrLife, ErrLint.
func NewRoot(r AuthorityRequest) (*x509.Certificate, error) {
	c, err := newRoot(r)
	if err != nil {
		return nil, fmt.Errorf("make a root: %w", err)
	}
	return c, nil
}

func newRoot(r AuthorityRequest) (*x509.Certificate, error) {
	if r.Key == nil {
		return nil, fmt.Errorf("%w: none given", ErrKey)
	}
	r.Public = r.Key.Public()
	if r.Years == 0 {
		r.Years = RootYears
	}
	template, err := r.template(maxRootYears, rootBackdate)
	if err != nil {
		return nil, err
	}
	template.MaxPathLen = 1
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	template.AuthorityKeyId = template.SubjectKeyId // not demanded of a root, and usual
	return create(template, template, r.Public, r.Key)
}

// IssueAuthority makes the certificate of an issuing authority below a root.
//
// Errors: ErrNotIssuer when a is no root, ErrName, ErrKey, ErrAddress, ErrLife,
// ErrLint.
func (a Authority) IssueAuthority(r AuthorityRequest) (*x509.Certificate, error) {
	c, err := a.issueAuthority(r)
	if err != nil {
		return nil, fmt.Errorf("issue an authority: %w", err)
	}
	return c, nil
}

func (a Authority) issueAuthority(r AuthorityRequest) (*x509.Certificate, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if a.Certificate.MaxPathLen < 1 {
		return nil, fmt.Errorf("%w: it may certify no further authority", ErrNotIssuer)
	}
	if r.Years == 0 {
		r.Years = IssuingYears
	}
	if err := r.Addresses.check(); err != nil {
		return nil, err
	}
	if samePublic(r.Public, a.Certificate.PublicKey) {
		return nil, fmt.Errorf("%w: the root's own", ErrKey)
	}
	template, err := r.template(maxIssuingYears, issuingBackdate)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(rawName(template), a.Certificate.RawSubject) {
		return nil, fmt.Errorf("%w: the root's own", ErrName)
	}
	template.MaxPathLen, template.MaxPathLenZero = 0, true
	// digitalSignature: it answers OCSP itself.
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature
	forDocuments(template)
	template.CRLDistributionPoints = list(r.Addresses.List)
	template.IssuingCertificateURL = list(r.Addresses.Issuer)
	if template.NotAfter.After(a.Certificate.NotAfter) {
		template.NotAfter = a.Certificate.NotAfter
	}
	return a.create(template, r.Public)
}

// template is what roots and issuing authorities have in common.
func (r AuthorityRequest) template(maxYears int, backdate time.Duration) (*x509.Certificate, error) {
	n := r.Name
	n.Email, n.GivenName, n.Surname, n.SerialNumber = "", "", "", ""
	if err := n.check(); err != nil {
		return nil, err
	}
	if err := checkKey(r.Public); err != nil {
		return nil, err
	}
	if r.Years < 1 || r.Years > maxYears || r.Now.IsZero() {
		return nil, fmt.Errorf("%w: %d years", ErrLife, r.Years)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	id, err := keyIdentifier(r.Public)
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: n.subject(), SubjectKeyId: id,
		NotBefore: moment(r.Now.Add(-backdate)), NotAfter: moment(r.Now.AddDate(r.Years, 0, 0)),
		BasicConstraintsValid: true, IsCA: true,
	}, nil
}

// moment is a time as certificates hold it (RFC 5280, 4.1.2.5).
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// check refuses what cannot certify, with ErrNotIssuer.
func (a Authority) check() error {
	switch {
	case a.Certificate == nil || a.Key == nil:
		return fmt.Errorf("%w: certificate or key is missing", ErrNotIssuer)
	case !a.Certificate.IsCA || a.Certificate.KeyUsage&x509.KeyUsageCertSign == 0:
		return fmt.Errorf("%w: its certificate is none of an authority", ErrNotIssuer)
	case !samePublic(a.Certificate.PublicKey, a.Key.Public()):
		return fmt.Errorf("%w: its key belongs to another certificate", ErrNotIssuer)
	}
	return nil
}
