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
	rows, unsignable := corpus(t), signertest.Refusals(t, "testdata/refusals.tsv")
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
		case unsignable[r.file] == "" || !errors.Is(r.err, reasons[unsignable[r.file]]):
			t.Errorf("%s: refused with %v, want %q", r.file, r.err, unsignable[r.file])
		}
	}
	if want := len(rows) - len(unsignable); signed != want {
		t.Errorf("%d of %d signed, want %d", signed, len(rows), want)
	}
}

// reasons are those of the list.
var reasons = map[string]error{
	"password": signer.ErrPassword, "public key": signer.ErrPublicKeyEncryption, "permission": signer.ErrPermission,
	"certified": signer.ErrCertified, "no page": signer.ErrNoPages, "damaged": signer.ErrDamaged,
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
