//go:build unix && cgo

package remote

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"signservice/signer/signertest"
)

// TestOrphan holds that a helper ends when its service is killed, also one whose
// library hangs.
func TestOrphan(t *testing.T) {
	hsm := signertest.NewHSM(t)
	module, token := signertest.NewFaultModule(t, hsm), hsm.NewToken(t, "office")
	for _, fault := range []string{"", "C_GetSlotList hang"} {
		module.Set(t, fault)
		ours, theirs, err := newChannel()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], "token-helper-of-the-test")
		cmd.ExtraFiles = []*os.File{theirs}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = theirs.Close()
		l := newLink(ours)
		go l.run(t.Context())
		var none struct{}
		if err := l.call(t.Context(), opOpen, openRequest{Module: module.Path, Tokens: []tokenConfig{{Serial: token.Serial}}}, &none); err != nil {
			t.Fatal(err)
		}
		soon, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_ = l.call(soon, opWatch, none, &none) // hangs where the library does
		cancel()
		_ = ours.Close() // as the kernel does for a service that is no more
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Errorf("%q: the helper lives on", fault)
			_ = cmd.Process.Kill()
		}
	}
}
