//go:build cgo

package keys_test

import (
	"crypto"
	"fmt"
	"testing"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// TestManyEqualLabels puts twelve certificates under one label on one token,
// two of them for one key: each is found by its fingerprint alone, signs as
// itself and as nobody else, and the label names none.
func TestManyEqualLabels(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	ca := signertest.NewCA(t, signertest.CAOptions{})
	kinds := []signertest.Algorithm{signertest.P256, signertest.P384, signertest.RSA2048}
	var people []*signertest.Identity
	for i := range 11 {
		who := ca.Issue(t, signertest.Leaf{Name: fmt.Sprintf("Person %d", i), Algorithm: kinds[i%len(kinds)]})
		token.Put(t, []byte{byte(i + 1)}, "same", who)
		people = append(people, who)
	}
	renewed := ca.Issue(t, signertest.Leaf{Name: "Person 0, renewed", Key: people[0].Key})
	token.PutCertificate(t, []byte{0x77}, "same", renewed.Certificate) // also under another CKA_ID
	people = append(people, renewed)
	tokens := registry(t, token)
	if n := len(tokens.List(t.Context())[0].Entries); n != 12 {
		for _, e := range tokens.List(t.Context())[0].Entries {
			t.Log(e.ID.ID, e.HasKey, e.Certificate != nil, e.Problem)
		}
		t.Fatalf("%d entries", n)
	}
	for i, who := range people {
		print := keys.Fingerprint(who.Certificate.Raw)
		key, err := tokens.Signer(t.Context(), keys.KeyID{Token: token.Serial, Certificate: print})
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if !key.Certificate().Equal(who.Certificate) || key.ID().Certificate != print {
			t.Errorf("%d: another certificate: %v", i, key.ID())
		}
		value, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256)
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		for j, other := range people {
			same := other.Key == who.Key
			if got := verify(other.Key.Public(), digestOf(crypto.SHA256), value, crypto.SHA256); got != same {
				t.Errorf("the signature of %d verifies as %d's: %t", i, j, got)
			}
		}
	}
}
