package repair

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/validate"
)

// maxStack bounds recursion in the child: pdfcpu follows some loops without end,
// and a gigabyte of stack, Go's own bound, would be above what the child may use.
const maxStack = 64 << 20

// Child is the work of the child process: it reads a document from in, has pdfcpu
// understand it, and writes it anew to out. Before it reads anything it caps its
// own memory, at so many bytes. It must be called in a process that does nothing
// else, since the caps stay and files can kill it; when it fails the process must
// end with [ExitRefused].
func Child(in io.Reader, out io.Writer, memory int64) error {
	debug.SetMaxStack(maxStack)
	debug.SetMemoryLimit(memory / 4 * 3) // collects more often before the cap is met
	if err := capMemory(memory); err != nil {
		return fmt.Errorf("cap memory: %w", err)
	}
	doc, err := io.ReadAll(in)
	if err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	return rewrite(doc, out)
}

// rewrite reads and writes a document. What pdfcpu thinks of its contents does
// not matter, as long as it can write them.
func rewrite(doc []byte, out io.Writer) (err error) {
	defer func() {
		if r := recover(); r != nil { // it does, on some damaged files
			err = fmt.Errorf("pdfcpu panics: %v", r)
		}
	}()
	model.ConfigPath = "disable" // or it writes into the user's home
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode, conf.Offline = model.ValidationRelaxed, true
	conf.WriteObjectStream, conf.WriteXRefStream = false, false
	ctx, err := pdfcpu.Read(bytes.NewReader(doc), conf)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if err := validate.XRefTable(ctx); err != nil {
		return fmt.Errorf("understand: %w", err)
	}
	if ctx.Encrypt != nil {
		return errors.New("the document is encrypted")
	}
	w := bufio.NewWriter(out)
	ctx.Write.Writer = w
	if err := pdfcpu.WriteContext(ctx); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return w.Flush()
}
