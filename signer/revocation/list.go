package revocation

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// CRL is a revocation list that was read and is not yet verified. Its entries
// stay as they are encoded: a list may have a million, of which one is asked
// for. It is not safe for concurrent use.
type CRL struct {
	list    *x509.RevocationList // without entries
	entries cryptobyte.String
	// critical: an entry has a critical extension, so that it is not what it seems
	// (of another issuer, for instance: RFC 5280, 5.3.3).
	critical bool
	issuer   *x509.Certificate // who was found to have signed it; nil when nobody was
}

// ParseCRL reads a revocation list in DER, which it keeps.
//
// Errors: ErrMaterial.
func ParseCRL(der []byte) (*CRL, error) {
	tbs, rest, entries, ok := splitList(der)
	if !ok {
		return nil, fmt.Errorf("%w: malformed revocation list", ErrMaterial)
	}
	// The library reads all but the entries, of which it would make objects ten
	// times their size; the signature is over the whole, which it is given next.
	list, err := x509.ParseRevocationList(rest)
	if err != nil {
		return nil, fmt.Errorf("%w: revocation list: %w", ErrMaterial, err)
	}
	if len(list.RevokedCertificateEntries) > 0 { // a second list of entries
		return nil, fmt.Errorf("%w: malformed revocation list", ErrMaterial)
	}
	list.RawTBSRevocationList = tbs
	l := &CRL{list: list, entries: entries}
	for in := entries; !in.Empty(); {
		e, ok := readEntry(&in)
		if !ok {
			return nil, fmt.Errorf("%w: malformed entry of a revocation list", ErrMaterial)
		}
		l.critical = l.critical || e.critical
	}
	return l, nil
}

// splitList gives what is signed, the list without its entries, and the entries
// (RFC 5280, 5.1).
func splitList(der []byte) (tbs, rest []byte, entries cryptobyte.String, ok bool) {
	in := cryptobyte.String(der)
	var outer, signed, body cryptobyte.String
	if !in.ReadASN1(&outer, cbasn1.SEQUENCE) || !in.Empty() || !outer.ReadASN1Element(&signed, cbasn1.SEQUENCE) {
		return nil, nil, nil, false
	}
	tbs, whole := signed, signed
	if !whole.ReadASN1(&body, cbasn1.SEQUENCE) {
		return nil, nil, nil, false
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			entries, ok = copyWithoutEntries(b, body)
		})
		b.AddBytes(outer) // algorithm and value of the signature
	})
	rest, err := b.Bytes()
	return tbs, rest, entries, ok && err == nil
}

// copyWithoutEntries copies the fields of a TBSCertList but the entries, which it
// gives: the sequence that follows the times.
func copyWithoutEntries(b *cryptobyte.Builder, body cryptobyte.String) (entries cryptobyte.String, ok bool) {
	timed := false
	for !body.Empty() {
		var field cryptobyte.String
		var tag cbasn1.Tag
		if !body.ReadAnyASN1Element(&field, &tag) {
			return nil, false
		}
		switch {
		case tag == cbasn1.UTCTime || tag == cbasn1.GeneralizedTime:
			timed = true
		case timed && tag == cbasn1.SEQUENCE && entries == nil:
			if !field.ReadASN1(&entries, cbasn1.SEQUENCE) {
				return nil, false
			}
			if entries == nil {
				entries = cryptobyte.String{}
			}
			continue
		}
		b.AddBytes(field)
	}
	return entries, true
}

// entry is a revoked certificate.
type entry struct {
	serial     []byte // contents of the INTEGER
	at         cryptobyte.String
	extensions cryptobyte.String
	critical   bool
}

// readEntry reads the next entry, and holds it to the encoding of DER, so that a
// number can be compared by its bytes.
func readEntry(in *cryptobyte.String) (e entry, ok bool) {
	var body, serial cryptobyte.String
	if !in.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1(&serial, cbasn1.INTEGER) || !minimal(serial) {
		return e, false
	}
	e.serial = serial
	var tag cbasn1.Tag
	if !body.ReadAnyASN1Element(&e.at, &tag) || tag != cbasn1.UTCTime && tag != cbasn1.GeneralizedTime {
		return e, false
	}
	if body.Empty() {
		return e, true
	}
	if !body.ReadASN1(&e.extensions, cbasn1.SEQUENCE) || !body.Empty() {
		return e, false
	}
	for all := e.extensions; !all.Empty(); {
		var one cryptobyte.String
		critical := false
		if !all.ReadASN1(&one, cbasn1.SEQUENCE) || !one.SkipASN1(cbasn1.OBJECT_IDENTIFIER) ||
			one.PeekASN1Tag(cbasn1.BOOLEAN) && !one.ReadASN1Boolean(&critical) || !one.SkipASN1(cbasn1.OCTET_STRING) || !one.Empty() {
			return e, false
		}
		e.critical = e.critical || critical
	}
	return e, true
}

// minimal tells whether the contents of an INTEGER are as short as they can be
// (X.690, 8.3.2).
func minimal(b []byte) bool {
	return len(b) == 1 || len(b) > 1 && !(b[0] == 0 && b[1] < 0x80) && !(b[0] == 0xff && b[1] >= 0x80)
}

// find gives the entry of a serial number.
func (l *CRL) find(serial *big.Int) (e entry, found bool) {
	var b cryptobyte.Builder
	b.AddASN1BigInt(serial)
	der, err := b.Bytes()
	if err != nil {
		return e, false
	}
	var want cryptobyte.String
	if in := cryptobyte.String(der); !in.ReadASN1(&want, cbasn1.INTEGER) {
		return e, false
	}
	for in := l.entries; !in.Empty(); {
		next, ok := readEntry(&in)
		if !ok {
			return e, false
		}
		if bytes.Equal(next.serial, want) {
			e, found = next, true // the last one counts, where there are several
		}
	}
	return e, found
}

// status reads when and why.
func (e entry) status(s *Status) bool {
	s.Revoked = true
	in := e.at
	ok := in.PeekASN1Tag(cbasn1.UTCTime) && in.ReadASN1UTCTime(&s.RevokedAt) || in.ReadASN1GeneralizedTime(&s.RevokedAt)
	if !ok {
		return false
	}
	for all := e.extensions; !all.Empty(); {
		var one, value, oid cryptobyte.String
		critical := false
		if !all.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1(&oid, cbasn1.OBJECT_IDENTIFIER) ||
			one.PeekASN1Tag(cbasn1.BOOLEAN) && !one.ReadASN1Boolean(&critical) || !one.ReadASN1(&value, cbasn1.OCTET_STRING) {
			return false
		}
		if reasonCode := []byte{0x55, 0x1d, 0x15}; bytes.Equal(oid, reasonCode) && !value.ReadASN1Enum(&s.Reason) {
			return false
		}
	}
	return !s.RevokedAt.Equal(time.Time{})
}
