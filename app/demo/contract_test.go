package demo

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestContracts holds the demo's documents against strangers' programs: they
// must be clean files of several pages, whose text can be found.
func TestContracts(t *testing.T) {
	for _, tool := range []string{"qpdf", "pdftotext", "pdfinfo"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
	for _, c := range contracts() {
		t.Run(c.FileName, func(t *testing.T) {
			data, err := c.PDF()
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(t.TempDir(), "contract.pdf")
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("qpdf", "--check", name).CombinedOutput(); err != nil {
				t.Errorf("qpdf: %v\n%s", err, out)
			}
			text, err := exec.Command("pdftotext", name, "-").Output()
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range append(c.Sign[:], c.Title) {
				if !strings.Contains(string(text), want) {
					t.Errorf("the text %q is not found", want)
				}
			}
		})
	}
}
