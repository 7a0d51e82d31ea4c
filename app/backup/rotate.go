package backup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Rotate removes all backups of a folder but the newest ones, by the time in
// their names, and gives the names of those removed. Files that do not have the
// form of [Name] are none of its.
func Rotate(folder string, keep int) (removed []string, err error) {
	list, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range list {
		if e.Type().IsRegular() && named(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names) // which is by time
	for len(names) > max(keep, 1) {
		if err := remove(filepath.Join(folder, names[0])); err != nil {
			return removed, err
		}
		removed, names = append(removed, names[0]), names[1:]
	}
	return removed, nil
}

// named tells whether a name is one that Name gives.
func named(name string) bool {
	rest, ours := strings.CutPrefix(name, prefix)
	rest, whole := strings.CutSuffix(rest, suffix)
	_, err := time.Parse(stamp, rest)
	return ours && whole && err == nil
}
