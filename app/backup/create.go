package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"signservice/app"
	"signservice/app/store"
)

// Source is the store that is backed up: a *store.Store, or one in another
// process.
type Source interface {
	// Snapshot copies the store as it is at one moment, as store.Store's does.
	Snapshot(ctx context.Context, begin func(store.Snapshot) (io.Writer, error)) error
	// SaveBackup notes that a backup was made.
	SaveBackup(ctx context.Context, b app.Backup) error
}

// Config says what is backed up, to where and for whom.
type Config struct {
	// Dir is the service's folder, Source the store in it.
	Dir    string
	Source Source
	// Recipients are those of age, "age1…", each of whom alone can open the backup.
	Recipients []string
	// Out is the file to be written or, where it is a folder, the folder: the file
	// then gets a name with the time, see [Name].
	Out string
	// Force replaces a file of the name.
	Force bool
	// Version is that of the program.
	Version string
}

// Made is a backup that was made.
type Made struct {
	app.Backup
	// Path is where it lies.
	Path     string
	Manifest Manifest
}

// Name is the name that a backup of a moment gets in a folder.
func Name(at time.Time) string { return prefix + at.UTC().Format(stamp) + suffix }

const (
	prefix = "signservice-"
	stamp  = "20060102T150405Z"
	suffix = ".age"
)

// unfinished ends the names of files that are being written.
const unfinished = ".part"

// deadAfter is how long nothing was written to an unfinished file whose writer is
// taken for dead.
const deadAfter = 24 * time.Hour

// Create makes a backup and has it noted. It returns when the file is durable
// under its name. An error with ErrNotNoted comes with a good backup.
func Create(ctx context.Context, c Config) (Made, error) {
	all, err := recipients(c.Recipients)
	if err != nil {
		return Made{}, err
	}
	folder, name := filepath.Split(c.Out)
	info, err := os.Stat(c.Out)
	switch {
	case err == nil && info.IsDir():
		folder, name = c.Out, ""
	case err == nil && !c.Force:
		return Made{}, fmt.Errorf("%s: %w", c.Out, ErrExists)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return Made{}, err
	case name == "": // it ends with a separator, and is not there
		return Made{}, err
	}
	if folder == "" {
		folder = "."
	}
	if err := sweep(folder, time.Now()); err != nil {
		return Made{}, err
	}
	made, err := c.create(ctx, folder, name, all)
	if err != nil {
		return Made{}, err
	}
	if err := c.Source.SaveBackup(ctx, made.Backup); err != nil {
		return made, fmt.Errorf("%w: %w", ErrNotNoted, err)
	}
	return made, nil
}

// create writes the file and gives it its name.
func (c Config) create(ctx context.Context, folder, name string, to []age.Recipient) (Made, error) {
	f, err := os.CreateTemp(folder, "."+prefix+"*"+unfinished) // mode 0600
	if err != nil {
		return Made{}, err
	}
	made, err := c.fill(ctx, f, to)
	if err = errors.Join(err, f.Close()); err == nil {
		if name == "" {
			name = Name(made.At)
		}
		made.File, made.Path = name, filepath.Join(folder, name)
		err = place(f.Name(), made.Path, c.Force)
	}
	if err != nil {
		return Made{}, errors.Join(err, remove(f.Name()))
	}
	return made, nil
}

// fill writes the backup into a file and has the disk keep it.
func (c Config) fill(ctx context.Context, f *os.File, to []age.Recipient) (Made, error) {
	sum, size := sha256.New(), new(counter)
	sealed, err := age.Encrypt(io.MultiWriter(f, sum, size), to...)
	if err != nil {
		return Made{}, err
	}
	m, err := c.write(ctx, sealed)
	if err != nil {
		return Made{}, err
	}
	if err := errors.Join(sealed.Close(), f.Sync()); err != nil {
		return Made{}, err
	}
	b := app.Backup{At: m.At, Seq: m.Seq, Hash: m.Hash, Size: int64(*size), SHA256: hex.EncodeToString(sum.Sum(nil))}
	return Made{Backup: b, Manifest: m}, nil
}

// counter counts the bytes written to it.
type counter int64

// Write counts.
func (n *counter) Write(p []byte) (int, error) {
	*n += counter(len(p))
	return len(p), nil
}

// place gives a file its name, durably. Without force no other file loses it.
func place(from, to string, force bool) error {
	if !force {
		err := os.Link(from, to) // the one way that never replaces
		switch {
		case err == nil:
			return errors.Join(os.Remove(from), syncDir(filepath.Dir(to)))
		case errors.Is(err, fs.ErrExist):
			return fmt.Errorf("%s: %w", to, ErrExists)
		}
		// Some file systems, of sticks and of networks, have no links.
		if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, fmt.Errorf("%s: %w", to, ErrExists))
		}
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
}

// sweep removes what processes that were killed have left unfinished in a folder.
func sweep(folder string, now time.Time) error {
	list, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range list {
		if !strings.HasPrefix(e.Name(), "."+prefix) || !strings.HasSuffix(e.Name(), unfinished) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > deadAfter {
			if err := remove(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove removes a file that may be gone.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes a folder's entries durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
