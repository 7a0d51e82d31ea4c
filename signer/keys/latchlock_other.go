//go:build !(darwin || freebsd || linux || netbsd || openbsd)

package keys

import "os"

// tryLock does nothing where there is no flock: two programs that log in at the
// same moment may take each other's login for a refusal, which errs on the safe
// side.
func tryLock(*os.File) (bool, error) { return true, nil }

// syncDir does nothing where folders cannot be synced.
func syncDir(string) error { return nil }
