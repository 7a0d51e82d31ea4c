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
	for _, name := range []string{"signservice.service", "signservice-backup.service", "Containerfile", "nginx.conf"} {
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
	for _, unit := range []string{"signservice.service", "signservice-backup.service", "signservice-backup.timer"} {
		out, err := exec.Command(analyze, "verify", "./"+unit).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			// The binary is not installed where this test runs.
			if strings.Contains(line, "signservice") && !strings.Contains(line, "is not executable") {
				t.Errorf("%s(%v)", line, err)
			}
		}
	}
}

// The unit of backups is as shut in as the service's, and more.
func TestHardening(t *testing.T) {
	shut := regexp.MustCompile(`(?m)^(NoNewPrivileges|CapabilityBoundingSet|Protect\w+|Private\w+|Restrict(Namespaces|Realtime|SUIDSGID)|LockPersonality|SystemCall\w+|UMask|LimitCORE)=.*$`)
	unit := read(t, "signservice-backup.service")
	for _, line := range shut.FindAllString(read(t, "signservice.service"), -1) {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("signservice-backup.service has no %s", line)
		}
	}
}
