package pdf_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"signservice/signer/pdf"
)

// rewritten has qpdf write a file of ours in its own ways.
func rewritten(t testing.TB, in []byte, args ...string) []byte {
	t.Helper()
	needTool(t, "qpdf")
	dir := t.TempDir()
	from, to := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(from, in, 0o600); err != nil {
		t.Fatal(err)
	}
	runTool(t, nil, "qpdf", append(args, "--static-id", from, to)...)
	out, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRewritten: files as a real writer writes them, linearized ones included,
// have the pages and revisions that they should, and stay good when signed.
func TestRewritten(t *testing.T) {
	b := newBuilder()
	b.tree(25, 400)
	in := b.table()
	for name, args := range map[string][]string{
		"plain":                      {"--object-streams=disable"},
		"object streams":             {"--object-streams=generate"},
		"linearized":                 {"--linearize", "--object-streams=disable"},
		"linearized, object streams": {"--linearize", "--object-streams=generate"},
		"for people to read":         {"--qdf"},
		"newer":                      {"--force-version=2.0", "--object-streams=generate"},
	} {
		t.Run(name, func(t *testing.T) {
			file := rewritten(t, in, args...)
			f := open(t, file)
			if n, err := f.Pages(); n != 25 || err != nil {
				t.Errorf("%d pages, %v", n, err)
			}
			if r, err := f.Revisions(); err != nil || len(r) != 1 || r[0].End != int64(len(file)) {
				t.Errorf("revisions %v of %d bytes, %v", r, len(file), err)
			}
			out := sign(t, sign(t, file, pdf.SignatureSpec{Page: 25}), pdf.SignatureSpec{Page: 13})
			if repaired, why := f.Repaired(); repaired {
				t.Errorf("repaired: %s", why)
			}
			g := open(t, out)
			if r, err := g.Revisions(); err != nil || len(r) != 3 {
				t.Errorf("revisions %v, %v", r, err)
			}
			for field, page := range map[string]int{"Signature1": 25, "Signature2": 13} {
				if p, _, err := g.PageOf(fieldOf(t, g, field)); p.Number != page || err != nil {
					t.Errorf("%s is on page %d, %v", field, p.Number, err)
				}
			}
			if severity, said := checkedByQPDF(t, out); severity > 0 && !strings.Contains(name, "linearized") {
				t.Errorf("qpdf: %s", said)
			}
		})
	}
}

// TestAtOnce: different files are signed at the same time.
func TestAtOnce(t *testing.T) {
	files := shapes()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for _, s := range files {
				f, err := pdf.Open(bytes.NewReader(s.bytes), int64(len(s.bytes)), pdf.Options{})
				if err != nil {
					t.Errorf("%d, %s: %v", i, s.name, err)
					continue
				}
				if _, err := f.Prepare(t.Context(), pdf.SignatureSpec{}); err != nil {
					t.Errorf("%d, %s: %v", i, s.name, err)
				}
			}
		}()
	}
	wg.Wait()
}
