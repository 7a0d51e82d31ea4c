package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"signservice/signer/signertest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"signservice": main})
}

// TestScript runs the scripts of testdata/script. Each has these files: keys
// and certificates made by openssl (root.pem; mary.key, mary.pem with chain.pem;
// eve.key, eve.pem, self-signed; rsa.key, rsa.pem), and the documents doc.pdf,
// three.pdf (pages), empty.pdf, text.pdf (which is none), password.pdf,
// final.pdf (certified).
func TestScript(t *testing.T) {
	signertest.Need(t, "openssl", "qpdf", "pdfsig", "pdftotext")
	var once sync.Once
	var material string
	authorities := newOnline(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit": exit, "one-sentence": oneSentence, "authorities": authorities.start, "revoke": authorities.revoke,
			"service": scriptService(t), "append": appendByte,
		},
		Setup: func(env *testscript.Env) error {
			once.Do(func() { material = makeMaterial(t) })
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			return os.CopyFS(env.WorkDir, os.DirFS(material))
		},
		Condition: func(cond string) (bool, error) {
			if cond == "softhsm" {
				_, err := exec.LookPath("softhsm2-util")
				return err == nil, nil
			}
			return false, errors.New("unknown condition")
		},
	})
}

// exit runs a program that must end with an exit code: exit CODE PROGRAM ARG…
func exit(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// oneSentence wants of the last program one sentence and at most one hint on
// standard error, nothing else and nothing of the program's inside.
func oneSentence(ts *testscript.TestScript, _ bool, _ []string) {
	text := ts.ReadFile("stderr")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if !strings.HasPrefix(lines[0], "signservice: ") || len(lines) > 2 || len(lines) == 2 && !strings.HasPrefix(lines[1], "hint: ") {
		ts.Fatalf("not one sentence and a hint:\n%s", text)
	}
	for _, bad := range []string{"goroutine", "panic", ".go:", "%!"} {
		if strings.Contains(text, bad) {
			ts.Fatalf("%q in %s", bad, text)
		}
	}
}

// makeMaterial makes what every script has.
func makeMaterial(t *testing.T) string {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	self := func(name, subject string, args ...string) {
		signertest.OpenSSL(t, append([]string{
			"req", "-x509", "-nodes", "-days", "30", "-subj", subject, "-keyout", at(name + ".key"), "-out", at(name + ".pem"),
		}, args...)...)
	}
	p256 := []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"}
	person := append([]string{"-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature,nonRepudiation"}, p256...)
	self("root", "/CN=Root", append([]string{"-addext", "keyUsage=critical,keyCertSign"}, p256...)...)
	self("issuing", "/CN=Issuing", append([]string{
		"-CA", at("root.pem"), "-CAkey", at("root.key"),
		"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
	}, p256...)...)
	self("mary", "/CN=Mary Example/O=Example Ltd", append([]string{"-CA", at("issuing.pem"), "-CAkey", at("issuing.key")}, person...)...)
	self("eve", "/CN=Eve", person...)
	self("rsa", "/CN=Robert", "-newkey", "rsa:2048", "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature")
	if err := os.Rename(at("issuing.pem"), at("chain.pem")); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"doc.pdf": signertest.PDF{TextField: true}.Bytes(), "three.pdf": signertest.PDF{Pages: 3, XRefStream: true}.Bytes(),
		"empty.pdf": nil, "text.pdf": []byte("Dear Sir or Madam\n"),
	} {
		if err := os.WriteFile(at(name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	signertest.Run(t, "qpdf", "--encrypt", "user", "owner", "256", "--", at("doc.pdf"), at("password.pdf"))
	signertest.Run(t, "qpdf", "--encrypt", "", "owner", "256", "--modify=none", "--", at("doc.pdf"), at("forbidden.pdf"))
	return dir
}
