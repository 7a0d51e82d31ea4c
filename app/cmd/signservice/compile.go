package main

import (
	"context"

	"signservice/signer/preview"
)

// compileCommand is the process that compiles PDFium for the previews, which
// takes five times the memory of all the rest.
type compileCommand struct {
	Dir string `arg:"" help:"Folder that keeps the result." type:"path"`
}

// Run compiles, and ends.
func (c *compileCommand) Run(ctx context.Context) error { return preview.Compile(ctx, c.Dir) }
