package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"signservice/app"
	"signservice/signer/preview"
)

// pictures gives signing the pages of documents as pictures.
type pictures struct {
	pages *preview.Renderer
	// places bounds how many calls wait or run at once; more are refused, so
	// that a crowd of previews does not take the service's breath.
	places chan struct{}
}

const (
	pictureWorkers = 2
	pictureCrowd   = 24
)

// openPictures makes the renderer; nothing is compiled yet. What is compiled
// is kept below dir, which belongs to the service alone.
func openPictures(dir string, log *slog.Logger) *pictures {
	compile, err := childCommand("compile-pdfium")
	if err != nil {
		log.Debug("the preview is compiled in this process", "error", err)
	}
	return &pictures{
		pages: preview.New(preview.Config{
			CacheDir: filepath.Join(dir, "pdfium"), Compile: compile, Workers: pictureWorkers, Logger: log,
		}),
		places: make(chan struct{}, pictureCrowd),
	}
}

// warm compiles the renderer, or loads what an earlier process has compiled,
// so that the first person does not wait for it.
func (p *pictures) warm(ctx context.Context, log *slog.Logger) {
	began := time.Now()
	if err := p.pages.Warm(ctx); err != nil {
		if ctx.Err() == nil {
			log.WarnContext(ctx, "pages will not be shown as pictures", "error", err)
		}
		return
	}
	log.InfoContext(ctx, "pages can be shown", "took", time.Since(began))
}

// Draw gives a page as PNG.
func (p *pictures) Draw(ctx context.Context, doc io.ReaderAt, size int64, page, width int) ([]byte, error) {
	leave, err := p.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	picture, err := p.pages.Render(ctx, preview.Document{Reader: doc, Size: size}, preview.View{Page: page, Width: width})
	if err != nil {
		return nil, undrawn(err)
	}
	return picture.PNG, nil
}

// Text gives the words of a page.
func (p *pictures) Text(ctx context.Context, doc io.ReaderAt, size int64, page int) (string, error) {
	leave, err := p.enter()
	if err != nil {
		return "", err
	}
	defer leave()
	text, err := p.pages.Text(ctx, preview.Document{Reader: doc, Size: size}, page)
	return text, undrawn(err)
}

// enter takes a place, or refuses where there is none.
func (p *pictures) enter() (leave func(), err error) {
	select {
	case p.places <- struct{}{}:
		return func() { <-p.places }, nil
	default:
		failure := app.Fail(app.Unavailable, "draw page", "picture.busy")
		failure.After = 2 * time.Second
		return nil, failure
	}
}

// undrawn turns the renderer's refusal into the domain's words. Errors of the
// document's reader and of the context stay as they are.
func undrawn(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, preview.ErrLimit):
		return app.Fail(app.Unsupported, "draw page", "picture.limit").Because(err)
	case errors.Is(err, preview.ErrClosed):
		return app.Fail(app.Unavailable, "draw page", "picture.none").Because(err)
	case errors.Is(err, preview.ErrDamaged), errors.Is(err, preview.ErrPassword), errors.Is(err, preview.ErrNoPage):
		return app.Fail(app.Unsupported, "draw page", "picture.undrawable").Because(err)
	}
	return fmt.Errorf("draw page: %w", err)
}
