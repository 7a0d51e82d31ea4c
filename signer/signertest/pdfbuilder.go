package signertest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"slices"
	"strings"
)

// pdfBuilder writes objects and keeps where they are.
type pdfBuilder struct {
	bytes.Buffer
	eol             string
	rows            []pdfRow // by object number; row 0 is the free list's head
	root, info      int
	text, signature int // the fields' numbers, 0 for none
	packed          bool
	waiting         []packedObject
}

// pdfRow is a row of the cross-reference section.
type pdfRow struct {
	offset int // in the file; the place in the object stream when packed
	stream int // number of the object stream; 0 for none
}

type packedObject struct {
	number int
	body   string
}

func (b *pdfBuilder) line(format string, args ...any) { fmt.Fprintf(b, format+b.eol, args...) }

// reserve gives the next object number.
func (b *pdfBuilder) reserve() int {
	if len(b.rows) == 0 {
		b.rows = make([]pdfRow, 1)
	}
	b.rows = append(b.rows, pdfRow{})
	return len(b.rows) - 1
}

func (b *pdfBuilder) object(n int, body string) {
	if b.packed {
		b.waiting = append(b.waiting, packedObject{n, body})
		return
	}
	b.rows[n].offset = b.Len()
	b.line("%d 0 obj", n)
	b.line("%s", body)
	b.line("endobj")
}

// stream writes a stream object, which cannot live in an object stream.
func (b *pdfBuilder) stream(n int, dict string, data []byte) {
	b.rows[n].offset = b.Len()
	b.line("%d 0 obj", n)
	b.line("<< /Length %d%s >>", len(data), dict)
	b.WriteString("stream\n")
	b.Write(data)
	b.WriteString(b.eol)
	b.line("endstream")
	b.line("endobj")
}

func (b *pdfBuilder) fields() string {
	var refs []string
	for _, n := range []int{b.text, b.signature} {
		if n != 0 {
			refs = append(refs, fmt.Sprintf("%d 0 R", n))
		}
	}
	return strings.Join(refs, " ")
}

// pack writes the waiting objects as object streams (ISO 32000-2, 7.5.7) of as
// many objects as most writers put into one.
func (b *pdfBuilder) pack() {
	for some := range slices.Chunk(b.waiting, 200) {
		b.packSome(some)
	}
}

func (b *pdfBuilder) packSome(objects []packedObject) {
	n := b.reserve()
	var index, bodies bytes.Buffer
	for i, o := range objects {
		fmt.Fprintf(&index, "%d %d ", o.number, bodies.Len())
		bodies.WriteString(o.body + "\n")
		b.rows[o.number] = pdfRow{offset: i, stream: n}
	}
	data := deflate(append(index.Bytes(), bodies.Bytes()...))
	b.stream(n, fmt.Sprintf(" /Type /ObjStm /N %d /First %d /Filter /FlateDecode", len(objects), index.Len()), data)
}

func (b *pdfBuilder) trailer() string {
	return fmt.Sprintf("/Size %d /Root %d 0 R /Info %d 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]",
		len(b.rows), b.root, b.info)
}

func (b *pdfBuilder) xrefTable() {
	start := b.Len()
	b.line("xref")
	b.line("0 %d", len(b.rows))
	b.WriteString("0000000000 65535 f\r\n")
	for _, r := range b.rows[1:] {
		fmt.Fprintf(b, "%010d 00000 n\r\n", r.offset)
	}
	b.line("trailer")
	b.line("<< %s >>", b.trailer())
	b.end(start)
}

// xrefStream writes the rows as 1+4+2 bytes each, through PNG's Up predictor
// (ISO 32000-2, 7.4.4.4 and 7.5.8).
func (b *pdfBuilder) xrefStream() {
	n := b.reserve()
	start := b.Len()
	b.rows[n].offset = start
	var data bytes.Buffer
	above := make([]byte, 7)
	for i, r := range b.rows {
		row := []byte{1, byte(r.offset >> 24), byte(r.offset >> 16), byte(r.offset >> 8), byte(r.offset), 0, 0}
		switch {
		case i == 0:
			row = []byte{0, 0, 0, 0, 0, 0xff, 0xff}
		case r.stream != 0:
			row = []byte{2, byte(r.stream >> 24), byte(r.stream >> 16), byte(r.stream >> 8), byte(r.stream), byte(r.offset >> 8), byte(r.offset)}
		}
		data.WriteByte(2)
		for j := range row {
			data.WriteByte(row[j] - above[j])
		}
		above = row
	}
	b.stream(n, " /Type /XRef /W [1 4 2] "+b.trailer()+
		" /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 7 >>", deflate(data.Bytes()))
	b.end(start)
}

func (b *pdfBuilder) end(start int) {
	b.line("startxref")
	b.line("%d", start)
	b.line("%%%%EOF")
}

func deflate(data []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(data) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}
