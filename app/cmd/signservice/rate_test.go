package main

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signservice/signer"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// Workers and documents of the rate.
const (
	rateWorkers = 4
	rateBatch   = 60
	rateSize    = 1_000_000
)

// rate tells how many documents of 1 MB are signed in a second within one
// process, with a token and four workers, beside the floor with the same token.
func (w *figuresWorld) rate(tb testing.TB) figure {
	tb.Helper()
	key, chain := tokenKey(tb)
	o := signer.Options{Certificate: key.Certificate(), Chain: chain}
	ours := func(in, out *os.File) error { return signOpen(tb, in, out, key, o) }
	least := func(in, out *os.File) error { return floorOpen(in, out, key) }
	pairs := w.pairs(tb)
	var theirs, again, mine []time.Duration
	for turn := range w.turns(10) + 1 {
		a, b, c := batch(tb, pairs, least), batch(tb, pairs, ours), batch(tb, pairs, least)
		if turn > 0 { // the first one warms the caches
			theirs, mine, again = append(theirs, a), append(mine, b), append(again, c)
		}
	}
	perSecond := func(d time.Duration) float64 { return rateBatch / d.Seconds() }
	limit := middle(append(append([]time.Duration{}, theirs...), again...))
	share := float64(limit) / float64(middle(mine))
	return figure{
		what: "signatures/s, 1 MB, SoftHSM2, 4 workers",
		ours: fmt.Sprintf("%.0f/s", perSecond(middle(mine))), floor: fmt.Sprintf("%.0f/s", perSecond(limit)),
		ratio: fmt.Sprintf("%.0f %%", 100*share), noise: fmt.Sprintf("%.2f", float64(middle(again))/float64(middle(theirs))),
		target: "≥ 75 %", reached: share >= .75, hasVerdict: true,
	}
}

// tokenKey gives an RSA key on a SoftHSM2 token, and its issuers.
func tokenKey(tb testing.TB) (*keys.Signer, []*x509.Certificate) {
	tb.Helper()
	token := signertest.NewHSM(tb).NewToken(tb, "figures")
	ca := signertest.NewCA(tb, signertest.CAOptions{})
	token.Put(tb, []byte{1}, "rsa", ca.Issue(tb, signertest.Leaf{Algorithm: signertest.RSA2048}))
	registry, err := keys.Open(keys.Config{Tokens: []keys.TokenConfig{{
		Module: token.Module, Serial: token.Serial,
		PIN: keys.PINFile(signertest.WriteFile(tb, "pin", []byte(token.PIN))),
	}}, Latch: keys.NewFileLatch(tb.TempDir())})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := registry.Close(); err != nil {
			tb.Error(err)
		}
	})
	key, err := registry.Signer(tb.Context(), keys.KeyID{Token: token.Serial, ID: "01"})
	if err != nil {
		tb.Fatal(err)
	}
	return key, []*x509.Certificate{ca.Issuing.Certificate}
}

// pairs are a document and a place for its signed copy, for each worker.
func (w *figuresWorld) pairs(tb testing.TB) [][2]*os.File {
	tb.Helper()
	data := signertest.PDF{Pages: 20, Size: rateSize}.Bytes()
	var all [][2]*os.File
	for i := range rateWorkers {
		name := filepath.Join(w.fast, fmt.Sprintf("rate%d", i))
		if err := os.WriteFile(name, data, 0o600); err != nil {
			tb.Fatal(err)
		}
		in, err := os.Open(name)
		if err != nil {
			tb.Fatal(err)
		}
		out, err := os.Create(name + ".out")
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { in.Close(); out.Close() })
		all = append(all, [2]*os.File{in, out})
	}
	return all
}

// batch has all workers sign until the batch is done, and tells how long it took.
func batch(tb testing.TB, pairs [][2]*os.File, sign func(in, out *os.File) error) time.Duration {
	tb.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for _, p := range pairs {
		group.Go(func() {
			for next.Add(1) <= rateBatch {
				if err := sign(p[0], p[1]); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	return time.Since(start)
}

// signOpen does what the program does with open files.
func signOpen(tb testing.TB, in, out *os.File, key crypto.Signer, o signer.Options) error {
	if err := rewind(out); err != nil {
		return err
	}
	info, err := in.Stat()
	if err != nil {
		return err
	}
	_, err = signer.SignFile(tb.Context(), out, in, info.Size(), signer.Order{Options: o, Key: key})
	return err
}

// floorOpen does what nobody can do without: one read, SHA-256, one written
// copy, one signature.
func floorOpen(in, out *os.File, key crypto.Signer) error {
	if err := rewind(out); err != nil {
		return err
	}
	hash, buffer := sha256.New(), make([]byte, 256<<10)
	for off := int64(0); ; {
		n, err := in.ReadAt(buffer, off)
		hash.Write(buffer[:n])
		if _, err := out.Write(buffer[:n]); err != nil {
			return err
		}
		if off += int64(n); err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	_, err := key.Sign(rand.Reader, hash.Sum(nil), crypto.SHA256)
	return err
}

func rewind(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}
