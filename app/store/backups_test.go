package store_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/store"
)

// TestSnapshot tells of a copy what is in it, and of a backend that cannot be
// copied.
func TestSnapshot(t *testing.T) {
	s := openStore(t, openFile(t, filepath.Join(t.TempDir(), "store.db")), 1)
	for range 3 {
		if err := s.Audit(t.Context(), app.AuditEntry{Action: app.ActInstalled}); err != nil {
			t.Fatal(err)
		}
	}
	seq, hash, err := s.AuditEnd(t.Context())
	if seq != 3 || len(hash) != 64 || err != nil {
		t.Errorf("the end is %d %q, %v", seq, hash, err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var of store.Snapshot
	err = s.Snapshot(t.Context(), func(told store.Snapshot) (io.Writer, error) { of = told; return f, nil })
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if of.Seq != seq || of.Hash != hash || of.Migrations != store.Migrations() || time.Since(of.At) > time.Hour {
		t.Errorf("told is %+v", of)
	}
	c := openStore(t, openFile(t, path), 1)
	if count, bad, err := c.VerifyAudit(t.Context()); count != 3 || bad != 0 || err != nil {
		t.Errorf("the copy's audit log: %d, %d, %v", count, bad, err)
	}
	other := openStore(t, struct{ store.Backend }{openFile(t, filepath.Join(t.TempDir(), "other.db"))}, 1)
	never := func(store.Snapshot) (io.Writer, error) { t.Error("it began"); return io.Discard, nil }
	if err := other.Snapshot(t.Context(), never); !errors.Is(err, app.Unsupported) {
		t.Errorf("a backend that cannot be copied: %v", err)
	}
}

// TestSaveBackup remembers the youngest copy, writes each to the audit log, and
// refuses that of another store.
func TestSaveBackup(t *testing.T) {
	s := openStore(t, openFile(t, filepath.Join(t.TempDir(), "store.db")), 1)
	if err := s.Audit(t.Context(), app.AuditEntry{Action: app.ActInstalled}); err != nil {
		t.Fatal(err)
	}
	_, hash, err := s.AuditEnd(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.LastBackup(t.Context()); !errors.Is(err, app.NotFound) {
		t.Errorf("before the first: %v", err)
	}
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		given app.Backup
		want  error
		last  string
	}{
		{app.Backup{At: at, File: "empty"}, nil, "empty"},
		{app.Backup{At: at.Add(time.Hour), Seq: 1, Hash: hash, File: "young"}, nil, "young"},
		{app.Backup{At: at.Add(time.Minute), Seq: 1, Hash: hash, File: "late"}, nil, "young"},
		{app.Backup{At: at.Add(2 * time.Hour), Seq: 1, Hash: "other", File: "foreign"}, app.Invalid, "young"},
		{app.Backup{At: at.Add(2 * time.Hour), Seq: 99, Hash: hash, File: "foreign"}, app.Invalid, "young"},
	} {
		before, _, err := s.AuditEnd(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SaveBackup(t.Context(), step.given); !errors.Is(err, step.want) {
			t.Errorf("%s: want %v, got %v", step.given.File, step.want, err)
		}
		last, err := s.LastBackup(t.Context())
		if last.File != step.last || err != nil {
			t.Errorf("%s: the last is %+v, %v", step.given.File, last, err)
		}
		after, _, err := s.AuditEnd(t.Context())
		if wrote := after - before; err != nil || (wrote == 1) != (step.want == nil) {
			t.Errorf("%s: %d entries more, %v", step.given.File, wrote, err)
		}
	}
	if count, bad, err := s.VerifyAudit(t.Context()); count != 4 || bad != 0 || err != nil {
		t.Errorf("the audit log: %s", cmp.Diff([]any{count, bad, err}, []any{4, 0, nil}))
	}
}
