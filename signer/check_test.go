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

// TestCheckRaisedRefuses: what Raise did not make must not pass as such.
func TestCheckRaisedRefuses(t *testing.T) {
	a := newAuthorities(t)
	mary := a.ca.Issue(t, signertest.Leaf{})
	signed := a.signAt(t, signertest.PDF{TextField: true}.Bytes(), mary, signer.LevelT)
	raised, e, err := raise(t, signed, signer.ExtendOptions{Sources: a.sources(t)})
	if err != nil {
		t.Fatal(err)
	}
	more, _ := sign(t, raised, mary.Key, options(mary))
	change := func(at int) []byte {
		out := bytes.Clone(raised)
		out[at] ^= 1
		return out
	}
	contents := len(signed) + bytes.Index(e.Increment, []byte("/Contents <")) + 200
	for name, c := range map[string]struct {
		raised []byte
		good   bool
	}{
		"what Raise made":            {raised, true},
		"a store alone":              {withStore(t, signed, *storeOf(t, raised)), true},
		"renewed":                    {documentStamp(t, raised, a.tsa), true},
		"nothing":                    {signed, false},
		"flipped in the signed file": {change(100), false},
		"flipped in the material":    {change(len(signed) + 300), false},
		"flipped in the time-stamp":  {change(contents), false},
		"cut":                        {raised[:len(raised)-10], false},
		"something behind it":        {append(bytes.Clone(raised), "4 0 obj null endobj"...), false},
		"a further signature":        {more, false},
		"of another file":            {a.signAt(t, signertest.PDF{}.Bytes(), mary, signer.LevelLT), false},
		"empty":                      {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := signer.CheckRaised(t.Context(), bytes.NewReader(signed), int64(len(signed)), bytes.NewReader(c.raised), int64(len(c.raised)))
			if c.good != (err == nil) || err != nil && !errors.Is(err, signer.ErrCheck) {
				t.Errorf("error %v", err)
			}
		})
	}
}
