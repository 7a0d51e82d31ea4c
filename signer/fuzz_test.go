package signer_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
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

// FuzzVerify: no file makes Verify panic, an intact signature covers what it says
// it covers, and nothing is trusted, proven or of a level which is not: the root
// of our own files with time-stamps and material is known to the target, its key
// is not.
func FuzzVerify(f *testing.F) {
	seed(f)
	root, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{1}, 32))
	if err != nil {
		f.Fatal(err)
	}
	a := newAuthoritiesOf(f, signertest.CAOptions{RootKey: root})
	id := a.ca.Issue(f, signertest.Leaf{})
	for _, level := range []signer.Level{signer.LevelB, signer.LevelT, signer.LevelLT, signer.LevelLTA} {
		in := a.signAt(f, signertest.PDF{}.Bytes(), id, level)
		if !verify(f, in, a.ca.Root.Certificate).Good(true) {
			f.Fatal("a seed is not trusted")
		}
		f.Add(in)
	}
	roots := []*x509.Certificate{a.ca.Root.Certificate}
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := signer.Verify(t.Context(), bytes.NewReader(in), int64(len(in)), signer.VerifyOptions{Roots: roots})
		if err != nil {
			return
		}
		for _, s := range r.Signatures {
			if !s.Intact && (s.WholeFile || s.Trusted || s.Good() || s.Level > 0 || s.Time.Trusted) {
				t.Errorf("contradiction: %+v", s)
			}
			if s.Type == "Sig" && s.Level >= signer.LevelT && s.Time.Source == signer.TimeClaimed {
				t.Errorf("a level without a time-stamp: %+v", s)
			}
			if s.Trusted && s.Signer != "Mary Example" && s.Signer != "Test TSA" || s.Time.Trusted && s.Time.Authority != "Test TSA" {
				t.Errorf("trusted, and yet nobody of ours: %+v", s)
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
