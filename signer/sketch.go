package signer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"signservice/signer/pdf"
	"signservice/signer/signet"
)

// A Sketch is a document with a signet in its place and no signature: the file
// that a preview shows. Its pages look as those of the signed document will,
// since the same code makes the same increment. It must never be kept as a signed
// document, and cannot pass for one: its signature is empty.
//
// It reads the document it was made of, which must stay open.
type Sketch struct {
	// Sheet is the page with the signet, as it was before.
	Sheet *Sheet
	// Box is where the signet stands.
	Box Box
	// Covered are the signature fields that it covers.
	Covered []Shown
	// Warnings tell what is drawn otherwise than ordered.
	Warnings []Warning

	doc       io.ReaderAt
	size      int64
	increment []byte
}

// Draft makes the sketch of what Prepare would make with the same options.
// Certificate, Chain, Hash, PSS and Copy are not used; Signet is required. It fails as
// Prepare would. The document's structure is read, not the whole of it.
func Draft(ctx context.Context, doc io.ReaderAt, size int64, o Options) (*Sketch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Signet == nil {
		return nil, fmt.Errorf("sketch a signet: %w: none is ordered", pdf.ErrSpec)
	}
	f, err := pdf.Open(doc, size, pdf.Options{})
	if err != nil {
		return nil, err
	}
	p, err := o.Signet.place(f, o.Field)
	if err != nil {
		return nil, err
	}
	spec := pdf.SignatureSpec{Field: o.Field, Certify: o.Certify, Reason: o.Reason, Time: o.Time}
	p.order(&spec)
	s := &Sketch{Sheet: p.sheet, Box: p.box, Covered: p.covered(o.Field), Warnings: p.drawing.Warnings, doc: doc, size: size}
	if s.increment, err = f.Increment(spec); err != nil {
		return nil, err
	}
	return s, nil
}

// covered leaves out the field that is signed itself.
func (p *placed) covered(field string) []Shown {
	var out []Shown
	for _, w := range p.sheet.Covered(p.box) {
		if w.Field != field {
			out = append(out, w)
		}
	}
	return out
}

// Size is the length of the sketch in bytes.
func (s *Sketch) Size() int64 { return s.size + int64(len(s.increment)) }

// ReadAt reads the document followed by the increment. It implements io.ReaderAt.
func (s *Sketch) ReadAt(b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("read sketch at %d: %w", off, io.ErrUnexpectedEOF)
	}
	if off < s.size {
		part := b[:min(int64(len(b)), s.size-off)]
		if n, err = s.doc.ReadAt(part, off); n < len(part) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
		off = s.size
		if n == len(b) {
			return n, nil
		}
	}
	at := off - s.size
	if at > int64(len(s.increment)) {
		return n, io.EOF
	}
	m := copy(b[n:], s.increment[at:])
	if n += m; n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// Specimen draws a mark alone: a PDF file of one page that is as large as the
// mark, and what is drawn otherwise than ordered. A Width of 0 is that of an A4
// page.
func Specimen(mark Mark) ([]byte, []Warning, error) {
	drawing, err := signet.Draw(mark)
	if err != nil {
		return nil, nil, fmt.Errorf("draw signet: %w", err)
	}
	a := drawing.Appearance
	blank := blankPage(a.Width, a.Height)
	f, err := pdf.Open(blank, blank.Size(), pdf.Options{})
	if err != nil {
		return nil, nil, err
	}
	increment, err := f.Increment(pdf.SignatureSpec{
		Placement: &pdf.Placement{Rect: pdf.Rect{X1: a.Width, Y1: a.Height}}, Appearance: a,
	})
	if err != nil {
		return nil, nil, err
	}
	out := make([]byte, blank.Size(), blank.Size()+int64(len(increment)))
	if _, err := blank.ReadAt(out, 0); err != nil {
		return nil, nil, err
	}
	return append(out, increment...), drawing.Warnings, nil
}
