package cms

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxCertificates bounds the list in a container.
const maxCertificates = 256

// SignedData is a container as Parse found it.
type SignedData struct {
	// Raw is the container in DER, without what stood behind it. It is a copy
	// where the input was not DER.
	Raw     []byte
	Version int64
	// ContentType is id-data in detached signatures over a document.
	ContentType asn1.ObjectIdentifier
	// Content is the encapsulated content; nil when the signature is detached.
	Content []byte
	// Certificates holds those that crypto/x509 can read, in the order of the
	// container; Unreadable counts the others.
	Certificates []*x509.Certificate
	Unreadable   int
	raw          [][]byte // all of them
	// CRLs holds the container's revocation lists, in DER.
	CRLs [][]byte
	// Signer is the only signer. Containers with none or several are refused:
	// PDF allows one (ISO 32000-2, 12.8.3.3).
	Signer SignerInfo

	notDER   bool
	trailing bool
}

// Parse reads a container: the bytes of /Contents or a time-stamp token. Zeros
// behind it are padding; other bytes there become a Finding of Verify.
//
// Errors: ErrMalformed, and ErrUnsupported for other kinds of CMS and for
// several signers.
func Parse(in []byte) (*SignedData, error) {
	if len(in) > MaxSize {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxSize)
	}
	size, der, err := derElement(in, 0)
	if err != nil {
		return nil, err
	}
	sd := &SignedData{notDER: !der}
	if der {
		sd.Raw = in[:size:size]
	} else if sd.Raw, size, err = toDER(nil, in, 0); err != nil {
		return nil, err
	}
	sd.trailing = len(bytes.TrimLeft(in[size:], "\x00")) > 0
	body, err := contentInfo(sd.Raw)
	if err != nil {
		return nil, err
	}
	if err := sd.read(body); err != nil {
		return nil, err
	}
	return sd, nil
}

// contentInfo gives the contents of the SignedData inside a ContentInfo.
func contentInfo(der []byte) (cryptobyte.String, error) {
	in := cryptobyte.String(der)
	var outer, inner, body cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !in.ReadASN1(&outer, cbasn1.SEQUENCE) || !outer.ReadASN1ObjectIdentifier(&kind) {
		return nil, fmt.Errorf("%w: no content info", ErrMalformed)
	}
	if !kind.Equal(oidSignedData) {
		return nil, fmt.Errorf("content of type %v: %w", kind, ErrUnsupported)
	}
	if !outer.ReadASN1(&inner, explicit(0)) || !outer.Empty() || !inner.ReadASN1(&body, cbasn1.SEQUENCE) || !inner.Empty() {
		return nil, fmt.Errorf("%w: no signed data", ErrMalformed)
	}
	return body, nil
}

// read reads a SignedData (RFC 5652, 5.1).
func (sd *SignedData) read(in cryptobyte.String) error {
	var digests, encap, signers, certificates, crls cryptobyte.String
	var hasCertificates, hasCRLs bool
	if !in.ReadASN1Integer(&sd.Version) || !in.ReadASN1(&digests, cbasn1.SET) ||
		!in.ReadASN1(&encap, cbasn1.SEQUENCE) ||
		!in.ReadOptionalASN1(&certificates, &hasCertificates, explicit(0)) ||
		!in.ReadOptionalASN1(&crls, &hasCRLs, explicit(1)) ||
		!in.ReadASN1(&signers, cbasn1.SET) || !in.Empty() {
		return fmt.Errorf("%w: no signed data", ErrMalformed)
	}
	if err := sd.readContent(encap); err != nil {
		return err
	}
	if err := sd.readCertificates(certificates); err != nil {
		return err
	}
	for !crls.Empty() {
		var one cryptobyte.String
		var tag cbasn1.Tag
		if !crls.ReadAnyASN1Element(&one, &tag) || len(sd.CRLs) == maxCertificates {
			return fmt.Errorf("%w: revocation lists", ErrMalformed)
		}
		if tag == cbasn1.SEQUENCE {
			sd.CRLs = append(sd.CRLs, one)
		}
	}
	var signer cryptobyte.String
	if !signers.ReadASN1(&signer, cbasn1.SEQUENCE) {
		return fmt.Errorf("%w: no signer", ErrMalformed)
	}
	if !signers.Empty() {
		return fmt.Errorf("several signers in one container: %w", ErrUnsupported)
	}
	return sd.readSigner(signer)
}

// readContent reads an EncapsulatedContentInfo.
func (sd *SignedData) readContent(in cryptobyte.String) error {
	var explicitContent, octets cryptobyte.String
	var present bool
	if !in.ReadASN1ObjectIdentifier(&sd.ContentType) ||
		!in.ReadOptionalASN1(&explicitContent, &present, explicit(0)) || !in.Empty() {
		return fmt.Errorf("%w: encapsulated content", ErrMalformed)
	}
	if !present {
		return nil
	}
	if !explicitContent.ReadASN1(&octets, cbasn1.OCTET_STRING) || !explicitContent.Empty() {
		return fmt.Errorf("%w: encapsulated content", ErrMalformed)
	}
	sd.Content = octets
	if sd.Content == nil {
		sd.Content = []byte{}
	}
	return nil
}

// readCertificates reads a CertificateSet; attribute certificates and other
// formats are passed over.
func (sd *SignedData) readCertificates(in cryptobyte.String) error {
	for n := 0; !in.Empty(); n++ {
		var one cryptobyte.String
		var tag cbasn1.Tag
		if !in.ReadAnyASN1Element(&one, &tag) || n == maxCertificates {
			return fmt.Errorf("%w: certificates", ErrMalformed)
		}
		if tag != cbasn1.SEQUENCE {
			continue
		}
		sd.raw = append(sd.raw, one)
		c, err := x509.ParseCertificate(one)
		if err != nil {
			sd.Unreadable++
			continue
		}
		sd.Certificates = append(sd.Certificates, c)
	}
	return nil
}

// Certificates reads the certificates of a SignedData, which need not have a
// signer: the form in which authorities publish chains (RFC 5652, 5; .p7c).
func Certificates(in []byte) ([]*x509.Certificate, error) {
	if len(in) > MaxSize {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxSize)
	}
	der, _, err := toDER(nil, in, 0)
	if err != nil {
		return nil, err
	}
	body, err := contentInfo(der)
	if err != nil {
		return nil, err
	}
	var certificates cryptobyte.String
	var present bool
	if !body.SkipASN1(cbasn1.INTEGER) || !body.SkipASN1(cbasn1.SET) || !body.SkipASN1(cbasn1.SEQUENCE) ||
		!body.ReadOptionalASN1(&certificates, &present, explicit(0)) {
		return nil, fmt.Errorf("%w: no signed data", ErrMalformed)
	}
	var sd SignedData
	if err := sd.readCertificates(certificates); err != nil {
		return nil, err
	}
	return sd.Certificates, nil
}
