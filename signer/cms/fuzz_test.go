package cms_test

import (
	"bytes"
	"crypto"
	"testing"

	"signservice/signer/cms"
	"signservice/signer/signertest"
)

// FuzzParse holds that no input makes reading or verifying panic, that Raw
// parses to the same again, and that nothing verifies which is not signed.
func FuzzParse(f *testing.F) {
	_, der := sealed(f, signertest.P256)
	f.Add(der)
	f.Add(append(bytes.Clone(der), make([]byte, 64)...))
	f.Add(reencode(der, indefinite))
	f.Add(reencode(der, segments))
	f.Add(reencode(der, overlong))
	for _, s := range strangeSignatures(f) {
		f.Add(s.container)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		_, _ = cms.Certificates(in) // must not panic
		sd, err := cms.Parse(in)
		if err != nil {
			return
		}
		again, err := cms.Parse(sd.Raw)
		if err != nil || !bytes.Equal(again.Raw, sd.Raw) {
			t.Fatalf("Raw does not parse to itself: %v", err)
		}
		if sd.Signer.Hash == 0 {
			return
		}
		if _, err := sd.Verify(sum(sd.Signer.Hash, []byte("nobody signed this"))); err == nil {
			t.Fatal("verifies what nobody signed")
		}
		if sd.Content != nil {
			_, _ = sd.VerifyContent() // must not panic
		}
		sd.Signer.Timestamps()
		sd.Signer.SigningTime()
	})
}

// FuzzWithTimestamp holds that no container and no token make stamping panic,
// and that what is stamped says what it said before.
func FuzzWithTimestamp(f *testing.F) {
	_, der := sealed(f, signertest.P256)
	ca := signertest.NewCA(f, signertest.CAOptions{})
	token := signertest.NewTSA(f, ca, nil).Stamp(f, sum(crypto.SHA256, content))
	f.Add(der, token)
	f.Add(reencode(der, indefinite), reencode(token, overlong))
	f.Add(token, der)
	for _, s := range strangeSignatures(f) {
		f.Add(s.container, token)
	}
	f.Fuzz(func(t *testing.T, container, token []byte) {
		out, err := cms.WithTimestamp(container, token)
		if err != nil {
			return
		}
		before, err := cms.Parse(container)
		if err != nil {
			t.Fatal(err)
		}
		after, err := cms.Parse(out)
		if err != nil {
			t.Fatalf("what was stamped cannot be read: %v", err)
		}
		if !bytes.Equal(before.Signer.Signature, after.Signer.Signature) || len(after.Signer.Timestamps()) != len(before.Signer.Timestamps())+1 {
			t.Error("it says something else")
		}
		if before.Signer.Hash.Available() {
			digest := make([]byte, before.Signer.Hash.Size())
			_, first := before.Verify(digest)
			_, second := after.Verify(digest)
			if (first == nil) != (second == nil) {
				t.Errorf("%v became %v", first, second)
			}
		}
	})
}
