package bitrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// ErrNotRun is the error of a command of a batch that was not reached,
// because the batch has not run, or stopped at an earlier error.
var ErrNotRun = errors.New("command did not run")

// Batch is a list of up to 50 commands that go out as one call.
// https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
//
//	var b bitrix.Batch
//	deal := bitrix.Add(&b, bitrix.GetItem(bitrix.EntityDeal, 8061))
//	comments := bitrix.Add(&b, bitrix.ListComments(bitrix.EntityDeal, 8061))
//	if err := portal.Run(ctx, &b); err != nil { … } // nothing has run
//	item, err := deal.Value()                       // each may fail by itself
//
// Commands with files cannot be part of a batch. A Batch runs once and is not
// safe for several goroutines.
type Batch struct {
	// Halt ends the batch at the first command that fails.
	Halt bool

	entries []entry
	ran     bool
}

// entry is a command that waits in a batch. Exactly one of its functions is
// called after the run.
type entry struct {
	request
	done func(host string, raw json.RawMessage, next, total Int)
	fail func(error)
}

// Result is the outcome of one command of a batch.
type Result[T any] struct {
	value T
	err   error
	next  Int
	total Int
}

// Value returns the command's result, or its own error: [*Error] if the
// portal refused it, [ErrNotRun] if it was not reached.
func (r *Result[T]) Value() (T, error) { return r.value, r.err }

// More reports whether a list command has further pages.
func (r *Result[T]) More() bool { return r.next > 0 }

// Total returns the number of records that a list command has in all its
// pages, as far as the portal tells.
func (r *Result[T]) Total() int { return int(r.total) }

// Add puts a command into a batch and returns the place of its result, which
// is filled by [Client.Run].
func Add[T any](b *Batch, cmd Command[T]) *Result[T] {
	r := &Result[T]{err: fmt.Errorf("%s: %w", cmd.method, ErrNotRun)}
	b.entries = append(b.entries, entry{
		request: cmd.request,
		done: func(host string, raw json.RawMessage, next, total Int) {
			r.value, r.err = cmd.result(host, raw)
			r.next, r.total = next, total
		},
		fail: func(err error) { r.err = err },
	})
	return r
}

// Len returns the number of commands.
func (b *Batch) Len() int { return len(b.entries) }

// outcomes is the result of a batch. Each map is a list when it is empty.
type outcomes struct {
	Result Map[json.RawMessage] `json:"result"`
	Errors Map[json.RawMessage] `json:"result_error"`
	Next   Map[Int]             `json:"result_next"`
	Total  Map[Int]             `json:"result_total"`
}

// Run sends a batch and distributes the results. The error it returns
// concerns the batch as a whole; the commands' own errors are at their
// results. An empty batch succeeds without a call.
func (c *Client) Run(ctx context.Context, b *Batch) error {
	if len(b.entries) == 0 {
		return nil
	}
	cmd, err := b.command()
	if err != nil {
		return err
	}
	b.ran = true
	all, err := Call(ctx, c, cmd)
	if err != nil {
		for _, e := range b.entries {
			e.fail(err)
		}
		return err
	}
	for i, e := range b.entries {
		b.distribute(c, e, entryName(i), all)
	}
	return nil
}

func (b *Batch) distribute(c *Client, e entry, name string, all outcomes) {
	if raw, ok := all.Errors[name]; ok {
		own := fields{"error": json.RawMessage(`""`)}
		_ = json.Unmarshal(raw, &own) // of another shape: an error without words
		failed := own.readError(own["error"])
		failed.Method, failed.Host, failed.Status = e.method, c.base.Host, http.StatusOK
		failed.Lost = e.write && failed.mayHaveRun()
		e.fail(failed)
		return
	}
	if raw, ok := all.Result[name]; ok {
		e.done(c.base.Host, raw, all.Next[name], all.Total[name])
	}
}

// command writes the batch as a call: each entry is "method?query".
func (b *Batch) command() (Command[outcomes], error) {
	cmd := Read[outcomes]("batch", nil)
	switch {
	case b.ran:
		return cmd, errors.New("batch has run already")
	case len(b.entries) > MaxBatch:
		return cmd, fmt.Errorf("batch of %d commands: %d are allowed", len(b.entries), MaxBatch)
	}
	commands := make(Params, len(b.entries))
	for i, e := range b.entries {
		query, err := encodeQuery(e.params)
		if err != nil {
			return cmd, fmt.Errorf("batch: %s: %w", e.method, err)
		}
		commands[entryName(i)] = e.method + "?" + query
		cmd.write = cmd.write || e.write
	}
	halt := 0
	if b.Halt {
		halt = 1
	}
	cmd.params = Params{"halt": halt, "cmd": commands}
	return cmd, nil
}

// entryName begins with a letter: PHP would make a list of numbered ones.
func entryName(i int) string { return "c" + strconv.Itoa(i) }
