package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"signservice/app"
	"signservice/app/secret"
	"signservice/app/store"
	"signservice/app/store/bolt"
	"signservice/app/store/storetest"
)

// TestRecords runs the contract of the records here too, where their code is.
func TestRecords(t *testing.T) {
	storetest.Records(t, func(t *testing.T) store.Backend { return openFile(t, filepath.Join(t.TempDir(), "store.db")) })
}

func openFile(t *testing.T, path string) *bolt.Backend {
	t.Helper()
	b, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() }) //nolint:errcheck // most tests have closed it
	return b
}

func keeper(t *testing.T, seed byte) *secret.Keeper {
	t.Helper()
	k, err := secret.New(bytes.Repeat([]byte{seed}, secret.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func openStore(t *testing.T, b store.Backend, seed byte) *store.Store {
	t.Helper()
	s, err := store.New(t.Context(), b, keeper(t, seed), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAWrongMasterKeyChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openStore(t, openFile(t, path), 1)
	if err := s.SavePortal(t.Context(), app.Portal{ID: "p", ApplicationToken: "secret"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b := openFile(t, path)
	_, err = store.New(t.Context(), b, keeper(t, 2), store.Options{})
	wantKey(t, err, "master.wrong")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed: %v", err)
	}
	s = openStore(t, openFile(t, path), 1)
	if p, err := s.Portal(t.Context(), "p"); err != nil || p.ApplicationToken != "secret" {
		t.Errorf("with the right key: %v", err)
	}
}

// TestDamagedBeginningsAreRefused changes the first records of a store.
func TestDamagedBeginningsAreRefused(t *testing.T) {
	for _, test := range []struct{ name, key, value, want string }{
		{"no first record", "_system/store", "", "store.record"},
		{"a first record that is none", "_system/store", `{"x":1}`, "store.record"},
		{"a first record that is blank", "_system/store", `{"v":1,"mac":"","data":{"value":{}}}`, "store.record"},
		{"no record but a text", "_system/store", `"text"`, "store.record"},
		{"no end of the audit log", "_system/audit/main", "", "audit.damaged"},
		{"another end of the audit log", "_system/audit/main", `{"v":1,"mac":"","data":{"value":{"seq":0,"hash":""}}}`, "audit.damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := openFile(t, filepath.Join(t.TempDir(), "store.db"))
			openStore(t, b, 1)
			err := b.Update(t.Context(), func(tx store.Tx) error {
				if test.value == "" {
					return tx.Delete("system", test.key)
				}
				return tx.Put("system", test.key, []byte(test.value))
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = store.New(t.Context(), b, keeper(t, 1), store.Options{})
			wantKey(t, err, test.want)
		})
	}
}

func TestMigrationsRunOnce(t *testing.T) {
	ctx := t.Context()
	b := openFile(t, filepath.Join(t.TempDir(), "store.db"))
	var ran []int
	step := func(n int) store.Migration {
		return func(_ *store.Store, tx store.Tx) error {
			ran = append(ran, n)
			return tx.Put("system", "_system/step", []byte{byte('0' + n)})
		}
	}
	open := func(steps ...store.Migration) error {
		ran = nil
		_, err := store.OpenWith(ctx, b, keeper(t, 1), steps...)
		return err
	}
	for _, test := range []struct {
		name  string
		steps []store.Migration
		ran   int
		key   string
	}{
		{"a new store is up to date", []store.Migration{step(1)}, 0, ""},
		{"two more", []store.Migration{step(1), step(2), step(3)}, 2, ""},
		{"again", []store.Migration{step(1), step(2), step(3)}, 0, ""},
		{"an older program", []store.Migration{step(1)}, 0, "store.newer"},
	} {
		err := open(test.steps...)
		if test.key != "" {
			wantKey(t, err, test.key)
		} else if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if len(ran) != test.ran {
			t.Errorf("%s: ran %v", test.name, ran)
		}
	}
	broken := func(*store.Store, store.Tx) error { return errors.New("on purpose") }
	if err := open(step(1), step(2), step(3), step(4), broken); err == nil || len(ran) != 1 {
		t.Errorf("a migration that fails: %v, ran %v", err, ran)
	}
	if err := open(step(1), step(2), step(3), step(4), step(5)); err != nil || len(ran) != 1 || ran[0] != 5 {
		t.Errorf("after it: %v, ran %v", err, ran)
	}
}

func TestTwoNodesHaveTwoChains(t *testing.T) {
	ctx := t.Context()
	b := openFile(t, filepath.Join(t.TempDir(), "store.db"))
	for _, node := range []string{"one", "two", "one"} {
		s, err := store.New(ctx, b, keeper(t, 1), store.Options{Node: node})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Audit(ctx, app.AuditEntry{Action: app.ActInstalled, Portal: "p"}); err != nil {
			t.Fatal(err)
		}
		if _, bad, err := s.VerifyAudit(ctx); bad != 0 || err != nil {
			t.Errorf("%s: %d, %v", node, bad, err)
		}
	}
	s, err := store.New(ctx, b, keeper(t, 1), store.Options{Node: "one"})
	if err != nil {
		t.Fatal(err)
	}
	if count, _, err := s.VerifyAudit(ctx); count != 2 || err != nil {
		t.Errorf("%d entries, %v", count, err)
	}
}

func TestPing(t *testing.T) {
	s := openStore(t, openFile(t, filepath.Join(t.TempDir(), "store.db")), 1)
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, app.Unavailable) {
		t.Errorf("closed: %v", err)
	}
}

func wantKey(t *testing.T, err error, key string) {
	t.Helper()
	var failure *app.Error
	if !errors.As(err, &failure) || failure.Key != key {
		t.Errorf("error %v, want key %s", err, key)
	}
}
