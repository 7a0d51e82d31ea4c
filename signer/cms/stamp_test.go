package cms_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"testing"

	"signservice/signer/cms"
	"signservice/signer/signertest"
)

// TestWithTimestamp holds that a stamp put in later gives the bytes that signing
// with a stamp gives, for what is verified and for what is not.
func TestWithTimestamp(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	tsa := signertest.NewTSA(t, ca, nil)
	for _, a := range signertest.Algorithms() {
		id := ca.Issue(t, signertest.Leaf{Algorithm: a})
		o := cms.Options{Certificate: id.Certificate, Chain: id.Chain, Hash: crypto.SHA256}
		var plain, token []byte
		o.Timestamp = func(_ context.Context, value []byte) ([]byte, error) {
			token = tsa.Stamp(t, sum(crypto.SHA256, value))
			return token, nil
		}
		at := sum(crypto.SHA256, content)
		want, err := cms.Sign(t.Context(), at, id.Key, o)
		if err != nil {
			t.Fatal(err)
		}
		sd, err := cms.Parse(want)
		if err != nil {
			t.Fatal(err)
		}
		draft, err := cms.NewDraft(at, o)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err = draft.Assemble(sd.Signer.Signature, nil); err != nil {
			t.Fatal(err)
		}
		got, err := cms.WithTimestamp(append(plain, make([]byte, 50)...), token)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, another container than signing with a stamp gives", a, err)
		}
		if err := signertest.VerifyCMS(t, got, content, ca.Root.Certificate); err != nil {
			t.Errorf("%s: openssl: %v", a, err)
		}
		twice, err := cms.WithTimestamp(got, token)
		if err != nil {
			t.Fatal(err)
		}
		if sd, err = cms.Parse(twice); err != nil || len(sd.Signer.Timestamps()) != 2 {
			t.Errorf("%s: a second stamp is not beside the first: %v", a, err)
		}
		if findings, err := sd.Verify(at); err != nil || len(findings) > 0 {
			t.Errorf("%s: %v, %v", a, findings, err)
		}
	}
}

// TestWithTimestampOfStrangers: what others wrote, in BER too, keeps its value.
func TestWithTimestampOfStrangers(t *testing.T) {
	_, der := sealed(t, signertest.P256)
	token := signertest.NewTSA(t, signertest.NewCA(t, signertest.CAOptions{}), nil).Stamp(t, sum(crypto.SHA256, nil))
	for name, in := range map[string][]byte{"DER": der, "indefinite": reencode(der, indefinite), "overlong": reencode(der, overlong)} {
		before, err := cms.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := cms.WithTimestamp(in, token)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		after, err := cms.Parse(out)
		if err != nil || !bytes.Equal(after.Signer.Signature, before.Signer.Signature) || len(after.Signer.Timestamps()) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string][2][]byte{
		"no container": {[]byte("x"), token}, "no token": {der, []byte("x")}, "neither": {nil, nil}, "cut": {der[:len(der)-1], token},
	} {
		if _, err := cms.WithTimestamp(in[0], in[1]); !errors.Is(err, cms.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
