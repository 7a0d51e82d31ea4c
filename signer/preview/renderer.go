package preview

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/tetratelabs/wazero"
)

// Config says how much the previews may use. The zero value works.
type Config struct {
	// CacheDir keeps the compiled PDFium between processes. It is made when
	// absent. It must belong to this program alone: what is in it is run.
	// Empty: nothing is kept, each process compiles.
	CacheDir string
	// Compile is a command that fills CacheDir: a program that calls [Compile]
	// with its last argument, which is added. PDFium is then compiled in a
	// process of its own, which may be ended for want of memory without harm to
	// this one. Empty: it is compiled here, at 320 MB.
	Compile []string
	// FontDirs are the folders with fonts for documents that embed none; nil
	// means the system's. They are all that PDFium sees of the file system.
	FontDirs []string
	// MemoryPages is the most memory of one call, in pages of 64 KiB. 0 means
	// 4096, which is 256 MiB.
	MemoryPages uint32
	// Timeout is the longest time of one call, waiting for a free worker and
	// the first compilation apart. 0 means 10 seconds.
	Timeout time.Duration
	// Workers is how many calls run at once; others wait. 0 means 2.
	Workers int
	// MaxPixels bounds a picture; larger ones are made smaller. 0 means
	// 8 million, an A4 page at 290 dpi.
	MaxPixels int
	// Logger tells of compilations and of workers that were replaced. nil
	// means silence.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.FontDirs == nil {
		c.FontDirs = []string{"/usr/share/fonts", "/usr/local/share/fonts"}
	}
	if c.MemoryPages == 0 {
		c.MemoryPages = 256 << 20 >> 16
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Workers <= 0 {
		c.Workers = 2
	}
	if c.MaxPixels <= 0 {
		c.MaxPixels = 8_000_000
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// A Renderer draws pages. Any number of goroutines may use it at once.
type Renderer struct {
	config Config

	// idle holds the workers that nobody uses. A worker that is taken out is
	// its taker's alone until it is put back.
	idle    chan *worker
	closing chan struct{}
	close   sync.Once

	// starting is held while a worker starts, so that two do not compile the
	// same program at once. It guards cache and apart.
	starting sync.Mutex
	cache    wazero.CompilationCache
	apart    compilation
}

// New makes a Renderer. It starts nothing: see [Renderer.Warm].
func New(config Config) *Renderer {
	r := &Renderer{config: config.withDefaults(), closing: make(chan struct{})}
	r.idle = make(chan *worker, r.config.Workers)
	for range r.config.Workers {
		r.idle <- &worker{}
	}
	return r
}

// Warm compiles PDFium, or loads it from the cache, and waits until the first
// page can be drawn without delay. Calling it again is cheap. When ctx ends
// before, Warm returns and the compilation goes on.
func (r *Renderer) Warm(ctx context.Context) error {
	w, err := r.take(ctx)
	if err != nil {
		return fmt.Errorf("warm the preview: %w", err)
	}
	r.idle <- w
	return nil
}

// Close ends the calls that wait, waits for those that run, and frees
// everything. Calls after it return [ErrClosed].
func (r *Renderer) Close() error {
	var errs []error
	r.close.Do(func() {
		close(r.closing)
		for range cap(r.idle) { // a compilation under way brings its worker back too
			w := <-r.idle
			errs = append(errs, w.stop())
		}
		if r.cache != nil {
			errs = append(errs, r.cache.Close(context.Background()))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the preview: %w", err)
	}
	return nil
}

// take waits for a worker that is ready to work.
func (r *Renderer) take(ctx context.Context) (*worker, error) {
	select { // first of all, since a select with several ready picks any
	case <-r.closing:
		return nil, ErrClosed
	default:
	}
	var w *worker
	select {
	case w = <-r.idle:
	case <-r.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if w.pool != nil {
		return w, nil
	}
	// Starting cannot be interrupted, so it goes on when the caller leaves,
	// and the worker is put back by whoever is there at its end.
	started := make(chan error, 1)
	go func() { started <- r.start(w) }()
	select {
	case err := <-started:
		if err != nil {
			r.idle <- w
			return nil, err
		}
		return w, nil
	case <-ctx.Done():
		go func() {
			if err := <-started; err != nil {
				r.config.Logger.Warn("preview did not start", "error", err)
			}
			r.idle <- w
		}()
		return nil, ctx.Err()
	}
}

// do runs a call in an instance of its own. The instance is interrupted when the
// time is over or ctx ends.
func (r *Renderer) do(ctx context.Context, call func(pdfium.Pdfium) error) error {
	w, err := r.take(ctx)
	if err != nil {
		return err
	}
	defer func() { r.idle <- w }()

	limited, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	release := context.AfterFunc(limited, w.interrupt)
	err = w.run(limited, call)
	if interrupted := !release(); interrupted {
		// Nothing can run in this worker any more.
		r.config.Logger.Warn("preview worker replaced", "cause", context.Cause(limited))
		if stopErr := w.stop(); stopErr != nil {
			r.config.Logger.Warn("preview worker did not stop", "error", stopErr)
		}
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return fmt.Errorf("%w: not done after %v", ErrLimit, r.config.Timeout)
	}
	return explain(err)
}
