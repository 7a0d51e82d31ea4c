package cms

import (
	"crypto"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// signedAttributes gives the attributes that PAdES asks for, each as DER.
func signedAttributes(contentDigest []byte, o Options) ([][]byte, error) {
	var all [][]byte
	for _, a := range []struct {
		oid   asn1.ObjectIdentifier
		value func(*cryptobyte.Builder)
	}{
		{oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(o.contentType()) }},
		{oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(contentDigest) }},
		{oidSigningCertificateV2, func(b *cryptobyte.Builder) { addSigningCertificate(b, o) }},
		{oidAlgorithmProtect, func(b *cryptobyte.Builder) { addAlgorithmProtect(b, o) }},
	} {
		var b cryptobyte.Builder
		addAttribute(&b, a.oid, a.value)
		der, err := b.Bytes()
		if err != nil {
			return nil, fmt.Errorf("attribute %v: %w", a.oid, err)
		}
		all = append(all, der)
	}
	return all, nil
}

// addAttribute writes an attribute with one value (RFC 5652, 5.3).
func addAttribute(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, value func(*cryptobyte.Builder)) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1(cbasn1.SET, value)
	})
}

// addSigningCertificate writes SigningCertificateV2 (RFC 5035, 3) with the
// digest of the signer's certificate. SHA-256 is the default and therefore left
// out, as DER demands; issuerSerial is optional and left out.
func addSigningCertificate(b *cryptobyte.Builder, o Options) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				if o.Hash != crypto.SHA256 {
					AddDigestAlgorithm(b, o.Hash)
				}
				b.AddASN1OctetString(digest(o.Hash, o.Certificate.Raw))
			})
		})
	})
}

// addAlgorithmProtect writes CMSAlgorithmProtection (RFC 6211, 2): the same
// bytes as in the SignerInfo, under [1] IMPLICIT for the signature's.
func addAlgorithmProtect(b *cryptobyte.Builder, o Options) {
	var algorithm cryptobyte.Builder
	addSignatureAlgorithm(&algorithm, o.Certificate.PublicKey, o.Hash, o.PSS)
	der, err := algorithm.Bytes()
	if err != nil {
		b.SetError(err)
		return
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		AddDigestAlgorithm(b, o.Hash)
		var body cryptobyte.String
		in := cryptobyte.String(der)
		if !in.ReadASN1(&body, cbasn1.SEQUENCE) {
			b.SetError(fmt.Errorf("signature algorithm is no sequence"))
			return
		}
		b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddBytes(body) })
	})
}
