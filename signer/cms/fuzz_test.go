package cms_test

import (
	"bytes"
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
