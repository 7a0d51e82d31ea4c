package signer_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"signservice/signer"
	"signservice/signer/signertest"
)

// corpusResult is what became of one file.
type corpusResult struct {
	file string
	err  error // why it was refused
	bad  error // what is wrong with the signed file
}

// TestCorpus signs every file of strangers twice and checks the results as the
// app does: the first signature stays good, and so do those that were there.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("signs every file of the corpus")
	}
	rows := corpus(t)
	id := signertest.SelfSigned(t, signertest.Leaf{})
	files, results := make(chan string), make(chan corpusResult)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for file := range files {
				results <- signStranger(t, file, id)
			}
		})
	}
	go func() {
		for _, row := range rows {
			files <- row["file"]
		}
		close(files)
		workers.Wait()
		close(results)
	}()
	signed := 0
	for r := range results {
		switch {
		case r.bad != nil:
			t.Errorf("%s: %v", r.file, r.bad)
		case r.err == nil:
			signed++
		case unsignable[r.file] == nil || !errors.Is(r.err, unsignable[r.file]):
			t.Errorf("%s: refused with %v, want %v", r.file, r.err, unsignable[r.file])
		}
	}
	if want := len(rows) - len(unsignable); signed != want {
		t.Errorf("%d of %d signed, want %d", signed, len(rows), want)
	}
}

// unsignable are the files that must not be signed, with the reason.
var unsignable = map[string]error{
	"00049.pdf": signer.ErrPassword,
	"00073.pdf": signer.ErrPassword,
	"00361.pdf": signer.ErrPassword,
	"00805.pdf": signer.ErrPassword,
	"00955.pdf": signer.ErrPassword,
	"01291.pdf": signer.ErrPassword,
	"01399.pdf": signer.ErrPassword,
	"01765.pdf": signer.ErrPassword,
	"02023.pdf": signer.ErrPassword,
	"02161.pdf": signer.ErrPassword,
	"02983.pdf": signer.ErrPassword,
	"02989.pdf": signer.ErrPassword,
	"03055.pdf": signer.ErrPassword,
	"03211.pdf": signer.ErrPassword,
	"03271.pdf": signer.ErrPassword,
	"03421.pdf": signer.ErrPassword,
	"03619.pdf": signer.ErrPassword,
	"00091.pdf": signer.ErrPublicKeyEncryption,
	"00967.pdf": signer.ErrPublicKeyEncryption,
	// The owner permits neither annotations nor fields.
	"00529.pdf": signer.ErrPermission,
	"00961.pdf": signer.ErrPermission,
	"01129.pdf": signer.ErrPermission,
	"01969.pdf": signer.ErrPermission,
	"03277.pdf": signer.ErrPermission,
	// A lock with P=1.
	"01339.pdf": signer.ErrCertified,
	"01411.pdf": signer.ErrCertified,
	// Two documents in one file: which one readers show depends on the reader.
	"00295.pdf": signer.ErrDamaged,
	"03247.pdf": signer.ErrNoPages,
	"03319.pdf": signer.ErrNoPages,
}

// signStranger signs one file; the result must be good.
func signStranger(t *testing.T, file string, id *signertest.Identity) corpusResult {
	in, err := os.ReadFile(filepath.Join(corpusDir, file))
	if err != nil {
		return corpusResult{file: file, bad: err}
	}
	out, p, err := trySign(t, in, id.Key, options(id))
	if err != nil {
		return corpusResult{file: file, err: err}
	}
	if !bytes.HasPrefix(out, in) {
		return corpusResult{file: file, bad: errors.New("the input is no prefix")}
	}
	if dir := os.Getenv("SIGNER_OUTPUT"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, file), out, 0o644); err != nil {
			return corpusResult{file: file, bad: err}
		}
	}
	if err := check(t, in, out, p); err != nil {
		return corpusResult{file: file, bad: err}
	}
	again, p, err := trySign(t, out, id.Key, options(id))
	if err != nil {
		return corpusResult{file: file, bad: fmt.Errorf("second signature: %w", err)}
	}
	if err := check(t, out, again, p); err != nil { // the first one with it
		return corpusResult{file: file, bad: fmt.Errorf("second signature: %w", err)}
	}
	return corpusResult{file: file}
}
