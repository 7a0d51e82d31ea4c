package cms

import (
	"bytes"
	"crypto"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Draft is a container that lacks nothing but the signature value. It depends
// on the digest and the options alone.
type Draft struct {
	options    Options
	attributes [][]byte // DER of each
	signed     []byte   // DER of all, as a SET
	sum        []byte   // digest of signed
}

// NewDraft makes a draft over the digest of the content, made with the options'
// hash. With encapsulated content the digest must be nil: it is made here.
//
// Errors: ErrUnsupported for keys and hashes that are not used for signing.
func NewDraft(contentDigest []byte, o Options) (*Draft, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.Encapsulated != nil {
		if contentDigest != nil {
			return nil, fmt.Errorf("make a CMS signature: a digest beside encapsulated content")
		}
		contentDigest = digest(o.Hash, o.Encapsulated.Data)
	}
	if len(contentDigest) != o.Hash.Size() {
		return nil, fmt.Errorf("make a CMS signature: digest of %d bytes is not one of %v", len(contentDigest), o.Hash)
	}
	attributes, err := signedAttributes(contentDigest, o)
	if err != nil {
		return nil, fmt.Errorf("make the signed attributes: %w", err)
	}
	var b cryptobyte.Builder
	addSet(&b, cbasn1.SET, attributes)
	signed, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("make the signed attributes: %w", err)
	}
	return &Draft{options: o, attributes: attributes, signed: signed, sum: digest(o.Hash, signed)}, nil
}

// SignedAttributes gives the DER of the signed attributes, which is what the
// signature value covers (RFC 5652, 5.4).
func (d *Draft) SignedAttributes() []byte { return bytes.Clone(d.signed) }

// Digest gives what the private key signs: the digest of SignedAttributes.
func (d *Draft) Digest() []byte { return bytes.Clone(d.sum) }

// SignerOpts says how the private key signs Digest; PSS comes with the salt's
// length spelled out, since tokens know no "auto".
func (d *Draft) SignerOpts() crypto.SignerOpts { return signerOpts(d.options.Hash, d.options.PSS) }

// Check verifies a signature value with the certificate's public key: an
// ErrSignature for one that another key made.
func (d *Draft) Check(signature []byte) error {
	var pss *pssParams
	if d.options.PSS {
		pss = &pssParams{hash: d.options.Hash, salt: d.options.Hash.Size()}
	}
	return verifyValue(d.options.Certificate.PublicKey, d.options.Hash, d.sum, signature, pss)
}

// Assemble gives the container with the signature value, which is checked
// first, and with a time-stamp token over it unless that is nil.
func (d *Draft) Assemble(signature, timestamp []byte) ([]byte, error) {
	if err := d.Check(signature); err != nil {
		return nil, fmt.Errorf("check the signature value: %w", err)
	}
	return d.encode(signature, timestamp)
}

// encode writes the ContentInfo (RFC 5652, 3 and 5.1).
func (d *Draft) encode(signature, timestamp []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				d.addSignedData(b, signature, timestamp)
			})
		})
	})
	return b.Bytes()
}

func (d *Draft) addSignedData(b *cryptobyte.Builder, signature, timestamp []byte) {
	o := d.options
	version := int64(1)
	if !o.contentType().Equal(oidData) {
		version = 3 // RFC 5652, 5.1
	}
	b.AddASN1Int64(version)
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { AddDigestAlgorithm(b, o.Hash) })
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(o.contentType())
		if o.Encapsulated != nil {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(o.Encapsulated.Data) })
		}
	})
	addSet(b, explicit(0), d.certificates())
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			d.addSignerInfo(b, signature, timestamp)
		})
	})
}

// addSignerInfo writes RFC 5652, 5.3; version 1, since the signer is named by
// issuer and serial number.
func (d *Draft) addSignerInfo(b *cryptobyte.Builder, signature, timestamp []byte) {
	o := d.options
	b.AddASN1Int64(1)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(o.Certificate.RawIssuer)
		b.AddASN1BigInt(o.Certificate.SerialNumber)
	})
	AddDigestAlgorithm(b, o.Hash)
	addSet(b, explicit(0), d.attributes)
	addSignatureAlgorithm(b, o.Certificate.PublicKey, o.Hash, o.PSS)
	b.AddASN1OctetString(signature)
	if timestamp == nil {
		return
	}
	b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
		addAttribute(b, oidTimestampToken, func(b *cryptobyte.Builder) { b.AddBytes(timestamp) })
	})
}

// certificates gives the signer's and its issuers' DER, each once.
func (d *Draft) certificates() [][]byte {
	all := [][]byte{d.options.Certificate.Raw}
	for _, c := range d.options.Chain {
		if !slices.ContainsFunc(all, func(raw []byte) bool { return bytes.Equal(raw, c.Raw) }) {
			all = append(all, c.Raw)
		}
	}
	return all
}

// addSet writes a SET OF in the order that DER demands (X.690, 11.6), under the
// given tag.
func addSet(b *cryptobyte.Builder, tag cbasn1.Tag, elements [][]byte) {
	elements = slices.Clone(elements)
	slices.SortFunc(elements, bytes.Compare)
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, e := range elements {
			b.AddBytes(e)
		}
	})
}
