package cms

import (
	"encoding/asn1"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxAttributes bounds each of the two lists of attributes.
const maxAttributes = 256

// Attribute is a signed or unsigned attribute.
type Attribute struct {
	Type   asn1.ObjectIdentifier
	Values [][]byte // each in DER
}

// readAttributes reads the contents of a SET OF Attribute.
func readAttributes(in cryptobyte.String) ([]Attribute, error) {
	var all []Attribute
	for !in.Empty() {
		var seq, set cryptobyte.String
		var a Attribute
		if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1ObjectIdentifier(&a.Type) ||
			!seq.ReadASN1(&set, cbasn1.SET) || !seq.Empty() {
			return nil, fmt.Errorf("%w: attribute %d", ErrMalformed, len(all)+1)
		}
		for !set.Empty() {
			var value cryptobyte.String
			var tag cbasn1.Tag
			if !set.ReadAnyASN1Element(&value, &tag) || len(a.Values) == maxAttributes {
				return nil, fmt.Errorf("%w: values of attribute %v", ErrMalformed, a.Type)
			}
			a.Values = append(a.Values, value)
		}
		if all = append(all, a); len(all) > maxAttributes {
			return nil, fmt.Errorf("%w: more than %d attributes", ErrMalformed, maxAttributes)
		}
	}
	return all, nil
}

// values gives all values of the attributes of a type.
func values(all []Attribute, oid asn1.ObjectIdentifier) [][]byte {
	var found [][]byte
	for _, a := range all {
		if a.Type.Equal(oid) {
			found = append(found, a.Values...)
		}
	}
	return found
}

// single gives the value of an attribute that must stand once with one value
// (RFC 5652, 11); nil without an error when it is absent.
func single(all []Attribute, oid asn1.ObjectIdentifier) ([]byte, error) {
	count := 0
	var value []byte
	for _, a := range all {
		if a.Type.Equal(oid) {
			if count++; len(a.Values) != 1 {
				return nil, fmt.Errorf("%w: %v has %d values", ErrAttribute, oid, len(a.Values))
			}
			value = a.Values[0]
		}
	}
	if count > 1 {
		return nil, fmt.Errorf("%w: %v stands %d times", ErrAttribute, oid, count)
	}
	return value, nil
}

// SigningTime gives the signer's claim, false when there is none. PAdES has it
// in the signature dictionary instead.
func (s *SignerInfo) SigningTime() (time.Time, bool) {
	value, err := single(s.Signed, oidSigningTime)
	if value == nil || err != nil {
		return time.Time{}, false
	}
	in := cryptobyte.String(value)
	var t time.Time
	if in.PeekASN1Tag(cbasn1.GeneralizedTime) {
		return t, in.ReadASN1GeneralizedTime(&t) && in.Empty()
	}
	return t, in.ReadASN1UTCTime(&t) && in.Empty()
}

// Timestamps gives the time-stamp tokens over the signature value (CAdES
// signature-time-stamp), each a ContentInfo in DER. Who made them, and over
// what, is still to be verified: package tsp does.
func (s *SignerInfo) Timestamps() [][]byte { return values(s.Unsigned, oidTimestampToken) }

// HasAttribute tells whether a signed attribute of the type is there.
func (s *SignerInfo) HasAttribute(oid asn1.ObjectIdentifier) bool {
	for _, a := range s.Signed {
		if a.Type.Equal(oid) {
			return true
		}
	}
	return false
}
