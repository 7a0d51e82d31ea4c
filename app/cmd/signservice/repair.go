package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"signservice/signer/repair"
)

// repairCommand is the child process of package signer/repair: one document, and
// then it ends.
type repairCommand struct {
	Memory int64 `arg:"" help:"Most bytes of memory."`
}

// Run rewrites the document on standard input to standard output.
func (c *repairCommand) Run(std streams) error {
	if err := repair.Child(std.in, std.out, c.Memory); err != nil {
		return &exitError{code: repair.ExitRefused, err: err}
	}
	return nil
}

// document gives what is to be signed: the file itself or, where it is damaged
// and the user agrees, what a repair made of it.
func (c *signCommand) document(ctx context.Context, std streams, in io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	if !c.Repair {
		return in, size, nil
	}
	command, err := childCommand("repair")
	if err != nil {
		return nil, 0, err
	}
	result, err := repair.New(repair.Config{Command: command}).Repair(ctx, in, size)
	if errors.Is(err, repair.ErrHealthy) {
		return in, size, nil
	}
	if err != nil {
		return nil, 0, err
	}
	fmt.Fprintf(std.out, "repaired %s (%s): %d pages\n", c.In, result.Damage, result.Pages)
	return bytes.NewReader(result.Document), int64(len(result.Document)), nil
}
