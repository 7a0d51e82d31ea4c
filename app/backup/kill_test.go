package backup_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/backup"
	"signservice/app/store"
)

// TestMain is also the process that TestKilled kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("BACKUP_TO_KILL"); dir != "" {
		_, _ = backup.Create(context.Background(), backup.Config{
			Dir: dir, Source: endless{}, Recipients: []string{os.Getenv("BACKUP_RECIPIENT")}, Out: os.Getenv("BACKUP_OUT"), Force: true,
		})
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// endless is a store of which a part comes, and then nothing more.
type endless struct{}

func (endless) Snapshot(_ context.Context, begin func(store.Snapshot) (io.Writer, error)) error {
	w, err := begin(store.Snapshot{At: time.Now(), Size: 1 << 30})
	if err != nil {
		return err
	}
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		return err
	}
	os.Stdout.WriteString("a part is written\n")
	select {}
}

func (endless) SaveBackup(context.Context, app.Backup) error { return nil }

// TestKilled kills the process in the midst of a backup: the file under the name
// is the one before, and what was begun is removed by a later backup.
func TestKilled(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	c := w.config()
	c.Out = filepath.Join(w.shelf, "nightly.age")
	_, err := backup.Create(t.Context(), c)
	w.must(err)
	before, err := os.ReadFile(c.Out)
	w.must(err)
	self, err := os.Executable()
	w.must(err)
	command := exec.CommandContext(t.Context(), self)
	command.Env = append(os.Environ(), "BACKUP_TO_KILL="+w.dir, "BACKUP_RECIPIENT="+c.Recipients[0], "BACKUP_OUT="+c.Out)
	out, err := command.StdoutPipe()
	w.must(err)
	w.must(command.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	w.must(command.Process.Kill()) // SIGKILL
	if err := command.Wait(); err == nil {
		t.Error("it was not killed")
	}
	after, err := os.ReadFile(c.Out)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file is another: %v", err)
	}
	left := list(t, w.shelf)
	if len(left) != 2 || !strings.HasSuffix(left[0], ".part") {
		t.Fatalf("in the folder lie %v", left)
	}
	c.Force = true
	for _, step := range []struct {
		age  time.Duration
		want []string
	}{{23 * time.Hour, left}, {25 * time.Hour, left[1:]}} {
		at := time.Now().Add(-step.age)
		w.must(os.Chtimes(filepath.Join(w.shelf, left[0]), at, at))
		_, err := backup.Create(t.Context(), c)
		w.must(err)
		if diff := cmp.Diff(step.want, list(t, w.shelf)); diff != "" {
			t.Errorf("after %v: %s", step.age, diff)
		}
	}
}
