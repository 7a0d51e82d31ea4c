//go:build unix

package remote

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// helperFile is the descriptor at which a helper finds its socket: the first
// behind the standard files.
const helperFile = 3

// newChannel gives both ends of a connection that has no name.
func newChannel() (ours net.Conn, theirs *os.File, err error) {
	syscall.ForkLock.RLock() // nobody forks before the flag is set
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(pair[0])
		syscall.CloseOnExec(pair[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("make a pair of sockets: %w", err)
	}
	here, theirs := os.NewFile(uintptr(pair[0]), "helper"), os.NewFile(uintptr(pair[1]), "service") //nolint:gosec // descriptors are small
	ours, err = net.FileConn(here)
	if err := errors.Join(err, here.Close()); err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return ours, theirs, nil
}

// inherited gives the helper's end, and sees to it that a crash leaves no core
// file, which would hold the PIN.
func inherited() (net.Conn, error) {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return nil, fmt.Errorf("forbid core files: %w", err)
	}
	f := os.NewFile(helperFile, "service")
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, errors.New("this command is for the service alone, which starts it")
	}
	return conn, f.Close()
}
