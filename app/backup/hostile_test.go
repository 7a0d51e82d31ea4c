package backup_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signservice/app"
	"signservice/app/backup"
	"signservice/app/secret"
)

// refused holds that a file is refused for a reason, in one sentence, and that
// nothing is left of it.
func (w *world) refused(in string, want ...error) {
	w.t.Helper()
	c := w.restoring(in)
	_, err := backup.Restore(w.t.Context(), c)
	if err == nil {
		w.t.Fatalf("%s was restored", in)
	}
	fits := false
	for _, one := range want {
		fits = fits || errors.Is(err, one)
	}
	if !fits {
		w.t.Errorf("want one of %v, got %v", want, err)
	}
	if strings.Contains(err.Error(), "\n") {
		w.t.Errorf("more than a sentence: %v", err)
	}
	if left := list(w.t, filepath.Dir(c.Dir)); len(left) > 0 {
		w.t.Errorf("left behind: %v", left)
	}
}

// TestCutOff cuts a backup off at many places.
func TestCutOff(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	made := w.backUp()
	file, err := os.ReadFile(made.Path)
	w.must(err)
	const chunk = 64<<10 + 16 // of age
	if len(file) < 3*chunk {
		t.Fatalf("a backup of %d bytes is too small for this test", len(file))
	}
	at := []int{0, 1, 21, 100, 200, 215, 216, 217, len(file) - 1, len(file) - 16, len(file) - 17, len(file) - 1024}
	for n := 216; n < len(file); n += chunk {
		at = append(at, n-1, n, n+1)
	}
	for range 40 {
		at = append(at, rand.IntN(len(file)))
	}
	for _, n := range at {
		w.refused(w.file(file[:n]), backup.ErrDamaged, backup.ErrForeign)
	}
	w.refused(w.file(append(bytes.Clone(file), 0)), backup.ErrDamaged)
	w.refused(w.file(append(bytes.Clone(file), file...)), backup.ErrDamaged)
}

// TestFlipped alters one bit of a backup.
func TestFlipped(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	made := w.backUp()
	file, err := os.ReadFile(made.Path)
	w.must(err)
	for i := range 80 {
		n := rand.IntN(len(file))
		if i < 20 {
			n = rand.IntN(216) // the head is small, and another matter
		}
		bad := bytes.Clone(file)
		bad[n] ^= 1 << rand.IntN(8)
		w.refused(w.file(bad), backup.ErrDamaged, backup.ErrForeign, backup.ErrOtherKey)
	}
}

// TestHostile refuses files that age opens and that Create does not write:
// whoever knows the recipient can make them.
func TestHostile(t *testing.T) {
	w := newWorld(t)
	r := w.furnish()
	original := "spool/" + string(r.ID) + "/original.age"
	made := w.backUp()
	link := func(kind byte, name, to string) entry {
		return entry{header: tar.Header{Typeflag: kind, Name: name, Linkname: to}}
	}
	text := func(name, data string) entry {
		return entry{tar.Header{Typeflag: tar.TypeReg, Name: name}, []byte(data)}
	}
	insert := func(e ...entry) func([]entry) []entry {
		return func(all []entry) []entry { return append(append(all[:1:1], e...), all[1:]...) }
	}
	manifest := func(change func(m *backup.Manifest)) func([]entry) []entry {
		return func(all []entry) []entry {
			i := find(all, "manifest.json")
			var m backup.Manifest
			w.must(json.Unmarshal(all[i].data, &m))
			change(&m)
			data, err := json.Marshal(m)
			w.must(err)
			all[i].data = data
			return all
		}
	}
	for name, c := range map[string]struct {
		change func([]entry) []entry
		want   error
	}{
		"a path upwards":              {insert(text("../evil", "x")), backup.ErrForeign},
		"a path upwards in between":   {insert(text("spool/../../evil", "x")), backup.ErrForeign},
		"an absolute path":            {insert(text("/tmp/signservice-evil", "x")), backup.ErrForeign},
		"a path with a backslash":     {insert(text(`spool\..\..\evil`, "x")), backup.ErrForeign},
		"a symbolic link":             {insert(link(tar.TypeSymlink, original, "/etc/passwd")), backup.ErrForeign},
		"a linked folder":             {insert(link(tar.TypeSymlink, "spool", "/tmp"), text(original, "x")), backup.ErrForeign},
		"a hard link":                 {insert(link(tar.TypeLink, original, "signservice.db")), backup.ErrForeign},
		"a folder":                    {insert(link(tar.TypeDir, "spool/", "")), backup.ErrForeign},
		"a device":                    {insert(link(tar.TypeChar, "pins/pin-61", "")), backup.ErrForeign},
		"a pipe":                      {insert(link(tar.TypeFifo, "pins/pin-61", "")), backup.ErrForeign},
		"a program":                   {insert(text("pdfium/cache", "x")), backup.ErrForeign},
		"a master key":                {insert(text("master.key", "x")), backup.ErrForeign},
		"a file twice":                {insert(text("signservice.db", "x")), backup.ErrDamaged},
		"a file of no manifest":       {insert(text("pins/pin-62", "x")), backup.ErrDamaged},
		"a manifest that is a link":   {insert(link(tar.TypeSymlink, "manifest.json", "/etc/passwd")), backup.ErrForeign},
		"something behind the end":    {func(all []entry) []entry { return append(all, text("pins/pin-62", "x")) }, backup.ErrDamaged},
		"no manifest":                 {func(all []entry) []entry { return all[:len(all)-1] }, backup.ErrDamaged},
		"no store":                    {func(all []entry) []entry { return append(all[:1:1], all[2:]...) }, backup.ErrDamaged},
		"no note":                     {func(all []entry) []entry { return all[1:] }, backup.ErrForeign},
		"nothing at all":              {func([]entry) []entry { return nil }, backup.ErrForeign},
		"a note of no format":         {func(all []entry) []entry { all[0].data = []byte("{}"); return all }, backup.ErrForeign},
		"a note that is none":         {func(all []entry) []entry { all[0].data = []byte("x"); return all }, backup.ErrForeign},
		"a newer format":              {func(all []entry) []entry { all[0].data = []byte(`{"format":2}`); return all }, backup.ErrNewer},
		"a manifest that is none":     {func(all []entry) []entry { all[len(all)-1].data = []byte("x"); return all }, backup.ErrForeign},
		"a newer store":               {manifest(func(m *backup.Manifest) { m.Migrations = 99 }), backup.ErrNewer},
		"another end of the journal":  {manifest(func(m *backup.Manifest) { m.Seq++ }), backup.ErrAudit},
		"another hash of the journal": {manifest(func(m *backup.Manifest) { m.Hash = strings.Repeat("0", 64) }), backup.ErrAudit},
		"a wrong checksum": {manifest(func(m *backup.Manifest) {
			m.Files[2].SHA256 = strings.Repeat("0", 64)
		}), backup.ErrDamaged},
		"a file too few": {manifest(func(m *backup.Manifest) { m.Files = m.Files[:3] }), backup.ErrDamaged},
		"no files":       {manifest(func(m *backup.Manifest) { m.Files = nil }), backup.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.refused(w.seal(w.pack(c.change(w.unpack(made.Path)), "")), c.want)
		})
	}
	w.t = t
	w.refused(w.seal(w.pack(w.unpack(made.Path), "more")), backup.ErrDamaged)
	w.refused(w.seal([]byte("Dear Sir or Madam\n")), backup.ErrDamaged)
	w.refused(w.seal(bytes.Repeat([]byte("Dear Sir or Madam\n"), 100)), backup.ErrForeign)
	w.refused(w.file([]byte("Dear Sir or Madam\n")), backup.ErrForeign)
	if _, err := os.Lstat("/tmp/signservice-evil"); !errors.Is(err, os.ErrNotExist) {
		t.Error("a name led out of the folder")
	}
}

// TestForged refuses what fits its manifest and is not what the master key knows.
func TestForged(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	// replaced is a backup in which a file was exchanged, by one who can also
	// write the manifest anew.
	replaced := func(name string, data []byte) string {
		t.Helper()
		forger := newWorld(t)
		r, err := backup.Restore(t.Context(), backup.RestoreConfig{In: w.backUp().Path, Identity: w.keyFile, Dir: filepath.Join(forger.shelf, "d")})
		w.must(err)
		dir := filepath.Join(forger.shelf, "d")
		_, records, _ := forger.open(dir, w.keeper) // the store is as it was
		w.must(os.WriteFile(filepath.Join(dir, name), data, 0o600))
		c := w.config()
		c.Dir, c.Source, c.Out = dir, records, filepath.Join(forger.shelf, "forged.age")
		made, err := backup.Create(t.Context(), c)
		w.must(err)
		if r.Proved {
			t.Error("proved without a key")
		}
		w.must(os.RemoveAll(w.shelf))
		w.must(os.Mkdir(w.shelf, 0o700))
		return made.Path
	}
	strange, err := secret.New(bytes.Repeat([]byte{9}, secret.MasterSize))
	w.must(err)
	sealed, err := strange.Seal([]byte("AGE-SECRET-KEY-1"), []byte("spool identity"))
	w.must(err)
	w.refused(replaced("spool/identity.sealed", sealed), secret.ErrOtherKey)
	w.refused(replaced("spool/identity.sealed", []byte("x")), secret.ErrOpen)

	all := w.unpack(w.backUp().Path)
	i := find(all, "signservice.db")
	all[i].data = bytes.Repeat([]byte("no store "), 4096)
	w.sum(all)
	w.refused(w.seal(w.pack(all, "")), app.Internal)
	all[i].data = nil
	w.sum(all)
	w.refused(w.seal(w.pack(all, "")), app.Internal)
}

// sum has the manifest of entries fit them.
func (w *world) sum(all []entry) {
	w.t.Helper()
	var m backup.Manifest
	w.must(json.Unmarshal(all[len(all)-1].data, &m))
	for i := range m.Files {
		m.Files[i].Size, m.Files[i].SHA256 = int64(len(all[i+1].data)), hexSum(all[i+1].data)
	}
	data, err := json.Marshal(m)
	w.must(err)
	all[len(all)-1].data = data
}

// FuzzRestore restores whatever somebody who knows the recipient has encrypted:
// it is a store with its files, or nothing is left of it.
func FuzzRestore(f *testing.F) {
	w := newWorld(f)
	w.furnish()
	all := w.unpack(w.backUp().Path)
	f.Add(w.pack(all, ""))
	f.Add(w.pack(all[:1], ""))
	f.Add(w.pack(append(all[2:3:3], all[len(all)-1]), ""))
	f.Add([]byte("signservice"))
	f.Fuzz(func(t *testing.T, plain []byte) {
		w := *w
		w.t = t
		c := w.restoring(w.seal(plain))
		c.Keeper = nil
		_, err := backup.Restore(t.Context(), c)
		lies := list(t, filepath.Dir(c.Dir))
		for _, name := range lies {
			if err != nil || !strings.HasPrefix(name+"/", "new/") {
				t.Errorf("%v, and there lies %s", err, name)
			}
		}
		if err == nil && len(lies) < 2 {
			t.Error("nothing was restored")
		}
	})
}
