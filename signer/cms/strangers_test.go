package cms_test

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"signservice/signer/cms"
	"signservice/signer/signertest"
)

// strangers is where other people's PDFs lie, beside the checkout.
const strangers = "../../../shared/data/pdf"

var byteRange = regexp.MustCompile(`/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]`)

// signature is a signature found in a stranger's file by its byte range alone.
type signature struct {
	name      string
	container []byte // with padding
	covered   []byte
}

// strangeSignatures finds what can be found without a PDF reader; nothing where
// the folder is absent.
func strangeSignatures(tb testing.TB) []signature {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(strangers, "*.pdf"))
	if err != nil {
		tb.Fatal(err)
	}
	var all []signature
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for _, m := range byteRange.FindAllSubmatch(data, -1) {
			var r [4]int
			for i := range r {
				r[i], _ = strconv.Atoi(string(m[i+1])) // too large: 0, refused below
			}
			if r[0] != 0 || r[2] < r[1]+2 || r[2]+r[3] > len(data) || r[1] >= len(data) {
				continue
			}
			gap := bytes.Trim(data[r[1]:r[2]], "<> \r\n")
			container := make([]byte, len(gap)/2)
			if _, err := hex.Decode(container, gap); err != nil {
				continue
			}
			covered := append(bytes.Clone(data[:r[1]]), data[r[2]:r[2]+r[3]]...)
			all = append(all, signature{filepath.Base(file) + "@" + strconv.Itoa(r[1]), container, covered})
		}
	}
	return all
}

// TestStrangers holds our verdict about every signature in other people's PDFs
// against openssl's, which was written by others.
func TestStrangers(t *testing.T) {
	all := strangeSignatures(t)
	if len(all) == 0 {
		t.Skipf("no PDFs at %s", strangers)
	}
	var agreed, both int
	for _, s := range all {
		sd, err := cms.Parse(s.container)
		var ours error
		var findings []cms.Finding
		switch {
		case err != nil:
			ours = err
		case sd.Content != nil && len(sd.Content) == crypto.SHA1.Size():
			// adbe.pkcs7.sha1: the content is the digest of the document.
			if findings, ours = sd.VerifyContent(); ours == nil && !bytes.Equal(sd.Content, sum(crypto.SHA1, s.covered)) {
				ours = cms.ErrDigest
			}
		case sd.Content != nil:
			findings, ours = sd.VerifyContent()
		case !sd.Signer.Hash.Available():
			ours = cms.ErrUnsupported
		default:
			findings, ours = sd.Verify(sum(sd.Signer.Hash, s.covered))
		}
		theirs := opensslVerdict(t, s, sd)
		if sd != nil && sd.Signer.SignatureOID.String() == "1.3.101.112" {
			theirs = nil // OpenSSL 3.0 knows no Ed25519 in CMS; pyHanko made it as a valid one
		}
		if (ours == nil) == (theirs == nil) {
			agreed++
			if ours == nil {
				both++
			} else {
				t.Logf("%s: ours %v, openssl %v", s.name, ours, theirs)
			}
			continue
		}
		t.Errorf("%s: ours %v %v, openssl %v", s.name, ours, findings, theirs)
	}
	t.Logf("%d verdicts agree, of which %d say intact", agreed, both)
}

func opensslVerdict(t *testing.T, s signature, sd *cms.SignedData) error {
	t.Helper()
	der := s.container
	if sd != nil {
		der = sd.Raw
	}
	if sd == nil || sd.Content == nil {
		return signertest.VerifyCMS(t, der, s.covered)
	}
	out, err := signertest.Try(t, "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-noverify", "-purpose", "any",
		"-in", signertest.WriteFile(t, "a.der", der))
	if err == nil && len(sd.Content) == crypto.SHA1.Size() && !bytes.Equal(out, sum(crypto.SHA1, s.covered)) {
		return errors.New("another document")
	}
	return err
}
