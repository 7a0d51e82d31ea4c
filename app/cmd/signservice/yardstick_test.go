package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A yardstick starts programs and tells what they cost: see
// testdata/yardstick, which says why this is a program of its own.
type yardstick struct{ program string }

func newYardstick(tb testing.TB, dir string) yardstick {
	tb.Helper()
	y := yardstick{filepath.Join(dir, "yardstick")}
	goBuild(tb, y.program, "./testdata/yardstick")
	return y
}

// goBuild builds a program as it is released.
func goBuild(tb testing.TB, out, what string) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "go", "build", "-trimpath", "-o", out, what)
	if said, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("%v: %v\n%s", cmd.Args, err, said)
	}
}

// A cost is what one run of a program took.
type cost struct {
	Exit   int
	Signal string
	Wall   time.Duration
	CPU    time.Duration
	Peak   int64 // bytes
	Stderr string
}

// run starts a program, which is killed at the limit.
func (y yardstick) run(tb testing.TB, limit time.Duration, args ...string) cost {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), y.program, append([]string{"run", "-limit", limit.String()}, args...)...)
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	if err != nil {
		tb.Fatalf("%s: %v", strings.Join(cmd.Args, " "), err)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	var c cost
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &c); err != nil {
		tb.Fatalf("%s: %v in %q", strings.Join(cmd.Args, " "), err, said)
	}
	return c
}

// good is run for a program that must succeed.
func (y yardstick) good(tb testing.TB, args ...string) cost {
	tb.Helper()
	c := y.run(tb, 10*time.Minute, args...)
	if c.Exit != 0 {
		tb.Fatalf("%s: exit code %d: %s", strings.Join(args, " "), c.Exit, c.Stderr)
	}
	return c
}
