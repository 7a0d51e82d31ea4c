package pdf_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"signservice/signer/pdf"
)

// A builder writes small PDFs by hand, so that tests can say every byte.
type builder struct {
	bytes.Buffer
	at      map[int]int    // offsets of plain objects
	packed  map[int][2]int // object stream and index of packed ones
	prev    int            // offset of the section before, 0 for the first
	size    int
	root    string // reference or dictionary
	trailer string // more trailer entries
}

func newBuilder() *builder {
	b := &builder{root: "1 0 R", at: map[int]int{}, packed: map[int][2]int{}}
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return b
}

// object writes an object with this body.
func (b *builder) object(num int, body string) {
	b.at[num] = b.Len()
	fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", num, body)
}

func (b *builder) stream(num int, dict, data string) {
	b.object(num, fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data))
}

func deflated(data string) string {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write([]byte(data))
	_ = w.Close()
	return z.String()
}

// pack writes an object stream with these bodies, by number.
func (b *builder) pack(num int, bodies map[int]string) {
	var head, data strings.Builder
	for i, n := range slices.Sorted(maps.Keys(bodies)) {
		fmt.Fprintf(&head, "%d %d ", n, data.Len())
		data.WriteString(bodies[n] + "\n")
		b.packed[n] = [2]int{num, i}
	}
	b.stream(num, fmt.Sprintf("/Type/ObjStm/N %d/First %d/Filter/FlateDecode", len(bodies), head.Len()), deflated(head.String()+data.String()))
}

// tree writes a catalog and pages in nodes of ten.
func (b *builder) tree(pages, bytesPerPage int) {
	b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
	text := strings.Repeat("BT /F1 12 Tf (text) Tj ET\n", bytesPerPage/26+1)[:bytesPerPage]
	next := 3
	var nodes []string
	for done := 0; done < pages; {
		n := min(10, pages-done)
		node := next
		next++
		var kids []string
		for range n {
			b.stream(next+1, "", text)
			b.object(next, fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents %d 0 R>>", node, next+1))
			kids = append(kids, fmt.Sprintf("%d 0 R", next))
			next += 2
		}
		b.object(node, fmt.Sprintf("<</Type/Pages/Parent 2 0 R/Count %d/Kids[%s]>>", n, strings.Join(kids, " ")))
		nodes = append(nodes, fmt.Sprintf("%d 0 R", node))
		done += n
	}
	b.object(2, fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, strings.Join(nodes, " ")))
}

// onePage writes a catalog and a page tree of one page, with more entries for
// the catalog and the page.
func (b *builder) onePage(catalog, page string) {
	b.object(1, "<</Type/Catalog/Pages 2 0 R"+catalog+">>")
	b.object(2, "<</Type/Pages/Count 1/Kids[3 0 R]>>")
	b.object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]"+page+">>")
}

func (b *builder) trailerEntries() string {
	for num := range b.at {
		b.size = max(b.size, num+1)
	}
	for num := range b.packed {
		b.size = max(b.size, num+1)
	}
	prev := ""
	if b.prev > 0 {
		prev = fmt.Sprintf("/Prev %d", b.prev)
	}
	return fmt.Sprintf("/Root %s/Size %d%s%s", b.root, b.size, prev, b.trailer)
}

func (b *builder) end(at int) {
	fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", at)
	b.prev, b.at, b.packed = at, map[int]int{}, map[int][2]int{}
}

// rows writes the subsections of a table; format is that of a row.
func (b *builder) rows(format string) {
	nums := slices.Sorted(maps.Keys(b.at))
	for i := 0; i < len(nums); {
		n := 1
		for i+n < len(nums) && nums[i+n] == nums[i]+n {
			n++
		}
		fmt.Fprintf(b, "%d %d\n", nums[i], n)
		for _, num := range nums[i : i+n] {
			fmt.Fprintf(b, format, b.at[num])
		}
		i += n
	}
}

// table ends a revision with a cross-reference table.
func (b *builder) table() []byte { return b.tableOf("%010d 00000 n \n") }

func (b *builder) tableOf(format string) []byte {
	at := b.Len()
	b.WriteString("xref\n")
	if b.prev == 0 {
		b.WriteString("0 1\n0000000000 65535 f \n")
	}
	b.rows(format)
	fmt.Fprintf(b, "trailer\n<<%s>>\n", b.trailerEntries())
	b.end(at)
	return b.Bytes()
}

// xrefStream ends a revision with a cross-reference stream in object num.
func (b *builder) xrefStream(num int) []byte { return b.xrefStreamOf(num, "", deflated) }

func (b *builder) xrefStreamOf(num int, entries string, encode func(string) string) []byte {
	at := b.Len()
	b.writeXRefStream(num, entries, encode)
	b.end(at)
	return b.Bytes()
}

func (b *builder) writeXRefStream(num int, entries string, encode func(string) string) {
	b.at[num] = b.Len()
	var data, index strings.Builder
	for _, n := range slices.Sorted(maps.Keys(b.at)) {
		fmt.Fprintf(&index, "%d 1 ", n)
		at := b.at[n]
		data.Write([]byte{1, byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at), 0})
	}
	for _, n := range slices.Sorted(maps.Keys(b.packed)) {
		fmt.Fprintf(&index, "%d 1 ", n)
		p := b.packed[n]
		data.Write([]byte{2, 0, 0, byte(p[0] >> 8), byte(p[0]), byte(p[1])})
	}
	if entries == "" {
		entries = "/Filter/FlateDecode"
	}
	b.stream(num, fmt.Sprintf("/Type/XRef/W[1 4 1]/Index[%s]%s%s", index.String(), entries, b.trailerEntries()), encode(data.String()))
}

// open opens a file that must open.
func open(t testing.TB, in []byte) *pdf.File {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sign appends a signature that must be permitted, fills it with some bytes,
// reads the result back and gives it.
func sign(t testing.TB, in []byte, spec pdf.SignatureSpec) []byte {
	t.Helper()
	f := open(t, in)
	var out bytes.Buffer
	r, err := f.AppendSignature(t.Context(), &out, spec)
	if err != nil {
		t.Fatal(err)
	}
	before, err := f.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	checkAppended(t, in, out.Bytes(), r, len(before))
	if err := pdf.WriteContents(writerAt(out.Bytes()), r, []byte{0x30, 2, 5, 0}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// refused appends a signature that must be refused.
func refused(t testing.TB, in []byte, spec pdf.SignatureSpec) error {
	t.Helper()
	var out bytes.Buffer
	_, err := open(t, in).AppendSignature(t.Context(), &out, spec)
	if err == nil {
		t.Fatal("it was signed")
	}
	if out.Len() > 0 {
		t.Errorf("%d bytes were written before the refusal", out.Len())
	}
	return err
}

// writerAt writes into bytes that are there.
type writerAt []byte

func (w writerAt) WriteAt(b []byte, off int64) (int, error) {
	return copy(w[off:], b), nil
}
