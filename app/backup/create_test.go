package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/backup"
	"signservice/app/store"
)

// TestContents holds what is in a backup, and what is not.
func TestContents(t *testing.T) {
	w := newWorld(t)
	r := w.furnish()
	made := w.backUp()
	all := w.unpack(made.Path)
	var names []string
	for _, e := range all {
		names = append(names, e.header.Name)
		if e.header.Mode != 0o600 {
			t.Errorf("%s has mode %o", e.header.Name, e.header.Mode)
		}
	}
	if diff := cmp.Diff([]string{
		"signservice-backup.json", "signservice.db", "spool/identity.sealed", "spool/" + string(r.ID) + "/original.age",
		"pins/pin-61", "pins/pin-key", "manifest.json",
	}, names); diff != "" {
		t.Error(diff)
	}
	var m backup.Manifest
	if err := json.Unmarshal(all[len(all)-1].data, &m); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made.Manifest.Files, m.Files); diff != "" {
		t.Error(diff)
	}
	for i, f := range m.Files {
		e := all[i+1]
		if sum := sha256.Sum256(e.data); f.Name != e.header.Name || f.Size != int64(len(e.data)) || f.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s is not as the manifest says: %+v", e.header.Name, f)
		}
	}
	if m.Format != 1 || m.Version != "test 1" || m.Seq == 0 || len(m.Hash) != 64 || !m.At.Equal(made.At) || time.Since(m.At) > time.Hour {
		t.Errorf("the manifest says %+v", m)
	}
}

// TestSecrets looks for what must not be readable: in the file anything at all,
// in what is encrypted whatever the store seals, and the master key.
func TestSecrets(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	made := w.backUp()
	file, err := os.ReadFile(made.Path)
	w.must(err)
	for _, clear := range []string{canary, "signservice.db", "spool", "portal", string(acme)} {
		if bytes.Contains(file, []byte(clear)) {
			t.Errorf("%q is readable in the file", clear)
		}
	}
	for _, e := range w.unpack(made.Path) {
		for _, key := range []string{
			string(masterKey), hex.EncodeToString(masterKey), base64.StdEncoding.EncodeToString(masterKey),
			"AGE-SECRET-KEY", "sealed-" + canary,
		} {
			if bytes.Contains(e.data, []byte(key)) {
				t.Errorf("%s holds a secret", e.header.Name)
			}
		}
		if strings.HasPrefix(e.header.Name, "spool/") && bytes.Contains(e.data, []byte(canary)) {
			t.Errorf("%s is readable", e.header.Name)
		}
	}
	info, err := os.Stat(made.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
}

// TestNoted holds that the store remembers the last backup, and that the audit
// log names it and what was in it.
func TestNoted(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	if _, err := w.store.LastBackup(t.Context()); !errors.Is(err, app.NotFound) {
		t.Errorf("before the first: %v", err)
	}
	seq, hash, err := w.store.AuditEnd(t.Context())
	w.must(err)
	made := w.backUp()
	file, err := os.ReadFile(made.Path)
	w.must(err)
	sum := sha256.Sum256(file)
	want := app.Backup{At: made.At, Seq: seq, Hash: hash, File: backup.Name(made.At), Size: int64(len(file)), SHA256: hex.EncodeToString(sum[:])}
	last, err := w.store.LastBackup(t.Context())
	w.must(err)
	if diff := cmp.Diff(want, last); diff != "" || filepath.Base(made.Path) != want.File {
		t.Error(diff, made.Path)
	}
	if now, _, _ := w.store.AuditEnd(t.Context()); now != seq+1 {
		t.Errorf("the audit log went from %d to %d", seq, now)
	}
}

// source is a store that misbehaves.
type source struct {
	backup.Source
	// after is done when the store is copied and the files beside it are not.
	after func() error
	// full is the error of a store that breaks off in the middle.
	full error
	note error
}

func (s source) Snapshot(ctx context.Context, begin func(store.Snapshot) (io.Writer, error)) error {
	if s.full != nil {
		w, err := begin(store.Snapshot{At: time.Now(), Size: 1 << 20})
		if err == nil {
			_, err = w.Write(make([]byte, 1<<19))
		}
		return errors.Join(err, s.full)
	}
	if err := s.Source.Snapshot(ctx, begin); err != nil || s.after == nil {
		return err
	}
	return s.after()
}

func (s source) SaveBackup(ctx context.Context, b app.Backup) error {
	if s.note != nil {
		return s.note
	}
	return s.Source.SaveBackup(ctx, b)
}

// TestRefused makes no backup, and leaves nothing behind.
func TestRefused(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		spoil func(w *world, c *backup.Config)
		want  error
	}{
		"nobody could read it": {func(_ *world, c *backup.Config) { c.Recipients = nil }, backup.ErrRecipient},
		"an identity in the recipient's place": {func(w *world, c *backup.Config) {
			c.Recipients = []string{w.key.String()}
		}, backup.ErrRecipient},
		"two in one":        {func(_ *world, c *backup.Config) { c.Recipients[0] += "\n" + c.Recipients[0] }, backup.ErrRecipient},
		"one of two is bad": {func(_ *world, c *backup.Config) { c.Recipients = append(c.Recipients, "age1"+canary) }, backup.ErrRecipient},
		"a file is there": {func(w *world, c *backup.Config) {
			c.Out = filepath.Join(w.shelf, "old.age")
			w.must(os.WriteFile(c.Out, []byte("old"), 0o600))
		}, backup.ErrExists},
		"no folder":            {func(_ *world, c *backup.Config) { c.Out = filepath.Join(c.Out, "none", "b.age") }, os.ErrNotExist},
		"a folder that is not": {func(_ *world, c *backup.Config) { c.Out = filepath.Join(c.Out, "none") + "/" }, os.ErrNotExist},
		"the store breaks off": {func(_ *world, c *backup.Config) { c.Source = source{Source: c.Source, full: broken} }, broken},
		"the store is shorter than it says": {func(w *world, c *backup.Config) {
			c.Source = source{Source: c.Source, full: io.EOF}
		}, io.EOF},
		"a store that is closed": {func(w *world, _ *backup.Config) { w.must(w.backend.Close()) }, app.Unavailable},
		"a file beside it cannot be read": {func(w *world, c *backup.Config) {
			c.Dir = filepath.Join(w.dir, "signservice.db") // no folder
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.furnish()
			config := w.config()
			c.spoil(w, &config)
			before := list(t, w.shelf)
			_, err := backup.Create(t.Context(), config)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("want %v, got %v", c.want, err)
			}
			if err != nil && (strings.Contains(err.Error(), "AGE-SECRET") || strings.Contains(err.Error(), canary)) {
				t.Errorf("the error repeats what was given: %v", err)
			}
			if diff := cmp.Diff(before, list(t, w.shelf)); diff != "" {
				t.Errorf("left behind: %s", diff)
			}
		})
	}
}

// TestCancelled leaves nothing when it is told to end.
func TestCancelled(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	ctx, stop := context.WithCancel(t.Context())
	c := w.config()
	c.Source = source{Source: w.store, after: func() error { stop(); return nil }}
	if _, err := backup.Create(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := list(t, w.shelf); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestNames writes into a file, into a folder, and over a file only by force.
func TestNames(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	c := w.config()
	c.Out = filepath.Join(w.shelf, "mine.age")
	first, err := backup.Create(t.Context(), c)
	w.must(err)
	if first.Path != c.Out || first.File != "mine.age" {
		t.Errorf("written to %s as %s", first.Path, first.File)
	}
	c.Force = true
	second, err := backup.Create(t.Context(), c)
	w.must(err)
	if second.SHA256 == first.SHA256 {
		t.Error("nothing was written anew")
	}
	if _, err := backup.Restore(t.Context(), w.restoring(c.Out)); err != nil {
		t.Error(err)
	}
	c.Out = w.shelf
	third, err := backup.Create(t.Context(), c)
	w.must(err)
	if diff := cmp.Diff([]string{"mine.age", filepath.Base(third.Path)}, list(t, w.shelf)); diff != "" {
		t.Error(diff)
	}
	t.Chdir(w.shelf)
	c.Out = "here.age"
	if here, err := backup.Create(t.Context(), c); err != nil || here.Path != "here.age" {
		t.Errorf("%s, %v", here.Path, err)
	}
}

// TestNotNoted keeps a good backup of which the store could make no note.
func TestNotNoted(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	c := w.config()
	c.Source = source{Source: w.store, note: app.Unavailable}
	made, err := backup.Create(t.Context(), c)
	if !errors.Is(err, backup.ErrNotNoted) || !errors.Is(err, app.Unavailable) {
		t.Fatalf("got %v", err)
	}
	if _, err := backup.Restore(t.Context(), w.restoring(made.Path)); err != nil {
		t.Error(err)
	}
	if _, err := w.store.LastBackup(t.Context()); !errors.Is(err, app.NotFound) {
		t.Errorf("it is noted: %v", err)
	}
}

// TestBeforeTheFirstDocument backs up a store beside which nothing lies.
func TestBeforeTheFirstDocument(t *testing.T) {
	w := newWorld(t)
	w.must(os.RemoveAll(filepath.Join(w.dir, "spool")))
	made := w.backUp()
	if len(made.Manifest.Files) != 1 || made.Seq != 0 || made.Hash != "" {
		t.Errorf("%+v", made.Manifest)
	}
	c := w.restoring(made.Path)
	if _, err := backup.Restore(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	w.whole(c.Dir)
}

// TestRotate keeps the newest, and whatever else lies in the folder.
func TestRotate(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.FixedZone("", 3*3600))
	if got := backup.Name(at); got != "signservice-20261122T230000Z.age" {
		t.Errorf("named %s", got)
	}
	others := []string{"signservice-old.age", "signservice-20261122T230000Z.age.copy", "signservice-20261399T230000Z.age", "notes.txt"}
	for _, name := range append([]string{backup.Name(at), backup.Name(at.AddDate(0, 1, 0)), backup.Name(at.AddDate(0, 0, 1))}, others...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if removed, err := backup.Rotate(dir, 3); err != nil || len(removed) > 0 {
		t.Errorf("removed %v, %v", removed, err)
	}
	removed, err := backup.Rotate(dir, 1)
	if diff := cmp.Diff([]string{backup.Name(at), backup.Name(at.AddDate(0, 0, 1))}, removed); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if removed, err := backup.Rotate(dir, 0); err != nil || len(removed) > 0 {
		t.Errorf("the last one was removed: %v, %v", removed, err)
	}
	left := append([]string{backup.Name(at.AddDate(0, 1, 0))}, others...)
	slices.Sort(left)
	if diff := cmp.Diff(left, list(t, dir)); diff != "" {
		t.Error(diff)
	}
	if _, err := backup.Rotate(filepath.Join(dir, "none"), 1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}
