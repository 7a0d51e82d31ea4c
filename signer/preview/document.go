package preview

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// A Document is a PDF file to look at. Reader is used until the call returns and
// by one goroutine at a time.
type Document struct {
	Reader io.ReaderAt
	Size   int64
}

// First and Last can be given as page numbers.
const (
	First = 1
	Last  = -1
)

// An opened document inside an instance.
type opened struct {
	pdfium pdfium.Pdfium
	ref    references.FPDF_DOCUMENT
	pages  int
}

// open has PDFium read the document's structure.
func open(p pdfium.Pdfium, s *source) (opened, error) {
	if s.size < 1 {
		return opened{}, fmt.Errorf("%w: it is empty", ErrDamaged)
	}
	if s.size > math.MaxInt32 {
		return opened{}, fmt.Errorf("%w: it has %d bytes", ErrLimit, s.size) // 32-bit offsets inside
	}
	doc, err := p.OpenDocument(&requests.OpenDocument{FileReader: s, FileReaderSize: s.size})
	if err != nil {
		return opened{}, err
	}
	count, err := p.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	if err != nil {
		return opened{}, err
	}
	return opened{pdfium: p, ref: doc.Document, pages: count.PageCount}, nil
}

// page turns a page number, or First or Last, into PDFium's page.
func (o opened) page(number int) (requests.Page, error) {
	if number == Last {
		number = o.pages
	}
	if number < 1 || number > o.pages {
		return requests.Page{}, fmt.Errorf("%w: page %d of %d", ErrNoPage, number, o.pages)
	}
	return requests.Page{ByIndex: &requests.PageByIndex{Document: o.ref, Index: number - 1}}, nil
}

// A source feeds a document to PDFium, which reads a few hundred bytes at a
// time: it keeps the last blocks, since the document may be deciphered on the
// way. It remembers an error of the reader, which PDFium would report as damage.
type source struct {
	reader io.ReaderAt
	size   int64
	at     int64
	blocks map[int64][]byte
	order  []int64 // of the blocks kept, oldest first
	err    error
}

const (
	blockSize  = 64 << 10
	keptBlocks = 16
)

func newSource(d Document) *source {
	return &source{reader: d.Reader, size: d.Size, blocks: map[int64][]byte{}}
}

var errSeek = errors.New("seek outside the document")

// Seek implements io.Seeker.
func (s *source) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, errSeek
	}
	s.at = offset
	return offset, nil
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if s.at >= s.size {
		return 0, io.EOF
	}
	block, err := s.block(s.at / blockSize)
	if err != nil {
		s.err = err
		return 0, err
	}
	n := copy(p, block[s.at%blockSize:])
	s.at += int64(n)
	return n, nil
}

// block gives a block of the document, the last one shorter.
func (s *source) block(number int64) ([]byte, error) {
	if b, ok := s.blocks[number]; ok {
		return b, nil
	}
	var b []byte
	if len(s.order) == keptBlocks {
		b = s.blocks[s.order[0]]
		delete(s.blocks, s.order[0])
		s.order = s.order[1:]
	} else {
		b = make([]byte, blockSize)
	}
	b = b[:min(blockSize, s.size-number*blockSize)]
	if _, err := io.ReadFull(io.NewSectionReader(s.reader, number*blockSize, int64(len(b))), b); err != nil {
		return nil, fmt.Errorf("read the document at %d: %w", number*blockSize, err)
	}
	s.blocks[number] = b
	s.order = append(s.order, number)
	return b, nil
}

// release lets go of the reader: go-pdfium keeps the source of an instance that
// was interrupted.
func (s *source) release() { *s = source{err: s.err} }
