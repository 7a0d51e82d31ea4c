package cms

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// WithTimestamp gives a container with a time-stamp token over its signature
// value added (CAdES signature-time-stamp, EN 319 122-1, 5.3). The attribute is
// not signed, so the key is not needed again: a container can be stored as soon
// as the key has signed, and stamped when an authority answers. Attributes that
// are there stay. What the token is over is the caller's affair: package tsp
// verifies it.
//
// Errors: those of Parse, for the container and for the token.
func WithTimestamp(container, token []byte) ([]byte, error) {
	sd, err := Parse(container)
	if err != nil {
		return nil, fmt.Errorf("add a time-stamp: %w", err)
	}
	stamp, err := Parse(token)
	if err != nil {
		return nil, fmt.Errorf("add a time-stamp: token: %w", err)
	}
	body, err := contentInfo(sd.Raw)
	if err != nil {
		return nil, fmt.Errorf("add a time-stamp: %w", err)
	}
	var attribute, b cryptobyte.Builder
	addAttribute(&attribute, oidTimestampToken, func(b *cryptobyte.Builder) { b.AddBytes(stamp.Raw) })
	der, err := attribute.Bytes()
	if err != nil {
		return nil, fmt.Errorf("add a time-stamp: %w", err)
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { addStamped(b, body, der) })
		})
	})
	out, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("add a time-stamp: %w", err)
	}
	return out, nil
}

// addStamped writes the fields of a SignedData as they are, and the signer with
// one more unsigned attribute.
func addStamped(b *cryptobyte.Builder, body cryptobyte.String, attribute []byte) {
	for !body.Empty() {
		var field cryptobyte.String
		var tag cbasn1.Tag
		if !body.ReadAnyASN1Element(&field, &tag) {
			b.SetError(ErrMalformed)
			return
		}
		if !body.Empty() { // the signers come last
			b.AddBytes(field)
			continue
		}
		var signers, signer cryptobyte.String
		if !field.ReadASN1(&signers, cbasn1.SET) || !signers.ReadASN1(&signer, cbasn1.SEQUENCE) {
			b.SetError(ErrMalformed)
			return
		}
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { addStampedSigner(b, signer, attribute) })
		})
	}
}

// addStampedSigner writes the fields of a SignerInfo with one more unsigned
// attribute.
func addStampedSigner(b *cryptobyte.Builder, signer cryptobyte.String, attribute []byte) {
	unsigned := [][]byte{attribute}
	for !signer.Empty() {
		var field cryptobyte.String
		var tag cbasn1.Tag
		if !signer.ReadAnyASN1Element(&field, &tag) {
			b.SetError(ErrMalformed)
			return
		}
		if tag != explicit(1) {
			b.AddBytes(field)
			continue
		}
		var set cryptobyte.String
		old, ok := [][]byte(nil), field.ReadASN1(&set, tag)
		if ok {
			old, ok = split(set)
		}
		if !ok {
			b.SetError(ErrMalformed)
			return
		}
		unsigned = append(unsigned, old...)
	}
	addSet(b, explicit(1), unsigned)
}

// SigningCertificate tells whether a signed attribute names the certificate
// with which it was signed, as PAdES asks (EN 319 142-1, 6.3); whether it names
// the right one, Verify tells.
func (s *SignerInfo) SigningCertificate() bool {
	return s.HasAttribute(oidSigningCertificateV2) || s.HasAttribute(oidSigningCertificate)
}
