package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"filippo.io/age"

	"signservice/app"
	"signservice/app/backup"
	"signservice/app/secret"
	"signservice/app/spool"
	"signservice/app/store"
	"signservice/app/store/bolt"
)

// acme is the portal of the tests.
const acme = app.PortalID("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")

// canary stands in every record and file of the tests.
const canary = "canary-4711"

// masterKey is the one of the tests.
var masterKey = bytes.Repeat([]byte("k3"), secret.MasterSize/2)

// world is a service's folder with a real store and spool, and a place for
// backups.
type world struct {
	t       testing.TB
	dir     string // of the service
	shelf   string // of backups
	keeper  *secret.Keeper
	backend *bolt.Backend
	store   *store.Store
	spool   *spool.Spool
	// key opens backups, in the file keyFile.
	key     *age.X25519Identity
	keyFile string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	root := t.TempDir()
	w := &world{t: t, dir: filepath.Join(root, "data"), shelf: filepath.Join(root, "shelf"), keyFile: filepath.Join(root, "key.txt")}
	w.must(os.Mkdir(w.dir, 0o700))
	w.must(os.Mkdir(w.shelf, 0o700))
	var err error
	w.keeper, err = secret.New(masterKey)
	w.must(err)
	w.backend, w.store, w.spool = w.open(w.dir, w.keeper)
	w.key, err = age.GenerateX25519Identity()
	w.must(err)
	w.must(os.WriteFile(w.keyFile, []byte("# a comment\n"+w.key.String()+"\n"), 0o600))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open opens what lies in a folder as the service does.
func (w *world) open(dir string, keeper *secret.Keeper) (*bolt.Backend, *store.Store, *spool.Spool) {
	w.t.Helper()
	backend, err := bolt.Open(filepath.Join(dir, "signservice.db"), bolt.Options{})
	w.must(err)
	w.t.Cleanup(func() { _ = backend.Close() })
	records, err := store.New(w.t.Context(), backend, keeper, store.Options{})
	w.must(err)
	files, err := spool.New(filepath.Join(dir, "spool"), keeper)
	w.must(err)
	return backend, records, files
}

// furnish puts a portal, an account with a phone, a document on its way and the
// mark of a PIN into the folder.
func (w *world) furnish() app.Request {
	w.t.Helper()
	ctx := w.t.Context()
	w.must(w.store.SavePortal(ctx, app.Portal{ID: acme, Domain: canary + ".example", ApplicationToken: "sealed-" + canary}))
	w.must(w.store.SaveAccount(ctx, app.Account{Portal: acme, User: "7", Login: canary, CodeOff: true, CodeOffReason: canary}))
	w.must(os.Mkdir(filepath.Join(w.dir, "pins"), 0o700))
	for _, name := range []string{"pins/pin-key", "pins/pin-61", "pins/pin-61.lock", "pins/.new-1", "master.key", "control.sock"} {
		w.must(os.WriteFile(filepath.Join(w.dir, name), []byte(canary), 0o600))
	}
	w.must(os.WriteFile(filepath.Join(w.dir, "pins/pin-61"), bytes.Repeat([]byte(canary), 20_000), 0o600)) // some chunks of age
	return w.freeze()
}

// freeze puts a document into the spool and its Request into the store, in the
// order in which the service does it.
func (w *world) freeze() app.Request {
	w.t.Helper()
	r, err := freeze(w.t.Context(), w.store, w.spool)
	w.must(err)
	return r
}

func freeze(ctx context.Context, records *store.Store, files *spool.Spool) (r app.Request, err error) {
	id := make([]byte, 16)
	rand.Read(id) //nolint:errcheck // it never fails
	r = app.Request{
		ID: app.RequestID(hex.EncodeToString(id)), Portal: acme, User: "7", State: app.Frozen,
		CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
	}
	content := []byte(canary + string(r.ID))
	sum := sha256.Sum256(content)
	r.Original.SHA256, r.Original.Size = hex.EncodeToString(sum[:]), int64(len(content))
	f, err := files.Create(ctx, string(r.ID)+"/original")
	if err != nil {
		return r, err
	}
	if _, err := f.Write(content); err != nil {
		return r, err
	}
	if err := f.Commit(); err != nil {
		return r, err
	}
	return r, records.SaveRequest(ctx, r, app.AuditEntry{Action: app.ActFrozen, Portal: acme, Request: r.ID})
}

// config is a backup of the world into its shelf.
func (w *world) config() backup.Config {
	return backup.Config{Dir: w.dir, Source: w.store, Recipients: []string{w.key.Recipient().String()}, Out: w.shelf, Version: "test 1"}
}

// backUp makes a backup that succeeds.
func (w *world) backUp() backup.Made {
	w.t.Helper()
	made, err := backup.Create(w.t.Context(), w.config())
	w.must(err)
	return made
}

// restoring is a restore of a file into a folder that is not there yet.
func (w *world) restoring(in string) backup.RestoreConfig {
	w.t.Helper()
	return backup.RestoreConfig{In: in, Identity: w.keyFile, Dir: filepath.Join(w.t.TempDir(), "new"), Keeper: w.keeper}
}

// list gives the paths of all that is below a folder.
func list(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if path != dir {
			all = append(all, path[len(dir)+1:])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// whole holds that a restored folder has an audit log as it was written and every
// file of its Requests, as the Request names it; it gives the Requests.
func (w *world) whole(dir string) []app.Request {
	w.t.Helper()
	ctx := w.t.Context()
	_, records, files := w.open(dir, w.keeper)
	if count, bad, err := records.VerifyAudit(ctx); count == 0 || bad != 0 || err != nil {
		w.t.Errorf("the audit log has %d entries, the first bad one is %d, %v", count, bad, err)
	}
	requests, err := records.Requests(ctx, acme, app.RequestQuery{Limit: 1 << 20})
	w.must(err)
	for _, r := range requests {
		f, err := files.Open(ctx, string(r.ID)+"/original")
		if err != nil {
			w.t.Errorf("request %s: %v", r.ID, err)
			continue
		}
		data, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
		if sum := sha256.Sum256(data); err != nil || hex.EncodeToString(sum[:]) != r.Original.SHA256 {
			w.t.Errorf("request %s: another file lies there, %v", r.ID, err)
		}
		w.must(f.Close())
	}
	return requests
}

// entry is a file in a tar.
type entry struct {
	header tar.Header
	data   []byte
}

// unpack gives what is in a backup.
func (w *world) unpack(path string) []entry {
	w.t.Helper()
	f, err := os.Open(path)
	w.must(err)
	defer f.Close()
	opened, err := age.Decrypt(f, w.key)
	w.must(err)
	var all []entry
	for r := tar.NewReader(opened); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		w.must(err)
		data, err := io.ReadAll(r)
		w.must(err)
		all = append(all, entry{*h, data})
	}
}

// pack makes a tar of entries, with something behind it.
func (w *world) pack(all []entry, tail string) []byte {
	w.t.Helper()
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, e := range all {
		h := tar.Header{Name: e.header.Name, Typeflag: e.header.Typeflag, Linkname: e.header.Linkname, Mode: 0o600, Size: int64(len(e.data))}
		w.must(tw.WriteHeader(&h))
		_, err := tw.Write(e.data)
		w.must(err)
	}
	w.must(tw.Close())
	return append(b.Bytes(), tail...)
}

// seal encrypts to the world's key and gives the file.
func (w *world) seal(plain []byte) string {
	w.t.Helper()
	var b bytes.Buffer
	sealed, err := age.Encrypt(&b, w.key.Recipient())
	w.must(err)
	_, err = sealed.Write(plain)
	w.must(err)
	w.must(sealed.Close())
	return w.file(b.Bytes())
}

// file writes a file outside of the shelf.
func (w *world) file(data []byte) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "given.age")
	w.must(os.WriteFile(path, data, 0o600))
	return path
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// find gives the place of the entry of a name.
func find(all []entry, name string) int {
	i := slices.IndexFunc(all, func(e entry) bool { return e.header.Name == name })
	if i < 0 {
		panic(fmt.Sprint("no entry ", name))
	}
	return i
}
