package signertest

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Need skips the test when one of the programs is not installed. Where CI=true
// the test fails instead.
func Need(tb testing.TB, programs ...string) {
	tb.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			Missing(tb, "program "+p)
		}
	}
}

// Missing ends the test because something that it needs is not on this machine:
// skipped, or failed where CI=true.
func Missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%s is missing and CI=true", what)
	}
	tb.Skipf("%s is missing: install it to run this test", what)
}

// Run runs a program that must succeed and gives what it wrote to its standard
// output.
func Run(tb testing.TB, program string, args ...string) []byte {
	tb.Helper()
	out, err := Try(tb, program, args...)
	if err != nil {
		tb.Fatalf("%s %s: %v", program, strings.Join(args, " "), err)
	}
	return out
}

// Try runs a program that may fail and gives what it wrote to its standard
// output. The error holds what it wrote to its standard error.
func Try(tb testing.TB, program string, args ...string) ([]byte, error) {
	tb.Helper()
	Need(tb, program)
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(tb.Context(), program, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.Bytes(), &ProgramError{Err: err, Stderr: strings.TrimSpace(stderr.String())}
	}
	return stdout.Bytes(), nil
}

// ProgramError is a failed program with what it said.
type ProgramError struct {
	Err    error // an *exec.ExitError when the program ran
	Stderr string
}

func (e *ProgramError) Error() string { return e.Err.Error() + ": " + e.Stderr }

// Unwrap gives the cause.
func (e *ProgramError) Unwrap() error { return e.Err }

// WriteFile writes a file into the test's temporary folder and gives its path.
func WriteFile(tb testing.TB, name string, data []byte) string {
	tb.Helper()
	path := tb.TempDir() + "/" + name
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
