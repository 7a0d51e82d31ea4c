package preview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// A worker runs one call at a time. It has a pool, and so a runtime, of its own
// since go-pdfium gives no other way to interrupt one instance that is safe
// while the instance runs: Kill races with it.
type worker struct {
	pool      pdfium.Pool // nil before start and after stop
	arena     *arena
	interrupt context.CancelFunc
}

// start makes a worker ready. Called with a worker that nobody else has.
func (r *Renderer) start(w *worker) error {
	r.starting.Lock()
	defer r.starting.Unlock()
	begin := time.Now()
	if r.cache == nil {
		cache, kept := r.openCache()
		if kept {
			if err := r.compileApart(); err != nil {
				return errors.Join(err, cache.Close(context.Background()))
			}
		}
		r.cache = cache
	}
	arena, err := newArena(r.config.MemoryPages)
	if err != nil {
		return err
	}
	ctx, interrupt := context.WithCancel(experimental.WithMemoryAllocator(context.Background(), arena.allocator()))
	pool, err := webassembly.Init(webassembly.Config{
		Context: ctx,
		// No instance is kept: each call gets a fresh one.
		MinIdle: 0, MaxIdle: 0, MaxTotal: 1,
		// go-pdfium would show the whole file system were this nil.
		FSConfig: wazero.NewFSConfig().WithFSMount(findFonts(r.config.FontDirs), "/"),
		Stdout:   io.Discard, Stderr: io.Discard,
		RuntimeConfig: wazero.NewRuntimeConfig().
			WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
			WithCompilationCache(r.cache).
			WithMemoryLimitPages(r.config.MemoryPages).
			WithCloseOnContextDone(true),
	})
	if err != nil {
		interrupt()
		return errors.Join(fmt.Errorf("start pdfium: %w", err), arena.unmap())
	}
	w.pool, w.arena, w.interrupt = pool, arena, interrupt
	r.config.Logger.Debug("preview worker started", "took", time.Since(begin))
	return nil
}

// stop frees what the worker has. It can be started again.
func (w *worker) stop() error {
	if w.pool == nil {
		return nil
	}
	w.interrupt()
	err := errors.Join(w.pool.Close(), w.arena.unmap())
	*w = worker{}
	if err != nil {
		return fmt.Errorf("stop pdfium: %w", err)
	}
	return nil
}

// run gives a fresh instance to call and throws it away.
func (w *worker) run(ctx context.Context, call func(pdfium.Pdfium) error) error {
	instance, err := w.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return fmt.Errorf("make an instance: %w", err)
	}
	err = call(instance)
	// Of no consequence: after a fault the instance cannot clean up inside,
	// and its memory goes in any case.
	_ = instance.Close()
	return err
}

var errOpenToOthers = errors.New("others may write to it")

// openCache opens the folder with the compiled program, which is kept, or else a
// cache that lasts as long as the Renderer.
func (r *Renderer) openCache() (cache wazero.CompilationCache, kept bool) {
	if r.config.CacheDir == "" {
		return wazero.NewCompilationCache(), false
	}
	cache, err := openCacheDir(r.config.CacheDir)
	if err != nil {
		r.config.Logger.Warn("preview cache not used", "dir", r.config.CacheDir, "error", err)
		return wazero.NewCompilationCache(), false
	}
	return cache, true
}

func openCacheDir(dir string) (wazero.CompilationCache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make cache: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("look at cache: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("cache with mode %v: %w", info.Mode().Perm(), errOpenToOthers)
	}
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open cache: %w", err)
	}
	return cache, nil
}
