package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/portal"
	"signservice/app/secret"
	"signservice/signer/signertest"
)

// sickbed is the configuration of a service over a folder of its own, with an
// authorization server on loopback that answers.
func sickbed(t *testing.T) config {
	t.Helper()
	dir, err := os.MkdirTemp("", "doctor") // a test's own folder may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	master := filepath.Join(dir, "master.key")
	if err := secret.CreateMaster(master); err != nil {
		t.Fatal(err)
	}
	auth := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(auth.Close)
	apps := filepath.Join(dir, "apps.json")
	if err := os.WriteFile(apps, []byte(`[{"client_id":"local.1","client_secret":"canary-secret"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	return config{
		URL: "http://127.0.0.1:1", Dir: filepath.Join(dir, "data"), MasterKey: master, AppFile: apps, MaxSize: 50, Workers: 1,
		AuthServers: []string{auth.URL}, insecure: true,
		apps: []portal.App{{ClientID: "local.1", Secret: "canary-secret"}},
	}
}

// start builds the service and runs what commands reach of it until the test
// ends. (The whole would compile the preview first.)
func start(t *testing.T, c config) *service {
	t.Helper()
	s, err := build(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- s.control(ctx) }()
	go func() { s.doctor.Run(ctx); done <- nil }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, <-done, s.close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// examined runs doctor over the configuration and gives its exit code, its
// findings and all that it printed.
func examined(t *testing.T, c config, accept bool) (code int, findings map[string]reportLine, text string) {
	t.Helper()
	findings = map[string]reportLine{}
	var all strings.Builder
	for _, asJSON := range []bool{false, true} {
		var out, errs bytes.Buffer
		d := doctorCommand{config: c, JSON: asJSON, AcceptClock: accept}
		code = report(&errs, d.Run(t.Context(), streams{out: &out, err: &errs}))
		all.Write(out.Bytes())
		all.Write(errs.Bytes())
		if !asJSON || out.Len() == 0 {
			continue
		}
		var lines []reportLine
		if err := json.Unmarshal(out.Bytes(), &lines); err != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
		for _, line := range lines {
			if have, ok := findings[line.Check]; !ok || have.Health == app.Healthy {
				findings[line.Check] = line
			}
		}
	}
	if strings.Contains(all.String(), "canary") {
		t.Errorf("a secret is printed: %s", all.String())
	}
	return code, findings, all.String()
}

// TestDoctorBeforeTheStart finds nothing wrong with a service that was never
// started, and each fault of its configuration.
func TestDoctorBeforeTheStart(t *testing.T) {
	c := sickbed(t)
	if code, _, text := examined(t, c, false); code != 0 || !strings.Contains(text, "is not running") {
		t.Errorf("all is well: exit code %d, %s", code, text)
	}
	if _, err := os.Stat(c.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the examination made the folder: %v", err)
	}
	for name, p := range map[string]struct {
		spoil func(c *config)
		check string
		says  string
	}{
		"no address":           {func(c *config) { c.URL = "" }, "Configuration", "own address is missing"},
		"no apps":              {func(c *config) { c.AppFile = "" }, "Configuration", "--apps"},
		"apps that are none":   {func(c *config) { c.AppFile = c.MasterKey }, "Configuration", "is not a JSON list"},
		"no master key":        {func(c *config) { c.MasterKey = filepath.Join(c.Dir, "nothing") }, "Master key", "nothing"},
		"a typed master key":   {func(c *config) { c.MasterKey = c.AppFile }, "Master key", "openssl rand"},
		"tokens that are none": {func(c *config) { c.Tokens = c.AppFile }, "Configuration", "tokens file"},
		"apps for all to read": {func(c *config) {
			if err := os.Chmod(c.AppFile, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "Files of the server", "chmod 600 "},
		"nobody answers": {func(c *config) { c.AuthServers = []string{"http://127.0.0.1:1"} }, "Sign-in of Bitrix24", "refused"},
		"a private network": {func(c *config) {
			c.AuthServers, c.insecure, c.URL = []string{"https://127.0.0.1:1"}, false, "https://sign.example.org"
		}, "Sign-in of Bitrix24", "--allow-network"},
	} {
		t.Run(name, func(t *testing.T) {
			c := sickbed(t)
			p.spoil(&c)
			code, findings, text := examined(t, c, false)
			f := findings[p.check]
			if code != exitBad || f.Health != app.Broken || !strings.Contains(f.Found+f.Detail+f.Fix, p.says) || f.Fix == "" {
				t.Errorf("exit code %d, found %+v\n%s", code, f, text)
			}
			if !strings.Contains(text, "FAULT  "+p.check) {
				t.Errorf("the text has no fault of %s: %s", p.check, text)
			}
		})
	}
}

// TestDoctorBesideTheService asks the running service, over a socket that
// nobody else may use, and examines by itself when that has ended.
func TestDoctorBesideTheService(t *testing.T) {
	c := sickbed(t)
	t.Run("running", func(t *testing.T) {
		s := start(t, c)
		socket := filepath.Join(c.Dir, controlName)
		for range 500 {
			if _, err := os.Stat(socket); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		info, err := os.Stat(socket)
		if err != nil || info.Mode().Perm() != 0o600 || info.Mode()&os.ModeSocket == 0 {
			t.Fatalf("the socket: %v, %v", info, err)
		}
		code, findings, text := examined(t, config{Dir: c.Dir}, false) // it needs to know the folder alone
		if code != 0 || !strings.Contains(text, "The service is running.") || findings["Store"].Health != app.Healthy || findings["Journal"].Health != app.Healthy {
			t.Errorf("exit code %d: %s", code, text)
		}
		if list, at := s.doctor.Latest(); len(list) == 0 || at.IsZero() {
			t.Error("the service has not looked after itself")
		}
	})
	code, findings, text := examined(t, c, false)
	if code != 0 || !strings.Contains(text, "is not running") || findings["Store"].Health != app.Healthy {
		t.Errorf("after its end: exit code %d: %s", code, text)
	}
	other := sickbed(t)
	c.MasterKey = other.MasterKey
	if code, findings, _ := examined(t, c, false); code != exitBad || !strings.Contains(findings["Master key"].Found, "does not belong") {
		t.Errorf("another master key: exit code %d, %+v", code, findings["Master key"])
	}
}

// TestDoctorAcceptsTheClock makes an earlier time the right one, beside the
// running service and without it.
func TestDoctorAcceptsTheClock(t *testing.T) {
	for _, running := range []bool{true, false} {
		c := sickbed(t)
		s, err := build(t.Context(), c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if !running {
			if err := s.close(); err != nil {
				t.Fatal(err)
			}
			if code, findings, text := examined(t, c, true); code != 0 || findings["Clock"].Health == app.Broken {
				t.Errorf("stopped: exit code %d: %s", code, text)
			}
			if s, err = build(t.Context(), c, slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
		} else {
			recorder := httptest.NewRecorder()
			s.controls().ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/clock", nil))
			if recorder.Code != http.StatusOK {
				t.Errorf("running: %d %s", recorder.Code, recorder.Body)
			}
		}
		if latest, err := s.store.Latest(t.Context()); err != nil || latest.IsZero() {
			t.Errorf("nothing was written: %v, %v", latest, err)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
	c := sickbed(t)
	if code, _, text := examined(t, c, true); code != exitBad || !strings.Contains(text, "store does not open") {
		t.Errorf("without a store: exit code %d: %s", code, text)
	}
}

// TestDoctorTokens looks at a token without its PIN.
func TestDoctorTokens(t *testing.T) {
	hsm := signertest.NewHSM(t)
	token := hsm.NewToken(t, "Office")
	c := sickbed(t)
	c.Tokens = filepath.Join(filepath.Dir(c.AppFile), "tokens.json")
	pin := filepath.Join(filepath.Dir(c.AppFile), "pin")
	write := func(serial string) {
		t.Helper()
		entries := []map[string]string{{"module": token.Module, "serial": serial, "pin_file": pin}}
		data, err := json.Marshal(entries)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.WriteFile(c.Tokens, data, 0o600), os.WriteFile(pin, []byte("canary"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write(token.Serial)
	if code, findings, text := examined(t, c, false); code != 0 || findings["Token"].Health != app.Healthy {
		t.Errorf("exit code %d, %+v\n%s", code, findings["Token"], text)
	}
	write("0000000000000000")
	if code, findings, text := examined(t, c, false); code != exitBad || !strings.Contains(findings["Token"].Found, "Plug it in") {
		t.Errorf("unplugged: exit code %d, %+v\n%s", code, findings["Token"], text)
	}
}

// TestControlSocket takes the place of a dead process's socket, and says so
// when nobody answers.
func TestControlSocket(t *testing.T) {
	c := sickbed(t)
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var l net.ListenConfig
	dead, err := l.Listen(t.Context(), "unix", filepath.Join(c.Dir, controlName))
	if err != nil {
		t.Fatal(err)
	}
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := askService(t.Context(), c.Dir, false); !errors.Is(err, errNoService) {
		t.Errorf("a dead socket: %v", err)
	}
	if _, err := askService(t.Context(), filepath.Join(c.Dir, strings.Repeat("long", 40)), false); !errors.Is(err, errNoService) {
		t.Errorf("a long path: %v", err)
	}
	start(t, c)
	for range 500 {
		if _, err = askService(t.Context(), c.Dir, false); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the new service does not answer: %v", err)
}
