package remote_test

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// helperProcesses gives the ids of this test's helpers.
func helperProcesses(t *testing.T) []int {
	t.Helper()
	found, _ := filepath.Glob("/proc/[0-9]*/stat")
	if len(found) == 0 {
		t.Skip("there is no /proc here")
	}
	var ids []int
	for _, stat := range found {
		data, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended
		}
		// pid (command) state parent …: see proc(5); a zombie has no arguments.
		_, rest, _ := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest)
		args, err := os.ReadFile(filepath.Join(filepath.Dir(stat), "cmdline"))
		if err != nil || len(fields) < 2 || fields[1] != strconv.Itoa(os.Getpid()) || !strings.Contains(string(args), helperArgument) {
			continue
		}
		id, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// killHelper ends this test's helpers, as the kernel does when memory is short.
func killHelper(t *testing.T) {
	t.Helper()
	for _, id := range helperProcesses(t) {
		if err := syscall.Kill(id, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
			t.Fatal(err)
		}
	}
}
