// Command yardstick is what signservice is measured against and by.
//
//	yardstick floor [-sync] KEY IN OUT   what nobody can do without to sign a file
//	yardstick run [-limit TIME] PROGRAM ARG…   run a program, print what it cost as JSON
//	yardstick                            start and end
//
// The floor is one read of the file with SHA-256, one written copy and one
// RSA signature, in the order of a simple program: read, hash, write, until the
// end. A process's peak memory begins with that of the process that started it
// (the kernel keeps it over exec), so programs are measured from here, which is
// small, and not from a test.
package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		return
	}
	var err error
	switch os.Args[1] {
	case "floor":
		err = floor(os.Args[2:])
	case "run":
		err = run(os.Args[2:])
	default:
		err = errors.New("usage: yardstick [floor|run]")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "yardstick:", err)
		os.Exit(2)
	}
}

// floor copies a file, hashes it meanwhile, and signs the digest.
func floor(args []string) error {
	flags := flag.NewFlagSet("floor", flag.ExitOnError)
	sync := flags.Bool("sync", false, "wait for the disk")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 3 {
		return errors.New("usage: yardstick floor [-sync] KEY IN OUT")
	}
	key, err := readKey(flags.Arg(0))
	if err != nil {
		return err
	}
	digest, err := copyFile(flags.Arg(1), flags.Arg(2), *sync)
	if err != nil {
		return err
	}
	_, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest)
	return err
}

func readKey(name string) (*rsa.PrivateKey, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("no key in PEM form")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	r, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("no RSA key")
	}
	return r, nil
}

func copyFile(from, to string, sync bool) (digest []byte, err error) {
	in, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return nil, err
	}
	hash, buffer := sha256.New(), make([]byte, 256<<10)
	for {
		n, err := in.Read(buffer)
		hash.Write(buffer[:n])
		if _, err := out.Write(buffer[:n]); err != nil {
			return nil, err
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if sync {
		if err := errors.Join(out.Sync(), syncFolder(filepath.Dir(to))); err != nil {
			return nil, err
		}
	}
	return hash.Sum(nil), out.Close()
}

func syncFolder(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// A cost is what a program took.
type cost struct {
	Exit   int           `json:"exit"`   // -1 when a signal ended it
	Signal string        `json:"signal"` // "" when none did
	Wall   time.Duration `json:"wall"`
	CPU    time.Duration `json:"cpu"`  // user and system
	Peak   int64         `json:"peak"` // bytes
	Stderr string        `json:"stderr"`
}

// run starts a program and prints what it cost.
func run(args []string) error {
	flags := flag.NewFlagSet("run", flag.ExitOnError)
	limit := flags.Duration("limit", time.Hour, "when the program is killed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("usage: yardstick run [-limit TIME] PROGRAM ARG…")
	}
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	stderr := &head{}
	cmd := exec.CommandContext(ctx, flags.Arg(0), flags.Args()[1:]...)
	cmd.Stderr = stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	c := cost{Exit: cmd.ProcessState.ExitCode(), Wall: wall, Stderr: string(stderr.bytes)}
	c.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.Peak = u.Maxrss << 10
	}
	if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		c.Signal = s.Signal().String()
	}
	return json.NewEncoder(os.Stdout).Encode(c)
}

// A head keeps the beginning of what a program says: enough to name a panic.
type head struct{ bytes []byte }

func (h *head) Write(b []byte) (int, error) {
	h.bytes = append(h.bytes, b[:min(len(b), 2000-len(h.bytes))]...)
	return len(b), nil
}
