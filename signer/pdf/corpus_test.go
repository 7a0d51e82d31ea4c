package pdf_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signservice/signer/pdf"
)

// corpusDir is the folder of strangers' files, which is not part of the project.
const corpusDir = "../../../shared/data/pdf"

// hostileDir is the folder of files made to exhaust, loop or confuse a reader.
const hostileDir = "../../../shared/data/hostile"

// corpus lists the strangers' files, from the index that lies beside them.
func corpus(t testing.TB) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(corpusDir, "index.tsv"))
	if err != nil {
		t.Skipf("the strangers' files are not on this machine: %v", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
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

func TestCorpus(t *testing.T) {
	for _, row := range corpus(t) {
		t.Run(row["file"], func(t *testing.T) {
			in, err := os.ReadFile(filepath.Join(corpusDir, row["file"]))
			if err != nil {
				t.Fatal(err)
			}
			f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			r, err := f.AppendSignature(context.Background(), &out, pdf.SignatureSpec{
				Reason: "a reason", Time: time.Date(2026, 11, 23, 10, 45, 12, 0, time.UTC),
			})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(out.Bytes(), in) {
				t.Error("the input is no prefix")
			}
			if dir := os.Getenv("SIGNED_DIR"); dir != "" {
				os.WriteFile(filepath.Join(dir, row["file"]), out.Bytes(), 0o600)
			}
			_ = r
		})
	}
}
