package e2e_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestPortalOnly runs the simulated portal alone, as other applications use
// it: it answers people, REST and OAuth, and ends with Ctrl-C.
func TestPortalOnly(t *testing.T) {
	cmd := exec.Command(build(t), "demo", "--portal-only", "--app", "http://127.0.0.1:9", "--portal", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Errorf("interrupt the program: %v", err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	told := map[string]string{}
	line := regexp.MustCompile(`^(\S+)  (.+)$`)
	for lines := bufio.NewScanner(out); len(told) < 6 && lines.Scan(); {
		if m := line.FindStringSubmatch(lines.Text()); m != nil {
			told[m[2]] = m[1]
		}
	}
	get := func(address string, status int, part string) {
		t.Helper()
		resp, err := http.Get(address) //nolint:noctx // a test of an address
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != status || !strings.Contains(string(body), part) {
			t.Errorf("%s answers %d, %v: %s", address, resp.StatusCode, err, body)
		}
	}
	get(told["the portal: choose who you are"], http.StatusOK, "Camomile")
	get(told["its REST interface"]+"profile", http.StatusUnauthorized, "NO_AUTH_FOUND")
	get(told["the authorization server"]+"oauth/token/?grant_type=refresh_token&client_id="+told["application id"]+"&client_secret="+told["application key"],
		http.StatusBadRequest, "invalid_request")
	if len(told["member_id"]) != 32 {
		t.Errorf("told %v", told)
	}
}
