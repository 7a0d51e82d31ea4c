package pdf_test

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// needTool skips a test whose tool is not on this machine; where CI is true the
// tool must be there.
func needTool(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing: %v", name, err)
			}
			t.Skipf("%s is not on this machine: %v", name, err)
		}
	}
}

// runTool gives a tool its input and returns what it prints.
func runTool(t testing.TB, in []byte, name string, args ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &errs
	if err := c.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, errs.Bytes())
	}
	return out.Bytes()
}
