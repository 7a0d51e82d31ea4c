package e2e_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"signservice/signer/signertest"
)

// TestMain removes the program that build made.
func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		if err := os.RemoveAll(built.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// built is the program, compiled once for all tests.
var built struct {
	once sync.Once
	dir  string
	err  error
}

// build compiles the program and gives its path.
func build(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "signservice-e2e-"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.dir, "signservice"), "signservice/app/cmd/signservice").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build the program: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "signservice")
}

// demo is a running `signservice demo`.
type demo struct {
	t      *testing.T
	dir    string
	portal string // the portal's address, without a slash at its end
	app    string // SignService's address
	entry  string // the path of the app's page in the portal
}

// address is what the demo prints before the words that say what it is.
var address = regexp.MustCompile(`^(http://\S+)  \S`)

// startDemo runs the program. It ends with the test, by the signal of Ctrl-C,
// and must then give exit code 0 and have complained of nothing.
func startDemo(t *testing.T) *demo {
	t.Helper()
	d := &demo{t: t, dir: t.TempDir()}
	cmd := exec.Command(build(t), "demo", "--dir", d.dir, "--listen", "127.0.0.1:0", "--portal", "127.0.0.2:0")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
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
		if err := cmd.Wait(); err != nil || complaints.Len() > 0 {
			t.Errorf("the program ended with %v and said: %s", err, complaints.String())
		}
	})
	d.read(bufio.NewScanner(out))
	text, err := os.ReadFile(filepath.Join(d.dir, "address"))
	if err != nil {
		t.Fatal(err)
	}
	d.app = "http://" + string(text)
	if strings.Contains(d.portal, "127.0.0.1") || !strings.Contains(d.app, "127.0.0.1") {
		t.Fatalf("portal %s and app %s must be two sites", d.portal, d.app)
	}
	return d
}

// read takes the addresses from what the program prints.
func (d *demo) read(lines *bufio.Scanner) {
	d.t.Helper()
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "Tokens are off") {
			signertest.Missing(d.t, "the demo's token: "+line)
		}
		if strings.HasPrefix(line, "The company has") {
			break // the last line
		}
		m := address.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		u, err := url.Parse(m[1])
		if err != nil {
			d.t.Fatal(err)
		}
		d.portal = u.Scheme + "://" + u.Host
		if back := u.Query().Get("backurl"); strings.HasPrefix(back, "/marketplace/") {
			d.entry = back
		}
	}
	if d.portal == "" || d.entry == "" {
		d.t.Fatal("the program printed no addresses")
	}
}
