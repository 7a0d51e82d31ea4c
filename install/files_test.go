package install_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Every variable that the operator's files set is one that the README explains.
func TestVariables(t *testing.T) {
	readme := read(t, "../README.md")
	variable := regexp.MustCompile(`SIGNSERVICE_[A-Z_]+`)
	for _, name := range []string{"signservice.service", "Containerfile", "nginx.conf"} {
		found := variable.FindAllString(read(t, name), -1)
		if len(found) == 0 {
			t.Errorf("%s configures nothing", name)
		}
		for _, v := range found {
			if !strings.Contains(readme, "`"+v+"`") {
				t.Errorf("%s: %s is not in the README", name, v)
			}
		}
	}
}

func TestUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	out, err := exec.Command(analyze, "verify", "./signservice.service").CombinedOutput()
	for line := range strings.Lines(string(out)) {
		// The binary is not installed where this test runs.
		if strings.Contains(line, "signservice.service") && !strings.Contains(line, "is not executable") {
			t.Errorf("%s(%v)", line, err)
		}
	}
}
