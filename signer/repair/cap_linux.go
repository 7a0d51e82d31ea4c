package repair

import "syscall"

// capMemory has the kernel refuse this process more than this many bytes of its
// own data (setrlimit(2), RLIMIT_DATA: private writable mappings, since Linux
// 4.7). RLIMIT_AS would count what Go only reserves, too.
func capMemory(bytes int64) error {
	limit := syscall.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		return err
	}
	return syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) // documents leave no dumps
}
