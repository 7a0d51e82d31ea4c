package signer_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"signservice/signer"
	"signservice/signer/signertest"
)

// seed adds our own documents and the small files of strangers, where they are
// on this machine.
func seed(f *testing.F) {
	f.Helper()
	id := signertest.SelfSigned(f, signertest.Leaf{})
	for _, document := range documents {
		in := document.Bytes()
		signed, _ := sign(f, in, id.Key, options(id))
		twice, _ := sign(f, signed, id.Key, options(id))
		f.Add(in)
		f.Add(signed)
		f.Add(twice)
	}
	for _, dir := range []string{corpusDir, hostileDir} {
		names, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			if info, err := os.Stat(name); err != nil || info.Size() > 20_000 {
				continue
			}
			in, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(in)
		}
	}
}

// FuzzVerify: no file makes Verify panic, and an intact signature covers what
// it says it covers.
func FuzzVerify(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := signer.Verify(t.Context(), bytes.NewReader(in), int64(len(in)), signer.VerifyOptions{})
		if err != nil {
			return
		}
		for _, s := range r.Signatures {
			if !s.Intact && (s.WholeFile || s.Trusted || s.Good()) || s.Trusted {
				t.Errorf("contradiction: %+v", s)
			}
			if len(s.Findings()) == 0 {
				t.Error("nothing is said")
			}
		}
	})
}

// FuzzPrepare: whatever can be prepared can be signed, and is good then.
func FuzzPrepare(f *testing.F) {
	seed(f)
	id := signertest.SelfSigned(f, signertest.Leaf{})
	f.Fuzz(func(t *testing.T, in []byte) {
		out, p, err := trySign(t, in, id.Key, options(id))
		if err != nil {
			return
		}
		if err := check(t, in, out, p); err != nil {
			t.Error(err)
		}
	})
}
