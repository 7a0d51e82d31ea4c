package backup

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
)

// The names in a backup are the paths below the service's folder, with "/".
const (
	noteName     = "signservice-backup.json"
	manifestName = "manifest.json"
	storeName    = "signservice.db"
	spoolKeyName = "spool/identity.sealed"
)

// spoolName and pinName are the files beside the store that belong into a backup,
// by their names in packages spool and keys. Whatever else lies in the folder is
// made anew, or is none of ours.
var (
	spoolName = regexp.MustCompile(`^spool/[0-9a-f]{16,64}/[a-z]{1,16}\.age$`)
	pinName   = regexp.MustCompile(`^pins/pin-(key|[0-9a-f]{1,200})$`)
)

// belongs tells whether a file of this name may be in a backup. What does not is
// never written to a disk, so no name leads out of the folder.
func belongs(name string) bool {
	return name == storeName || name == spoolKeyName || spoolName.MatchString(name) || pinName.MatchString(name)
}

// beside gives the files beside the store, the spool's key first: without it the
// others are worth nothing. What is gone while it looks is left out.
func beside(dir string) ([]string, error) {
	var names []string
	for _, tree := range []string{"spool", "pins"} {
		err := filepath.WalkDir(filepath.Join(dir, tree), func(file string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			below, err := filepath.Rel(dir, file)
			if name := filepath.ToSlash(below); err == nil && belongs(name) {
				names = append(names, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if i := slices.Index(names, spoolKeyName); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, spoolKeyName)
	}
	return names, nil
}

// local is a name as a path of this system.
func local(dir, name string) string { return filepath.Join(dir, filepath.FromSlash(path.Clean(name))) }
