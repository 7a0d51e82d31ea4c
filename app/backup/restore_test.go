package backup_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/backup"
	"signservice/app/secret"
	"signservice/app/store"
)

// TestRestore makes the folder anew: every record, every document with the same
// master key, private to its owner, and a note of it in the audit log.
func TestRestore(t *testing.T) {
	w := newWorld(t)
	r := w.furnish()
	made := w.backUp()
	later := w.freeze() // which is lost
	c := w.restoring(made.Path)
	got, err := backup.Restore(t.Context(), c)
	w.must(err)
	if !got.Proved || got.FirstBad != 0 || got.Manifest.Seq != made.Seq {
		t.Errorf("restored %+v", got)
	}
	want := []string{
		"pins", "pins/pin-61", "pins/pin-key", "signservice.db", "spool", "spool/identity.sealed",
		"spool/" + string(r.ID), "spool/" + string(r.ID) + "/original.age",
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, list(t, c.Dir)); diff != "" {
		t.Error(diff)
	}
	for _, name := range append(list(t, c.Dir), "") {
		info, err := os.Stat(filepath.Join(c.Dir, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if requests := w.whole(c.Dir); len(requests) != 1 || requests[0].ID != r.ID || later.ID == r.ID {
		t.Errorf("the requests are %v", requests)
	}
	if siblings := list(t, filepath.Dir(c.Dir)); strings.Contains(strings.Join(siblings, " "), ".part") {
		t.Errorf("left behind: %v", siblings)
	}
}

// TestGoesOn holds that a restored store can be worked with, and backed up again.
func TestGoesOn(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	made := w.backUp()
	c := w.restoring(made.Path)
	_, err := backup.Restore(t.Context(), c)
	w.must(err)
	_, records, files := w.open(c.Dir, w.keeper)
	if seq, _, err := records.AuditEnd(t.Context()); seq != made.Seq+1 || err != nil {
		t.Errorf("the audit log ends at %d, %v: no note of the restore", seq, err)
	}
	portal, err := records.Portal(t.Context(), acme)
	if err != nil || portal.ApplicationToken.Reveal() != "sealed-"+canary {
		t.Errorf("what was sealed: %v", err)
	}
	if _, err := freeze(t.Context(), records, files); err != nil {
		t.Error(err)
	}
	again := w.config()
	again.Dir, again.Source, again.Out = c.Dir, records, filepath.Join(w.shelf, "again.age")
	made, err = backup.Create(t.Context(), again)
	w.must(err)
	w.must(records.Close())
	next := w.restoring(made.Path)
	_, err = backup.Restore(t.Context(), next)
	w.must(err)
	if requests := w.whole(next.Dir); len(requests) != 2 {
		t.Errorf("%d requests", len(requests))
	}
}

// TestTargets restores into a folder that is absent or empty, and touches no
// other.
func TestTargets(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	made := w.backUp()
	for name, c := range map[string]struct {
		lies []string // in the folder
		want error
	}{
		"empty":                   {[]string{}, nil},
		"a volume":                {[]string{"lost+found/"}, nil},
		"a restore was killed":    {[]string{".restore.part/signservice.db"}, nil},
		"something":               {[]string{"notes.txt"}, backup.ErrNotEmpty},
		"a service":               {[]string{"signservice.db", "spool/identity.sealed"}, backup.ErrNotEmpty},
		"a service, being killed": {[]string{".restore.part/signservice.db", "signservice.db"}, backup.ErrNotEmpty},
	} {
		t.Run(name, func(t *testing.T) {
			config := w.restoring(made.Path)
			w.must(os.Mkdir(config.Dir, 0o700))
			for _, file := range c.lies {
				path := filepath.Join(config.Dir, file)
				w.must(os.MkdirAll(filepath.Dir(path), 0o700))
				if !strings.HasSuffix(file, "/") {
					w.must(os.WriteFile(path, []byte("precious"), 0o600))
				} else {
					w.must(os.MkdirAll(path, 0o700))
				}
			}
			before := list(t, config.Dir)
			_, err := backup.Restore(t.Context(), config)
			if !errors.Is(err, c.want) {
				t.Fatalf("want %v, got %v", c.want, err)
			}
			if c.want == nil {
				w.whole(config.Dir)
				if left := list(t, config.Dir); strings.Contains(strings.Join(left, " "), ".part") {
					t.Errorf("left behind: %v", left)
				}
				return
			}
			for _, file := range c.lies {
				if data, err := os.ReadFile(filepath.Join(config.Dir, file)); string(data) != "precious" {
					t.Errorf("%s: %q, %v", file, data, err)
				}
			}
			if diff := cmp.Diff(before, list(t, config.Dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
	c := w.restoring(made.Path)
	w.must(os.WriteFile(c.Dir, []byte("precious"), 0o600))
	if _, err := backup.Restore(t.Context(), c); err == nil {
		t.Error("a file was taken for a folder")
	}
	c.Dir = filepath.Join(filepath.Dir(c.Dir), "no", "such")
	if _, err := backup.Restore(t.Context(), c); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("below a folder that is not there: %v", err)
	}
}

// TestKeys opens a backup with the identity it was made for, and nothing else;
// the master key must be the store's.
func TestKeys(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	w.furnish()
	made := w.backUp()
	strange, err := secret.New(bytes.Repeat([]byte{9}, secret.MasterSize))
	w.must(err)
	for name, c := range map[string]struct {
		change func(c *backup.RestoreConfig)
		want   error
	}{
		"another identity":  {func(c *backup.RestoreConfig) { c.Identity = other.keyFile }, backup.ErrOtherKey},
		"a recipient":       {func(c *backup.RestoreConfig) { c.Identity = w.file([]byte(w.key.Recipient().String())) }, backup.ErrIdentity},
		"half an identity":  {func(c *backup.RestoreConfig) { c.Identity = w.file([]byte(w.key.String()[:40])) }, backup.ErrIdentity},
		"nothing":           {func(c *backup.RestoreConfig) { c.Identity = w.file(nil) }, backup.ErrIdentity},
		"no file":           {func(c *backup.RestoreConfig) { c.Identity += ".none" }, os.ErrNotExist},
		"no backup":         {func(c *backup.RestoreConfig) { c.In += ".none" }, os.ErrNotExist},
		"another master":    {func(c *backup.RestoreConfig) { c.Keeper = strange }, app.Invalid},
		"two, one fits":     {func(c *backup.RestoreConfig) { c.Identity = w.file([]byte(other.key.String() + "\n" + w.key.String())) }, nil},
		"no master":         {func(c *backup.RestoreConfig) { c.Keeper = nil }, nil},
		"the service's own": {func(*backup.RestoreConfig) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			config := w.restoring(made.Path)
			c.change(&config)
			got, err := backup.Restore(t.Context(), config)
			if !errors.Is(err, c.want) {
				t.Fatalf("want %v, got %v", c.want, err)
			}
			if err != nil && strings.Contains(err.Error(), w.key.String()[:30]) {
				t.Errorf("the error tells an identity: %v", err)
			}
			if left := list(t, filepath.Dir(config.Dir)); err != nil && len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if err == nil && got.Proved != (config.Keeper != nil) {
				t.Errorf("proved: %v", got.Proved)
			}
		})
	}
}

// TestTwoRecipients gives each of them the whole.
func TestTwoRecipients(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	w.furnish()
	c := w.config()
	c.Recipients = append(c.Recipients, "# the safe's\n"+other.key.Recipient().String())
	made, err := backup.Create(t.Context(), c)
	w.must(err)
	for _, key := range []string{w.keyFile, other.keyFile} {
		r := w.restoring(made.Path)
		r.Identity = key
		_, err := backup.Restore(t.Context(), r)
		w.must(err)
		w.whole(r.Dir)
	}
}

// TestAlteredAudit refuses a store whose audit log was altered before it was
// backed up, unless that is allowed.
func TestAlteredAudit(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	for range 5 {
		w.freeze()
	}
	w.must(w.backend.Update(t.Context(), func(tx store.Tx) error {
		var rows []store.Row
		for row, err := range tx.Scan("audit", store.Range{}) {
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return tx.Put("audit", rows[1].Key, bytes.Replace(rows[1].Value, []byte("frozen"), []byte("frozeN"), 1))
	}))
	made := w.backUp()
	c := w.restoring(made.Path)
	if _, err := backup.Restore(t.Context(), c); !errors.Is(err, backup.ErrAudit) || !strings.Contains(err.Error(), "entry 2") {
		t.Errorf("got %v", err)
	}
	if left := list(t, filepath.Dir(c.Dir)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	c.AlteredAudit = true
	got, err := backup.Restore(t.Context(), c)
	if err != nil || got.FirstBad != 2 {
		t.Errorf("allowed: %+v, %v", got, err)
	}
}
