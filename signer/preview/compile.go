package preview

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// markerName is the file that tells for which program a cache was filled.
const markerName = "compiled-for"

// Compile compiles PDFium into a cache folder, and ends. It is the work of the
// process that [Config.Compile] starts.
func Compile(ctx context.Context, dir string) error {
	cache, err := openCacheDir(dir) // the Renderer would do without one
	if err != nil {
		return err
	}
	if err := cache.Close(ctx); err != nil {
		return fmt.Errorf("close cache: %w", err)
	}
	r := New(Config{CacheDir: dir, Workers: 1})
	if err := errors.Join(r.Warm(ctx), r.Close()); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, markerName), []byte(build()), 0o600); err != nil {
		return fmt.Errorf("mark cache: %w", err)
	}
	return nil
}

// build names what the compiled code depends on: the versions of PDFium and of its
// compiler, and the kind of machine.
func build() string {
	parts := []string{runtime.GOOS, runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if strings.HasSuffix(m.Path, "/go-pdfium") || strings.HasSuffix(m.Path, "/wazero") {
				parts = append(parts, m.Path, m.Version)
			}
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, " ")))
	return hex.EncodeToString(sum[:])
}

// compileTime is the most that compiling may take: four seconds of a processor, on
// a machine that has others to do, or is a small one.
const compileTime = 5 * time.Minute

// retryCompile is how long a compilation that failed is not tried again: it costs
// seconds, and what ended it (mostly want of memory) seldom passes at once.
const retryCompile = 5 * time.Minute

// compileApart has a process of its own fill the cache, unless it is full. Called
// with r.starting held.
func (r *Renderer) compileApart() error {
	command, dir := r.config.Compile, r.config.CacheDir
	if len(command) == 0 || dir == "" || r.apart.done {
		return nil
	}
	if r.apart.err != nil && time.Since(r.apart.at) < retryCompile {
		return r.apart.err
	}
	mark, err := os.ReadFile(filepath.Join(dir, markerName))
	if err == nil && string(mark) == build() {
		r.apart.done = true
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at cache: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), compileTime)
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-r.closing:
			cancel()
		case <-ended:
		}
	}()
	arguments := append(command[1:len(command):len(command)], dir)
	child := exec.CommandContext(ctx, command[0], arguments...)
	child.Env = []string{"GOTRACEBACK=none"} // not nil, which would be ours
	began := time.Now()
	if err := child.Run(); err != nil {
		r.apart.err, r.apart.at = fmt.Errorf("compile pdfium: %w", err), time.Now()
		return r.apart.err
	}
	r.config.Logger.Info("preview compiled", "took", time.Since(began))
	r.apart.done, r.apart.err = true, nil
	return nil
}

// compilation is what is known of the process that compiles.
type compilation struct {
	done bool
	err  error
	at   time.Time // of err
}
