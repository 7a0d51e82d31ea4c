package signet_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"signservice/signer/pdf"
)

// A document builds the least PDF file around appearances: one page each, as
// large as the box with a margin around it. It shares no code with package
// pdf's writer, so that it can catch what that one would forgive.
type document struct {
	t       testing.TB
	objects [][]byte
	known   map[*pdf.Indirect]int
}

// around is the free space around the box on the page.
const around = 10

// makePDF wraps each appearance into a page of its own. The form does not clip
// at the box, so that what overflows can be seen.
func makePDF(t testing.TB, appearances ...*pdf.Appearance) []byte {
	t.Helper()
	d := &document{t: t, known: map[*pdf.Indirect]int{}}
	catalog, tree := d.reserve(), d.reserve()
	var kids pdf.Array
	for _, ap := range appearances {
		form := &pdf.Stream{Dict: pdf.Dict{
			"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Form"),
			"BBox":      pdf.Array{pdf.Integer(-around), pdf.Integer(-around), pdf.Real(ap.Width + around), pdf.Real(ap.Height + around)},
			"Resources": ap.Resources,
		}, Data: ap.Content}
		content := &pdf.Stream{Dict: pdf.Dict{}, Data: fmt.Appendf(nil, "q 1 0 0 1 %d %d cm /S Do Q", around, around)}
		kids = append(kids, &pdf.Indirect{Value: pdf.Dict{
			"Type": pdf.Name("Page"), "Parent": reference(tree),
			"MediaBox":  pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Real(ap.Width + 2*around), pdf.Real(ap.Height + 2*around)},
			"Resources": pdf.Dict{"XObject": pdf.Dict{"S": &pdf.Indirect{Value: form}}},
			"Contents":  &pdf.Indirect{Value: content},
		}})
	}
	count := pdf.Integer(len(kids))
	d.set(tree, pdf.Dict{"Type": pdf.Name("Pages"), "Count": count, "Kids": kids})
	d.set(catalog, pdf.Dict{"Type": pdf.Name("Catalog"), "Pages": reference(tree)})
	return d.bytes(catalog)
}

// reference is an object already numbered.
type reference int

func (d *document) reserve() int {
	d.objects = append(d.objects, nil)
	return len(d.objects)
}

func (d *document) set(n int, v pdf.Object) {
	var b bytes.Buffer
	d.write(&b, v)
	d.objects[n-1] = b.Bytes()
}

func (d *document) bytes(catalog int) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	offsets := make([]int, len(d.objects))
	for i, o := range d.objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, catalog, start)
	return b.Bytes()
}

func (d *document) write(b *bytes.Buffer, v pdf.Object) {
	switch v := v.(type) {
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case pdf.Integer:
		b.WriteString(strconv.FormatInt(int64(v), 10))
	case pdf.Real:
		b.WriteString(strconv.FormatFloat(float64(v), 'f', -1, 64))
	case pdf.Name:
		b.WriteString("/" + string(v))
	case pdf.String:
		fmt.Fprintf(b, "<%X>", []byte(v))
	case reference:
		fmt.Fprintf(b, "%d 0 R", int(v))
	case pdf.Array:
		b.WriteString("[")
		for _, e := range v {
			d.write(b, e)
			b.WriteString(" ")
		}
		b.WriteString("]")
	case pdf.Dict:
		b.WriteString("<<")
		for _, k := range slices.Sorted(maps.Keys(v)) {
			b.WriteString(" /" + string(k) + " ")
			d.write(b, v[k])
		}
		b.WriteString(" >>")
	case *pdf.Stream:
		dict, data := pdf.Dict{}, v.Data
		maps.Copy(dict, v.Dict)
		if dict["Filter"] == nil {
			dict["Filter"], data = pdf.Name("FlateDecode"), deflate(data)
		}
		dict["Length"] = pdf.Integer(len(data))
		d.write(b, dict)
		fmt.Fprintf(b, "\nstream\n%s\nendstream", data)
	case *pdf.Indirect:
		if d.known[v] == 0 {
			n := d.reserve()
			d.known[v] = n
			d.set(n, v.Value)
		}
		fmt.Fprintf(b, "%d 0 R", d.known[v])
	default:
		d.t.Fatalf("a %T has no place in a PDF", v)
	}
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data) // into memory: it cannot fail
	w.Close()
	return b.Bytes()
}
