package repair

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"signservice/signer/pdf"
)

// findings are what can be told of a document before or after a repair.
type findings struct {
	damage string
	pages  int // 0 if they cannot be counted
	fields int
	mend   []byte // what package pdf would append to make the file whole
}

// examine refuses what must not be repaired.
func examine(doc io.ReaderAt, size int64) (*findings, error) {
	f, err := pdf.Open(doc, size, pdf.Options{})
	if err != nil {
		return refusedBefore(doc, size, err)
	}
	w := &findings{}
	if err := w.count(f); err != nil && !errors.Is(err, pdf.ErrDamaged) && !errors.Is(err, pdf.ErrNoPages) {
		return nil, err
	}
	signatures, err := f.Signatures()
	if err != nil && !errors.Is(err, pdf.ErrDamaged) {
		return nil, err
	}
	repaired, why := f.Repaired()
	switch {
	case len(signatures) > 0:
		return nil, ErrSigned
	case f.Encryption() != nil:
		return nil, ErrEncrypted
	case !repaired && w.pages > 0:
		return nil, ErrHealthy
	}
	w.damage = why
	if !repaired {
		w.damage = pdf.ErrNoPages.Error()
	}
	if w.mend, err = f.Mend(); err != nil {
		return nil, err
	}
	return w, looksUsed(doc, size)
}

// refusedBefore looks at a document that package pdf does not open.
func refusedBefore(doc io.ReaderAt, size int64, why error) (*findings, error) {
	switch {
	case errors.Is(why, pdf.ErrPasswordRequired), errors.Is(why, pdf.ErrPublicKeyEncryption),
		errors.Is(why, pdf.ErrUnsupportedEncryption):
		return nil, ErrEncrypted
	case !errors.Is(why, pdf.ErrDamaged):
		return nil, why // no PDF, a limit, or an error of the reader
	}
	return &findings{damage: why.Error()}, looksUsed(doc, size)
}

// looksUsed looks for signatures and encryption in the bytes: what a broken
// structure hides is not to be destroyed either. The values of signatures never
// stand in compressed objects (ISO 32000-2, 7.5.7).
func looksUsed(doc io.ReaderAt, size int64) error {
	b := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(doc, 0, size), b); err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	switch {
	case bytes.Contains(b, []byte("/ByteRange")):
		return ErrSigned
	case bytes.Contains(b, []byte("/Encrypt")):
		return ErrEncrypted
	}
	return nil
}

// count counts pages and the fields of the form's first level.
func (w *findings) count(f *pdf.File) error {
	var err error
	if w.pages, err = f.Pages(); err != nil {
		return err
	}
	if w.pages == 0 {
		return pdf.ErrNoPages
	}
	catalog, err := f.Catalog()
	if err != nil {
		return err
	}
	form, err := f.Resolve(catalog["AcroForm"])
	if err != nil {
		return err
	}
	d, _ := form.(pdf.Dict)
	list, err := f.Resolve(d["Fields"])
	if err != nil {
		return err
	}
	fields, _ := list.(pdf.Array)
	w.fields = len(fields)
	return nil
}

// compare holds the repaired document against the damaged one.
func (w *findings) compare(out []byte) (*findings, error) {
	f, err := pdf.Open(bytes.NewReader(out), int64(len(out)), pdf.Options{NoRepair: true})
	if err != nil {
		return nil, fmt.Errorf("%w: the result: %w", ErrFailed, err)
	}
	is := &findings{}
	if err := is.count(f); err != nil {
		return nil, fmt.Errorf("%w: the result: %w", ErrFailed, err)
	}
	signatures, err := f.Signatures()
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: the result: %w", ErrFailed, err)
	case len(signatures) > 0:
		return nil, ErrSigned // the damage had hidden it
	case f.Encryption() != nil:
		return nil, ErrEncrypted
	case is.pages < w.pages || is.fields < w.fields:
		return nil, fmt.Errorf("%w: %d pages and %d fields of %d and %d", ErrLoss, is.pages, is.fields, w.pages, w.fields)
	}
	// A look at each page, since an object may still not be where it should be.
	for n := 1; n <= is.pages; n++ {
		if _, err := f.Page(n); err != nil {
			return nil, fmt.Errorf("%w: the result: %w", ErrFailed, err)
		}
	}
	return is, nil
}
