package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"signservice/app"
)

// ageKey writes an identity into a file and gives the recipient.
func ageKey(file string) (recipient string, err error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	return key.Recipient().String(), os.WriteFile(file, []byte(key.String()+"\n"), 0o600)
}

// scriptService makes the folder of a service that has run once, its master key
// and an identity for backups: service FOLDER MASTERKEY IDENTITY. The script finds
// the recipient in $RECIPIENT.
func scriptService(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		c := sickbed(t)
		s, err := build(t.Context(), c, slog.New(slog.DiscardHandler))
		ts.Check(err)
		ts.Check(s.store.Audit(t.Context(), app.AuditEntry{Action: app.ActInstalled}))
		ts.Check(s.close())
		ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(c.Dir)))
		ts.Check(os.Rename(c.MasterKey, ts.MkAbs(args[1])))
		recipient, err := ageKey(ts.MkAbs(args[2]))
		ts.Check(err)
		ts.Setenv("RECIPIENT", recipient)
	}
}

// appendByte makes a file longer: append FILE.
func appendByte(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY|os.O_APPEND, 0)
	ts.Check(err)
	_, err = f.Write([]byte{0})
	ts.Check(errors.Join(err, f.Close()))
}

// shelf is a place for backups beside a service.
type shelf struct {
	t                  *testing.T
	dir, key, identity string
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t, dir: t.TempDir(), identity: filepath.Join(t.TempDir(), "key.txt")}
	var err error
	if s.key, err = ageKey(s.identity); err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs a command and gives its exit code and all that it printed.
func (s *shelf) run(command interface {
	Run(ctx context.Context, std streams) error
},
) (code int, text string) {
	s.t.Helper()
	var out bytes.Buffer
	code = report(&out, command.Run(s.t.Context(), streams{out: &out, err: &out}))
	if strings.Contains(out.String(), "canary") || strings.Contains(out.String(), "AGE-SECRET") {
		s.t.Errorf("a secret is printed: %s", out.String())
	}
	return code, out.String()
}

// backUp asks the service over a folder for a backup.
func (s *shelf) backUp(dir string) (code int, text string) {
	s.t.Helper()
	return s.run(&backupCommand{Dir: dir, Recipient: []string{s.key}, Out: s.dir})
}

// files gives what lies on the shelf.
func (s *shelf) files() []string {
	s.t.Helper()
	list, err := filepath.Glob(filepath.Join(s.dir, "*"))
	hidden, errs := filepath.Glob(filepath.Join(s.dir, ".*"))
	if err := errors.Join(err, errs); err != nil {
		s.t.Fatal(err)
	}
	return append(list, hidden...)
}

// awake waits until the service over a folder answers.
func awake(t *testing.T, dir string) {
	t.Helper()
	for range 500 {
		if (&runningService{dir: dir}).ping(t.Context()) == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the service does not answer")
}

// TestBackupBesideTheService backs up a running service that goes on working,
// with no more than its folder, and restores it.
func TestBackupBesideTheService(t *testing.T) {
	c, shelf := sickbed(t), newShelf(t)
	s := start(t, c)
	awake(t, c.Dir)
	if _, findings, _ := examined(t, c, false); findings["Last backup"].Health != app.Ailing || findings["Last backup"].Fix == "" {
		t.Errorf("before the first backup: %+v", findings["Last backup"])
	}
	// What a process that was killed may have left in its place.
	if err := os.WriteFile(filepath.Join(c.Dir, stagedName), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	const portal = app.PortalID("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	ctx, stop := context.WithCancel(t.Context())
	acknowledged := make(chan app.UserID, 1<<20)
	var working sync.WaitGroup
	working.Go(func() {
		for n := 1; ; n++ {
			a := app.Account{Portal: portal, User: app.UserID(fmt.Sprint(n)), Login: "canary", CodeOff: true, CodeOffReason: "test"}
			if err := s.store.SaveAccount(ctx, a, app.AuditEntry{Action: app.ActAccountSaved, Portal: portal}); err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				return
			}
			acknowledged <- a.User
		}
	})
	var before []app.UserID
	for range 50 {
		before = append(before, <-acknowledged)
	}
	code, text := shelf.backUp(c.Dir)
	stop()
	working.Wait()
	if code != 0 || !strings.Contains(text, "journal up to entry") {
		t.Fatalf("exit code %d: %s", code, text)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, stagedName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy of the store is still there: %v", err)
	}
	if code, findings, text := examined(t, c, false); code != 0 || findings["Last backup"].Health != app.Healthy {
		t.Errorf("after the backup: %s", text)
	}
	restored := c
	restored.Dir = filepath.Join(filepath.Dir(c.Dir), "again")
	code, text = shelf.run(&restoreCommand{Identity: shelf.identity, Dir: restored.Dir, MasterKey: c.MasterKey, In: shelf.files()[0]})
	if code != 0 || !strings.Contains(text, "the journal is whole up to entry") || !strings.Contains(text, "next:") {
		t.Fatalf("exit code %d: %s", code, text)
	}
	again := start(t, restored) // which opens its spool with the master key
	for _, user := range before {
		if _, err := again.store.Account(t.Context(), portal, user); err != nil {
			t.Errorf("account %s: %v", user, err)
		}
	}
	if count, bad, err := again.store.VerifyAudit(t.Context()); count < 50 || bad != 0 || err != nil {
		t.Errorf("the audit log has %d entries, the first bad one is %d, %v", count, bad, err)
	}
}

// TestBackupRefusedByTheService leaves nothing when the service cannot give its
// store, and says why.
func TestBackupRefusedByTheService(t *testing.T) {
	c, shelf := sickbed(t), newShelf(t)
	s := start(t, c)
	awake(t, c.Dir)
	s.copying.Lock()
	if code, text := shelf.backUp(c.Dir); code != exitBad || !strings.Contains(text, "for another already") {
		t.Errorf("a backup is being made: exit code %d: %s", code, text)
	}
	s.copying.Unlock()
	for path, want := range map[string]int{callStore: http.StatusMethodNotAllowed, callBackup: http.StatusBadRequest} {
		answer, err := callService(t.Context(), c.Dir, http.MethodPost, path, []byte("{"))
		if err == nil {
			t.Errorf("%s: %d, want %d", path, answer.StatusCode, want)
			answer.Body.Close()
		}
	}
	foreign := app.Backup{At: time.Now(), Seq: 1, Hash: "of another store"}
	if err := (&runningService{dir: c.Dir}).SaveBackup(t.Context(), foreign); err == nil {
		t.Error("a backup of another store was noted")
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if code, text := shelf.backUp(c.Dir); code != exitBad || !strings.Contains(text, "its log says why") {
		t.Errorf("a store that does not answer: exit code %d: %s", code, text)
	}
	if left := shelf.files(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestBackupOfAServiceThatEnds makes none when the service breaks off or is of
// another version, and keeps a good one of which it could make no note.
func TestBackupOfAServiceThatEnds(t *testing.T) {
	ping := func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, "ok") }
	s := start(t, sickbed(t))
	for name, p := range map[string]struct {
		calls map[string]http.HandlerFunc
		says  string
		files int
	}{
		"of another version": {nil, "hint: restart it", 0},
		"it breaks off": {map[string]http.HandlerFunc{"/ping": ping, callStore: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(snapshotHeader, `{"size":1000000}`)
			w.Header().Set("Content-Length", "1000000")
			w.Write(make([]byte, 500_000)) //nolint:errcheck // the test's end
		}}, "500000 of 1000000 bytes", 0},
		"it sends less than it says": {map[string]http.HandlerFunc{"/ping": ping, callStore: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(snapshotHeader, `{"size":1000}`)
			io.WriteString(w, "short") //nolint:errcheck // the test's end
		}}, "signservice.db", 0},
		"it says nothing of the store": {map[string]http.HandlerFunc{"/ping": ping, callStore: ping}, "answer", 0},
		"it ends before it is noted":   {map[string]http.HandlerFunc{"/ping": ping, callStore: s.sendStore}, "no note of it", 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "other")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			mux := http.NewServeMux()
			for path, call := range p.calls {
				mux.HandleFunc("GET "+path, call)
			}
			var l net.ListenConfig
			listener, err := l.Listen(t.Context(), "unix", filepath.Join(dir, controlName))
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: mux}
			ended := make(chan error, 1)
			go func() { ended <- server.Serve(listener) }()
			shelf := newShelf(t)
			code, text := shelf.backUp(dir)
			if code != exitBad || !strings.Contains(text, p.says) || len(shelf.files()) != p.files {
				t.Errorf("exit code %d, %d files: %s", code, len(shelf.files()), text)
			}
			server.Close()
			<-ended
		})
	}
}

// TestBackupTwice holds what two backups of one service have noted.
func TestBackupTwice(t *testing.T) {
	c, shelf := sickbed(t), newShelf(t)
	s := start(t, c)
	awake(t, c.Dir)
	var seqs []int64
	for _, name := range []string{"a.age", "b.age"} {
		out := filepath.Join(shelf.dir, name)
		if code, text := shelf.run(&backupCommand{Dir: c.Dir, Recipient: []string{shelf.key}, Out: out}); code != 0 {
			t.Fatalf("exit code %d: %s", code, text)
		}
		last, err := s.store.LastBackup(t.Context())
		if err != nil || last.File != name {
			t.Errorf("the last is %+v, %v", last, err)
		}
		seqs = append(seqs, last.Seq)
	}
	if diff := cmp.Diff(seqs[0]+1, seqs[1]); diff != "" {
		t.Errorf("the second holds not the note of the first: %s", diff)
	}
}
