//go:build linux || darwin

package doctor

import "syscall"

// room is what an ordinary user may still write to the folder's disk, in bytes.
func room(dir string) (int64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // the types differ by system
}
