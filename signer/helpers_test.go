package signer_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signservice/signer"
	"signservice/signer/signertest"
)

// The folders of strangers' files, which are not part of the project.
const (
	corpusDir  = "../../shared/data/pdf"
	hostileDir = "../../shared/data/hostile"
)

// at is the claimed time of the tests' signatures. It is close to the clock,
// since the programs that judge them ask that clock.
var at = time.Now().Add(-time.Minute).Truncate(time.Second).In(time.FixedZone("", 3*3600))

// options are those of an ordinary signature.
func options(id *signertest.Identity) signer.Options {
	return signer.Options{Certificate: id.Certificate, Chain: id.Chain, Time: at, Name: id.Certificate.Subject.CommonName}
}

// trySign signs a document through the four verbs.
func trySign(tb testing.TB, in []byte, key crypto.Signer, o signer.Options) ([]byte, *signer.Prepared, error) {
	tb.Helper()
	p, err := signer.Prepare(tb.Context(), bytes.NewReader(in), int64(len(in)), o)
	if err != nil {
		return nil, nil, err
	}
	container, err := signer.Sign(tb.Context(), p, key)
	if err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	if err := signer.Embed(tb.Context(), &out, bytes.NewReader(in), p, container); err != nil {
		return nil, nil, err
	}
	return out.Bytes(), p, nil
}

// sign signs a document that must be signable.
func sign(tb testing.TB, in []byte, key crypto.Signer, o signer.Options) ([]byte, *signer.Prepared) {
	tb.Helper()
	out, p, err := trySign(tb, in, key, o)
	if err != nil {
		tb.Fatal(err)
	}
	return out, p
}

// verify verifies a document that must be readable.
func verify(tb testing.TB, in []byte, roots ...*x509.Certificate) *signer.Report {
	tb.Helper()
	r, err := signer.Verify(tb.Context(), bytes.NewReader(in), int64(len(in)), signer.VerifyOptions{Roots: roots})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// check runs Check over bytes.
func check(tb testing.TB, original, signed []byte, p *signer.Prepared) error {
	tb.Helper()
	return signer.Check(tb.Context(), bytes.NewReader(original), int64(len(original)), bytes.NewReader(signed), int64(len(signed)), p)
}

// stranger reads a file of the corpus.
func stranger(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(corpusDir, name))
	if err != nil {
		tb.Skipf("the strangers' files are not on this machine: %v", err)
	}
	return b
}

// corpus gives the index of the strangers' files: a map from column to value
// for each file.
func corpus(tb testing.TB) []map[string]string {
	tb.Helper()
	r := csv.NewReader(bytes.NewReader(stranger(tb, "index.tsv")))
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, key := range rows[0] {
			m[key] = row[i]
		}
		out = append(out, m)
	}
	return out
}
