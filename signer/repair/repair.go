package repair

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"strconv"
	"time"
)

// Config says how documents are repaired. Command is required.
type Config struct {
	// Command starts the child process, which calls [Child]: the program and its
	// arguments. The memory limit in bytes is added as the last argument.
	Command []string
	// Limits bound each repair.
	Limits Limits
	// Logger gets what pdfcpu says; nil means silence. It may hold words of the
	// document's structure, not of its pages.
	Logger *slog.Logger
}

// A Repairer repairs documents. Any number of goroutines may use it at once; each
// call takes as much memory as its limits say.
type Repairer struct{ config Config }

// New makes a Repairer.
func New(c Config) *Repairer {
	c.Limits = c.Limits.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Repairer{c}
}

// A Result is a repaired document.
type Result struct {
	// Document is the whole file.
	Document []byte
	// Pages is how many pages it has.
	Pages int
	// Damage is what was wrong with the original, for people who know PDF.
	Damage string
}

// Repair writes a damaged document anew. It returns one of this package's errors,
// the error of ctx, or that of doc.
func (r *Repairer) Repair(ctx context.Context, doc io.ReaderAt, size int64) (*Result, error) {
	if size > r.config.Limits.Size {
		return nil, fmt.Errorf("%w: the document has %d bytes", ErrLimit, size)
	}
	was, err := examine(doc, size)
	if err != nil {
		return nil, err
	}
	// pdfcpu finds fewer objects in a damaged file than package pdf does, so it
	// is given what that one found.
	out, err := r.run(ctx, io.MultiReader(io.NewSectionReader(doc, 0, size), bytes.NewReader(was.mend)), size)
	if err != nil {
		return nil, err
	}
	is, err := was.compare(out)
	if err != nil {
		return nil, err
	}
	return &Result{Document: out, Pages: is.pages, Damage: was.damage}, nil
}

// run has the child rewrite the document.
func (r *Repairer) run(ctx context.Context, doc io.Reader, size int64) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, r.config.Limits.Timeout)
	defer cancel()
	command := append(r.config.Command[1:len(r.config.Command):len(r.config.Command)], strconv.FormatInt(r.config.Limits.Memory, 10))
	child := exec.CommandContext(limited, r.config.Command[0], command...)
	source := &remembering{Reader: doc}
	out, said := &bounded{most: 4*size + 1<<20}, &bounded{most: 4 << 10, drop: true}
	child.Stdin, child.Stdout, child.Stderr = source, out, said
	child.Env = []string{"GOTRACEBACK=none"} // not nil, which would be ours
	child.WaitDelay = time.Second
	err := child.Run()
	switch {
	case source.err != nil:
		return nil, fmt.Errorf("read document: %w", source.err)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return nil, fmt.Errorf("%w: not done after %v", ErrLimit, r.config.Limits.Timeout)
	case out.over:
		return nil, fmt.Errorf("%w: the result has more than %d bytes", ErrLimit, out.most)
	case err == nil:
		return out.kept.Bytes(), nil
	}
	r.config.Logger.Info("document not repaired", "error", err, "said", said.kept.String())
	var exit *exec.ExitError
	switch {
	case !errors.As(err, &exit):
		return nil, fmt.Errorf("start the repair: %w", err)
	case exit.ExitCode() == ExitRefused:
		return nil, fmt.Errorf("%w: pdfcpu does not understand it", ErrFailed)
	}
	return nil, fmt.Errorf("%w: its process ended with: %w", ErrLimit, exit)
}

// ExitRefused is the exit code with which the child says that pdfcpu does not
// understand the document. Any other but 0 means that the child was ended.
const ExitRefused = 3

// remembering keeps the error of a reader: the child would see only an end.
type remembering struct {
	io.Reader
	err error
}

// Read implements io.Reader.
func (r *remembering) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// bounded keeps at most so many bytes. Beyond them it fails, or drops the rest.
type bounded struct {
	kept bytes.Buffer // not embedded: its ReadFrom knows no bounds
	most int64
	drop bool
	over bool
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	room := b.most - int64(b.kept.Len())
	switch {
	case int64(len(p)) <= room:
		return b.kept.Write(p)
	case b.drop:
		b.kept.Write(p[:room])
		return len(p), nil
	}
	b.over = true
	return 0, ErrLimit
}
