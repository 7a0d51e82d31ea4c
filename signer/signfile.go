package signer

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
)

// File is where SignFile makes its result: an *os.File, opened for reading and
// writing, and empty.
type File interface {
	io.Writer
	io.ReaderAt
	io.WriterAt
	io.Seeker
	Truncate(size int64) error
}

// Order says what SignFile does.
type Order struct {
	// Options say how the document is signed; Level to which level it is brought.
	Options
	// Sources are needed for every level above LevelB.
	Sources
	// Key signs. It is asked a second time in one case alone: when an authority's
	// time-stamp turns out larger than the room that was reserved for it.
	Key crypto.Signer
	// Check reads the result back and holds it against the original and the order:
	// see the functions Check and CheckRaised.
	Check bool
}

// Outcome is what SignFile made.
type Outcome struct {
	Prepared *Prepared
	// Level is what was reached; Short tells why it is not what was asked for, nil
	// when it is.
	Level Level
	Short error
}

// SignFile takes all steps at once, for those who have key, document and
// authorities at hand: Prepare, Sign, Stamp, Raise, and Check where it is asked
// for. The document is read once for the signature; time-stamps over the whole
// file take reads of their own. After an error what is in out is worthless.
func SignFile(ctx context.Context, out File, doc io.ReaderAt, size int64, o Order) (*Outcome, error) {
	o.Options.Level = max(o.Options.Level, LevelB)
	result, err := o.sign(ctx, out, doc, size)
	if err != nil {
		return nil, err
	}
	end, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("look for the end of the signed file: %w", err)
	}
	if o.Check {
		if err := Check(ctx, doc, size, out, end, result.Prepared); err != nil {
			return nil, err
		}
	}
	if o.Options.Level < LevelLT || result.Short != nil {
		return result, nil
	}
	e, err := Raise(ctx, out, end, ExtendOptions{
		Sources: o.Sources, Level: o.Options.Level, Fields: []string{result.Prepared.Reserved.Field},
	})
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(e.Increment); err != nil {
		return nil, fmt.Errorf("write the material: %w", err)
	}
	result.Level, result.Short = e.Level, e.Short
	if o.Check && len(e.Increment) > 0 {
		if err := CheckRaised(ctx, io.NewSectionReader(out, 0, end), end, out, end+int64(len(e.Increment))); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// sign writes the signed document, stamped where a level above B-B is asked for.
func (o Order) sign(ctx context.Context, out File, doc io.ReaderAt, size int64) (*Outcome, error) {
	o.Options.Copy = out
	if o.Options.Level >= LevelT && o.Timestamps == nil {
		return nil, fmt.Errorf("sign at level %v: %w: of time-stamps", o.Options.Level, ErrSource)
	}
	for range maxTries {
		p, err := Prepare(ctx, doc, size, o.Options)
		if err != nil {
			return nil, err
		}
		container, err := Sign(ctx, p, o.Key)
		if err != nil {
			return nil, err
		}
		result := &Outcome{Prepared: p, Level: LevelB}
		if o.Options.Level >= LevelT {
			stamped, err := Stamp(ctx, p, container, o.Timestamps)
			switch {
			case err == nil:
				container, result.Level = stamped, LevelT
			case errors.Is(err, ErrRoom):
				o.Options.StampSize = len(stamped) - len(container)
				if err := again(out); err != nil {
					return nil, err
				}
				continue
			case o.Shortfall == Fail || ctx.Err() != nil:
				return nil, err
			default:
				result.Short = err
			}
		}
		return result, p.WriteContents(out, container)
	}
	return nil, fmt.Errorf("%w: the authority's time-stamps grow from one to the next", ErrRoom)
}

// again empties the file, so that a whole new increment is made from a clean
// state.
func again(out File) error {
	if err := out.Truncate(0); err != nil {
		return fmt.Errorf("begin anew: %w", err)
	}
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("begin anew: %w", err)
	}
	return nil
}
