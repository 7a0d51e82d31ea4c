package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
)

// TimestampAllowance is what EstimateSize adds for a time-stamp token: tokens of
// public authorities with their chains take 4 to 7 KB.
const TimestampAllowance = 8 << 10

// EstimateSize gives the number of bytes that Sign's result takes at most. For
// a container without time-stamp the bound is firm and a few bytes too large at
// the most; a token may be larger than the allowance for it.
func EstimateSize(o Options) (int, error) {
	o, err := o.withDefaults()
	if err != nil {
		return 0, err
	}
	var contentDigest []byte
	if o.Encapsulated == nil {
		contentDigest = make([]byte, o.Hash.Size())
	}
	draft, err := NewDraft(contentDigest, o)
	if err != nil {
		return 0, err
	}
	der, err := draft.encode(make([]byte, maxSignature(o.Certificate.PublicKey)), nil)
	if err != nil {
		return 0, err
	}
	if o.Timestamp == nil {
		return len(der), nil
	}
	return len(der) + TimestampAllowance, nil
}

// maxSignature gives the length of the longest signature value.
func maxSignature(public crypto.PublicKey) int {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return key.Size()
	case *ecdsa.PublicKey:
		// Two integers with a sign byte, each with two bytes of head, in a
		// sequence with three.
		return 2*((key.Params().BitSize+7)/8+3) + 3
	}
	return 0
}
