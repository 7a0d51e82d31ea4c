package tsp_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"signservice/signer/cms"
	"signservice/signer/signertest"
	"signservice/signer/tsp"
)

// TestMutation changes every byte of a token: what still verifies must say the
// same time.
func TestMutation(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	digest := sha256.Sum256([]byte("data"))
	der := signertest.NewTSA(t, ca, nil).Stamp(t, digest[:])
	honest, err := tsp.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	for i := range der {
		mutated := bytes.Clone(der)
		mutated[i] ^= 0xff
		token, err := tsp.Parse(mutated)
		if err != nil {
			continue
		}
		if _, err := token.Verify(digest[:]); err == nil && !bytes.Equal(token.Signed.Content, honest.Signed.Content) {
			t.Errorf("byte %d: verifies with other content", i)
		}
	}
}

// TestParseRefuses is the table of what is no token.
func TestParseRefuses(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	sign := func(kind []int, data []byte) []byte {
		der, err := cms.Sign(t.Context(), nil, id.Key, cms.Options{Certificate: id.Certificate, Encapsulated: &cms.Content{Type: kind, Data: data}})
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	info := []int{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	for name, in := range map[string][]byte{
		"nothing":         nil,
		"text":            []byte("token"),
		"other content":   sign([]int{1, 2, 3}, []byte{0x30, 0}),
		"empty info":      sign(info, []byte{0x30, 0}),
		"info of version": sign(info, []byte{0x30, 3, 2, 1, 2}),
		"no info":         sign(info, nil),
	} {
		if _, err := tsp.Parse(in); !errors.Is(err, tsp.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// strangers is where other people's PDFs lie, beside the checkout.
const strangers = "../../../shared/data/pdf"

var byteRange = regexp.MustCompile(`/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+\d+\s*\]`)

// stamped is a token found in a stranger's file, with what it is over: the
// signature value, or nil for a document time-stamp.
type stamped struct {
	name  string
	token []byte
	value []byte
}

// strangeTokens finds the tokens in strangers' files; none where the folder is
// absent.
func strangeTokens(tb testing.TB) []stamped {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(strangers, "*.pdf"))
	if err != nil {
		tb.Fatal(err)
	}
	var all []stamped
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for _, m := range byteRange.FindAllSubmatch(data, -1) {
			from, _ := strconv.Atoi(string(m[1]))
			to, _ := strconv.Atoi(string(m[2]))
			if from >= to || to > len(data) {
				continue
			}
			gap := bytes.Trim(data[from:to], "<> \r\n")
			container := make([]byte, len(gap)/2)
			if _, err := hex.Decode(container, gap); err != nil {
				continue
			}
			sd, err := cms.Parse(container)
			if err != nil {
				continue
			}
			name := filepath.Base(file) + "@" + strconv.Itoa(from)
			if sd.ContentType.String() == "1.2.840.113549.1.9.16.1.4" {
				all = append(all, stamped{name, sd.Raw, nil})
			}
			for _, token := range sd.Signer.Timestamps() {
				all = append(all, stamped{name, token, sd.Signer.Signature})
			}
		}
	}
	return all
}

// TestStrangers holds our verdict about the time-stamps in other people's PDFs
// against openssl's.
func TestStrangers(t *testing.T) {
	all := strangeTokens(t)
	if len(all) == 0 {
		t.Skipf("no PDFs at %s", strangers)
	}
	agreed := 0
	for _, s := range all {
		token, ours := tsp.Parse(s.token)
		if ours == nil && s.value != nil {
			_, ours = token.VerifySignature(s.value)
		} else if ours == nil {
			_, ours = token.Verify(token.Imprint)
		}
		theirs := opensslVerdict(t, s, token)
		if ours == nil && token.Certificate().KeyUsage&x509.KeyUsageKeyEncipherment != 0 {
			theirs = nil // openssl wants no other key usage, of which RFC 3161 says nothing
		}
		if (ours == nil) != (theirs == nil) {
			t.Errorf("%s: ours %v, openssl %v", s.name, ours, theirs)
			continue
		}
		agreed++
		if ours != nil {
			t.Logf("%s: ours %v, openssl %v", s.name, ours, theirs)
		}
	}
	t.Logf("%d of %d verdicts agree", agreed, len(all))
}

// opensslVerdict trusts every certificate of the token, at any time: whom to
// trust is not the question here.
func opensslVerdict(t *testing.T, s stamped, token *tsp.Token) error {
	t.Helper()
	if token == nil {
		return errors.New("unreadable")
	}
	trusted := signertest.WriteFile(t, "trusted.pem", signertest.CertificatesPEM(token.Signed.Certificates...))
	args := []string{
		"ts", "-verify", "-token_in", "-in", signertest.WriteFile(t, "token.der", token.Raw), "-CAfile", trusted,
		"-partial_chain", "-no_check_time",
	}
	if s.value != nil {
		args = append(args, "-data", signertest.WriteFile(t, "value", s.value))
	} else {
		args = append(args, "-digest", hex.EncodeToString(token.Imprint))
	}
	_, err := signertest.Try(t, "openssl", args...)
	return err
}

// FuzzParse holds that no token makes reading or verifying panic, and that none
// verifies over a digest that nobody stamped.
func FuzzParse(f *testing.F) {
	ca := signertest.NewCA(f, signertest.CAOptions{})
	digest := sha256.Sum256([]byte("data"))
	f.Add(signertest.NewTSA(f, ca, nil).Stamp(f, digest[:]))
	for _, s := range strangeTokens(f) {
		f.Add(s.token)
	}
	other := sha256.Sum256([]byte("nobody stamped this"))
	f.Fuzz(func(t *testing.T, in []byte) {
		token, err := tsp.Parse(in)
		if err != nil {
			return
		}
		if _, err := token.Verify(other[:]); err == nil {
			t.Fatal("verifies over a digest that nobody stamped")
		}
		_, _ = token.VerifySignature([]byte("value")) // must not panic
		_, _ = token.Verify(token.Imprint)
	})
}
