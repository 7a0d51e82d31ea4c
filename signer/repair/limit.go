package repair

import "time"

// Limits bound what a repair may use. The zero value works.
type Limits struct {
	// Memory is the most memory of the child process, in bytes; 0 means 512 MiB.
	// On Linux the kernel holds the child to it, elsewhere it is a wish.
	Memory int64
	// Size is the largest document, in bytes; 0 means 64 MiB.
	Size int64
	// Timeout is the longest time; 0 means 30 seconds.
	Timeout time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.Memory <= 0 {
		l.Memory = 512 << 20
	}
	if l.Size <= 0 {
		l.Size = 64 << 20
	}
	if l.Timeout <= 0 {
		l.Timeout = 30 * time.Second
	}
	return l
}
