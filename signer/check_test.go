package signer_test

import (
	"bytes"
	"errors"
	"testing"

	"signservice/signer"
	"signservice/signer/signertest"
)

// TestCheckRefuses: what must not leave the house.
func TestCheckRefuses(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	mary, eve := ca.Issue(t, signertest.Leaf{}), ca.Issue(t, signertest.Leaf{Name: "Eve"})
	first, firstPrepared := sign(t, signertest.PDF{TextField: true}.Bytes(), mary.Key, options(mary))
	good, p := sign(t, first, mary.Key, options(mary))
	eves, _ := sign(t, first, eve.Key, options(eve))
	change := func(in []byte, at int64) []byte {
		out := bytes.Clone(in)
		out[at] ^= 1
		return out
	}
	if err := check(t, first, good, p); err != nil {
		t.Fatal(err)
	}
	third, _ := sign(t, good, mary.Key, options(mary))
	hole := bytes.Clone(good)
	copy(hole[p.Reserved.ContentsOffset:], bytes.Repeat([]byte("0"), 2*p.Reserved.ContentsSize))
	old := bytes.Clone(good) // an earlier container in the new place
	copy(old[p.Reserved.ContentsOffset:], first[firstPrepared.Reserved.ContentsOffset:][:2*p.Reserved.ContentsSize])
	for name, signed := range map[string][]byte{
		"flipped in the original":        change(good, 40),
		"flipped in the increment":       change(good, int64(len(first))+20),
		"flipped behind the signature":   change(good, int64(len(good))-3),
		"flipped in the signature":       change(good, p.Reserved.ContentsOffset+400),
		"earlier signature damaged":      change(good, firstPrepared.Reserved.ContentsOffset+400),
		"another certificate":            eves,
		"no signature in its place":      hole,
		"another signature in its place": old,
		"truncated":                      good[:len(good)-20],
		"truncated to the original":      first,
		"something behind it":            append(bytes.Clone(good), "more"...),
		"a further signature":            third,
		"shorter than the original":      first[:len(first)-1],
		"empty":                          nil,
	} {
		t.Run(name, func(t *testing.T) {
			if err := check(t, first, signed, p); !errors.Is(err, signer.ErrCheck) {
				t.Errorf("error %v, want ErrCheck", err)
			}
		})
	}
}
