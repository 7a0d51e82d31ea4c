package ca

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"
)

// LeafRequest says for whom a certificate is to be issued.
type LeafRequest struct {
	Public crypto.PublicKey
	Name   Name
	// Now is the present time, required; the certificate begins a little earlier.
	Now time.Time
	// NotAfter is its end, at most MaxLeafYears after Now and not after the
	// issuer's.
	NotAfter  time.Time
	Addresses Addresses
}

// Issue makes a certificate with which a person signs documents.
//
// Errors: ErrNotIssuer when a is a root, or no authority; ErrName, ErrKey,
// ErrAddress, ErrLife, ErrLint.
func (a Authority) Issue(r LeafRequest) (*x509.Certificate, error) {
	c, err := a.issue(r)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate: %w", err)
	}
	return c, nil
}

func (a Authority) issue(r LeafRequest) (*x509.Certificate, error) {
	if err := a.checkIssuing(); err != nil {
		return nil, err
	}
	if err := r.Name.check(); err != nil {
		return nil, err
	}
	if err := r.Addresses.check(); err != nil {
		return nil, err
	}
	if err := checkKey(r.Public); err != nil {
		return nil, err
	}
	if samePublic(r.Public, a.Certificate.PublicKey) {
		return nil, fmt.Errorf("%w: the authority's own", ErrKey)
	}
	if err := a.checkLife(r.Now, r.NotAfter); err != nil {
		return nil, err
	}
	template, err := r.template()
	if err != nil {
		return nil, err
	}
	if template.NotBefore.Before(a.Certificate.NotBefore) {
		template.NotBefore = a.Certificate.NotBefore
	}
	return a.create(template, r.Public)
}

// MayIssue tells whether the authority may issue certificates to people at the
// time now: ErrNotIssuer where its certificate or key is not right for it, ErrLife
// outside its life.
func (a Authority) MayIssue(now time.Time) error {
	if err := a.checkIssuing(); err != nil {
		return err
	}
	if now.Before(a.Certificate.NotBefore) || !now.Before(a.Certificate.NotAfter) {
		return fmt.Errorf("%w: from %v to %v", ErrLife, a.Certificate.NotBefore, a.Certificate.NotAfter)
	}
	return nil
}

// checkIssuing refuses what may not issue to people, with ErrNotIssuer: a root
// would do so without the bound that an issuing authority carries.
func (a Authority) checkIssuing() error {
	if err := a.check(); err != nil {
		return err
	}
	if !a.Certificate.MaxPathLenZero || !documents(a.Certificate) {
		return fmt.Errorf("%w: it is not bound to documents", ErrNotIssuer)
	}
	return nil
}

// checkLife refuses a life that is too long, has passed, or outlasts the issuer's.
func (a Authority) checkLife(now, end time.Time) error {
	switch {
	case now.IsZero() || !end.After(now) || end.After(now.AddDate(MaxLeafYears, 0, 0)):
		return fmt.Errorf("%w: from %v to %v", ErrLife, now, end)
	case now.Before(a.Certificate.NotBefore):
		return fmt.Errorf("%w: the issuer's life begins at %v", ErrLife, a.Certificate.NotBefore)
	case moment(end).After(a.Certificate.NotAfter):
		return fmt.Errorf("%w: the issuer's life ends at %v", ErrLife, a.Certificate.NotAfter)
	}
	return nil
}

func (r LeafRequest) template() (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	id, err := keyIdentifier(r.Public)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: r.Name.subject(), SubjectKeyId: id,
		NotBefore: moment(r.Now.Add(-leafBackdate)), NotAfter: moment(r.NotAfter),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		EmailAddresses:        list(r.Name.Email),
		CRLDistributionPoints: list(r.Addresses.List),
		OCSPServer:            list(r.Addresses.OCSP),
		IssuingCertificateURL: list(r.Addresses.Issuer),
	}
	forDocuments(t)
	return t, nil
}

// forDocuments sets the extended key usage of all below the root.
func forDocuments(c *x509.Certificate) {
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{
		documentSigning(),
		{1, 3, 6, 1, 4, 1, 311, 10, 3, 12}, // Microsoft: szOID_KP_DOCUMENT_SIGNING
		{1, 2, 840, 113583, 1, 1, 5},       // Adobe: authenticDocumentsTrust
	}
}

// documentSigning is id-kp-documentSigning (RFC 9336, 3.1).
func documentSigning() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36}
}

// documents tells whether a certificate is bound to documents.
func documents(c *x509.Certificate) bool {
	for _, oid := range c.UnknownExtKeyUsage {
		if oid.Equal(documentSigning()) {
			return true
		}
	}
	return false
}
