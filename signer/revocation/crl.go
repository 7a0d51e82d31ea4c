package revocation

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
)

// ReadCRL verifies a revocation list of an issuer and looks for a certificate in
// it: ParseCRL and CRL.Status in one.
//
// Errors: ErrMaterial.
func ReadCRL(der []byte, certificate, issuer *x509.Certificate) (Status, error) {
	list, err := ParseCRL(der)
	if err != nil {
		return Status{}, err
	}
	return list.Status(certificate, issuer)
}

// Status verifies that the list is the issuer's and looks for a certificate in
// it. Lists that are not for this certificate, or not complete, are refused:
// delta lists, indirect ones, those for some reasons or for other kinds of
// certificates. Whether it is fresh is Status.Fresh's question.
//
// Errors: ErrMaterial.
func (l *CRL) Status(certificate, issuer *x509.Certificate) (Status, error) {
	if !bytes.Equal(l.list.RawIssuer, issuer.RawSubject) || !bytes.Equal(certificate.RawIssuer, issuer.RawSubject) {
		return Status{}, fmt.Errorf("%w: revocation list of another issuer", ErrMaterial)
	}
	if l.issuer == nil || !l.issuer.Equal(issuer) {
		if err := l.list.CheckSignatureFrom(issuer); err != nil {
			return Status{}, fmt.Errorf("%w: revocation list: %w", ErrMaterial, err)
		}
		l.issuer = issuer
	}
	if err := checkScope(l.list, certificate); err != nil {
		return Status{}, err
	}
	if l.critical {
		return Status{}, fmt.Errorf("%w: revocation list with a critical extension in an entry", ErrMaterial)
	}
	s := Status{ThisUpdate: l.list.ThisUpdate, NextUpdate: l.list.NextUpdate}
	if e, found := l.find(certificate.SerialNumber); found && !e.status(&s) {
		return Status{}, fmt.Errorf("%w: malformed entry of a revocation list", ErrMaterial)
	}
	return s, nil
}

// issuingDistributionPoint is RFC 5280, 5.2.5.
type issuingDistributionPoint struct {
	DistributionPoint asn1.RawValue  `asn1:"optional,tag:0"`
	OnlyUsers         bool           `asn1:"optional,tag:1"`
	OnlyCAs           bool           `asn1:"optional,tag:2"`
	OnlySomeReasons   asn1.BitString `asn1:"optional,tag:3"`
	Indirect          bool           `asn1:"optional,tag:4"`
	OnlyAttributes    bool           `asn1:"optional,tag:5"`
}

// checkScope reads the critical extensions, which say for what the list is.
func checkScope(list *x509.RevocationList, certificate *x509.Certificate) error {
	refuse := func(why string) error { return fmt.Errorf("%w: revocation list %s", ErrMaterial, why) }
	for _, e := range list.Extensions {
		if !e.Critical {
			continue
		}
		if !e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 28}) {
			return refuse("with critical extension " + e.Id.String())
		}
		var point issuingDistributionPoint
		rest, err := asn1.Unmarshal(e.Value, &point)
		switch {
		case err != nil || len(rest) > 0:
			return refuse("with a malformed scope")
		case point.Indirect || point.OnlyAttributes || point.OnlySomeReasons.BitLength > 0:
			return refuse("that is indirect or partial")
		case point.OnlyUsers && certificate.IsCA || point.OnlyCAs && !certificate.IsCA:
			return refuse("for other certificates")
		}
	}
	return nil
}
