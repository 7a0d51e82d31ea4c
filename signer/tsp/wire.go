package tsp

import (
	"crypto"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"
	"unicode"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"signservice/signer/cms"
)

// query is a TimeStampReq.
type query struct {
	hash   crypto.Hash
	digest []byte
	policy asn1.ObjectIdentifier // empty for any
	nonce  *big.Int
}

// encode writes RFC 3161, 2.4.1, with the wish for the authority's certificate.
func (q query) encode() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			cms.AddDigestAlgorithm(b, q.hash)
			b.AddASN1OctetString(q.digest)
		})
		if len(q.policy) > 0 {
			b.AddASN1ObjectIdentifier(q.policy)
		}
		b.AddASN1BigInt(q.nonce)
		b.AddASN1Boolean(true)
	})
	return b.Bytes()
}

// readAnswer reads a TimeStampResp (RFC 3161, 2.4.2) and gives the token in it.
func readAnswer(der []byte) ([]byte, error) {
	in := cryptobyte.String(der)
	var outer, status, text, failure cryptobyte.String
	var code int
	var present bool
	if !in.ReadASN1(&outer, cbasn1.SEQUENCE) || !in.Empty() || !outer.ReadASN1(&status, cbasn1.SEQUENCE) ||
		!status.ReadASN1Integer(&code) || !status.ReadOptionalASN1(&text, &present, cbasn1.SEQUENCE) ||
		!status.ReadOptionalASN1(&failure, &present, cbasn1.BIT_STRING) || !status.Empty() {
		return nil, fmt.Errorf("%w: answer", ErrMalformed)
	}
	if code != 0 && code != 1 { // granted, granted with modifications
		return nil, fmt.Errorf("%w: status %d%s", ErrRefused, code, freeText(text))
	}
	if outer.Empty() {
		return nil, fmt.Errorf("%w: answer without token", ErrMalformed)
	}
	return outer, nil
}

// freeText gives the authority's words, cut to what fits a line.
func freeText(in cryptobyte.String) string {
	var words []string
	for !in.Empty() {
		var s cryptobyte.String
		if !in.ReadASN1(&s, cbasn1.UTF8String) {
			break
		}
		words = append(words, string(s))
	}
	clean := strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, strings.Join(words, " "))
	if clean == "" {
		return ""
	}
	if letters := []rune(clean); len(letters) > 200 {
		clean = string(letters[:200])
	}
	return ": " + clean
}
