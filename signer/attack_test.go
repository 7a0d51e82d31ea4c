package signer_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"signservice/signer/signertest"
)

// objects are the bodies of a document's objects by number.
type objects map[int]string

// stream gives the body of a stream object.
func stream(dict, data string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
}

// plain is a document of one page with a text field and a comment, made so that
// each attack has something to take hold of.
func plain() objects {
	return objects{
		1: "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R 13 0 R] /DR << /Font << /F 5 0 R >> >> >> >>",
		2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [6 0 R 10 0 R << /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (x) >>]" +
			" /Resources << /Font << /F 5 0 R >> /XObject << /FT /Tx /AP 8 0 R /Annots 12 0 R >> >> >>",
		4:  stream("", "BT /F 12 Tf 50 700 Td (pay 100) Tj ET /AP Do"),
		5:  "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		6:  "<< /Type /Annot /Subtype /Widget /FT /Tx /T (sum) /V (100) /F 4 /Rect [50 500 200 520] /P 3 0 R /DA (/F 12 Tf) /AP << /N 7 0 R >> >>",
		7:  stream("/Type /XObject /Subtype /Form /BBox [0 0 150 20]", "BT /F 12 Tf (100) Tj ET"),
		8:  stream("/Type /XObject /Subtype /Form /BBox [0 0 150 20]", "0 0 1 1 re f"),
		9:  "<< /Title (a title) >>",
		10: "<< /Type /Annot /Subtype /Text /Rect [10 10 20 20] /Contents (a comment) /P 3 0 R >>",
		12: stream("/Type /XObject /Subtype /Form /BBox [0 0 150 20]", "0 0 2 2 re f"),
		13: "<< /Type /Annot /Subtype /Widget /FT /Btn /Ff 65536 /T (button) /F 4 /Rect [50 400 200 420] /P 3 0 R /AP << /N 8 0 R >> >>",
	}
}

// build writes a document.
func (o objects) build() []byte {
	return o.section([]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), "/Root 1 0 R /Info 9 0 R")
}

// section appends objects with a table and a trailer.
func (o objects) section(out []byte, trailer string) []byte {
	var table bytes.Buffer
	size := 3100
	for _, n := range slices.Sorted(maps.Keys(o)) {
		fmt.Fprintf(&table, "%d 1\n%010d 00000 n \n", n, len(out))
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", n, o[n])
	}
	start := len(out)
	return fmt.Appendf(out, "xref\n0 1\n0000000000 65535 f \n%strailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n", table.String(), size, trailer, start)
}

// update appends an increment, as an attacker does who knows the file.
func update(in []byte, o objects, trailer string) []byte {
	i := bytes.LastIndex(in, []byte("startxref"))
	prev, err := strconv.Atoi(strings.Fields(string(in[i:]))[1])
	if err != nil {
		panic(err)
	}
	if !strings.Contains(trailer, "/Root") {
		trailer += " /Root 1 0 R"
	}
	return o.section(bytes.Clone(in), fmt.Sprintf("/Prev %d %s", prev, trailer))
}

// object gives the body that an object has in the newest revision of a file.
func object(t *testing.T, in []byte, number int) string {
	t.Helper()
	head := fmt.Appendf(nil, "\n%d 0 obj\n", number)
	i := bytes.LastIndex(in, head)
	if i < 0 {
		t.Fatalf("no object %d", number)
	}
	body, _, _ := bytes.Cut(in[i+len(head):], []byte("\nendobj"))
	return string(body)
}

// edit gives the newest body of an object with one piece replaced.
func edit(t *testing.T, in []byte, number int, old, replacement string) string {
	t.Helper()
	body := object(t, in, number)
	if !strings.Contains(body, old) {
		t.Fatalf("object %d has no %q: %s", number, old, body)
	}
	return strings.Replace(body, old, replacement, 1)
}

// TestLaterChanges: what may follow a signature, for each permission of DocMDP;
// 0 stands for a signature that does not certify. A change that only a
// part of them permits names the least.
func TestLaterChanges(t *testing.T) {
	const never, always = 4, 1
	id := signertest.SelfSigned(t, signertest.Leaf{})
	widget := "<< /Type /Annot /Subtype /Widget /FT %s /T (new) /F 4 /Rect [0 0 500 800] /P 3 0 R %s >>"
	cover := stream("/Type /XObject /Subtype /Form /BBox [0 0 500 800]", "1 g 0 0 500 800 re f")
	for name, c := range map[string]struct {
		least  int
		change func(*testing.T, []byte) (objects, string)
	}{
		"nothing at all":           {always, fixed(objects{}, "")},
		"same object written anew": {always, fixed(objects{5: plain()[5], 4: plain()[4]}, "")},
		"document information":     {always, fixed(objects{9: "<< /Title (another) >>"}, "/Info 9 0 R")},
		"unused object":            {always, fixed(objects{30: cover}, "")},
		"security store":           {always, edited(1, "/Type /Catalog", "/Type /Catalog /DSS << /Certs [30 0 R] >>", objects{30: stream("", "x")})},
		"security store that changes a font": {never, edited(1, "/Type /Catalog", "/Type /Catalog /DSS << /Certs [5 0 R] >>", objects{
			5: "<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>",
		})},

		"text field filled": {2, fixed(objects{
			6: strings.Replace(plain()[6], "/V (100)", "/V (900)", 1), 7: stream("/Type /XObject /Subtype /Form /BBox [0 0 150 20]", "BT /F 12 Tf (900) Tj ET"),
		}, "")},
		"field shows another value than it has": {never, fixed(objects{7: cover}, "")},
		"field moved":                           {never, fixed(objects{6: strings.Replace(plain()[6], "50 500", "50 700", 1)}, "")},
		"field gets a script":                   {never, fixed(objects{6: strings.Replace(plain()[6], "/F 4", "/F 4 /AA << /K << /S /JavaScript /JS (x) >> >>", 1)}, "")},
		"button shows another picture":          {never, fixed(objects{13: strings.Replace(plain()[13], "8 0 R", "30 0 R", 1), 30: cover}, "")},

		"comment changed": {3, fixed(objects{10: strings.Replace(plain()[10], "a comment", "another", 1)}, "")},
		"comment removed": {3, edited(3, " 10 0 R", "", nil)},
		"comment added":   {3, edited(3, "/Annots [", "/Annots [30 0 R ", objects{30: "<< /Type /Annot /Subtype /FreeText /Rect [0 0 500 800] /Contents (no) >>"})},
		"comment added directly": {3, func(t *testing.T, in []byte) (objects, string) {
			return objects{3: edit(t, in, 3, "/Contents (x) >>", "/Contents (x) >> << /Type /Annot /Subtype /FreeText /Rect [0 0 500 800] >>")}, ""
		}},
		"link added":     {never, edited(3, "/Annots [", "/Annots [30 0 R ", objects{30: "<< /Type /Annot /Subtype /Link /Rect [0 0 500 800] >>"})},
		"field removed":  {never, edited(1, "6 0 R ", "", nil)},
		"widget removed": {never, edited(3, "[6 0 R ", "[", nil)},

		"content of the page":                 {never, fixed(objects{4: stream("", "BT /F 12 Tf 50 700 Td (pay 900) Tj ET /AP Do")}, "")},
		"content of the same length":          {never, fixed(objects{4: strings.Replace(plain()[4], "100", "900", 1)}, "")},
		"another content":                     {never, edited(3, "/Contents 4 0 R", "/Contents 30 0 R", objects{30: cover})},
		"font":                                {never, fixed(objects{5: "<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"}, "")},
		"picture that claims to be AP":        {never, fixed(objects{8: cover}, "")},
		"picture that claims to be V":         {never, edited(3, "/FT /Tx /AP 8 0 R", "/FT /Tx /AP 30 0 R", objects{30: cover})},
		"picture that claims to be a comment": {never, fixed(objects{12: cover}, "")},
		"page size":                           {never, edited(3, "595 842", "300 842", nil)},
		"page added":                          {never, edited(2, "/Kids [3 0 R] /Count 1", "/Kids [3 0 R 3 0 R] /Count 2", nil)},
		"script when it is opened":            {never, edited(1, "/Type /Catalog", "/Type /Catalog /OpenAction << /S /JavaScript /JS (x) >>", nil)},
		"layers":                              {never, edited(1, "/Type /Catalog", "/Type /Catalog /OCProperties << /OCGs [] /D << >> >>", nil)},
		"another catalog":                     {never, fixed(objects{30: "<< /Type /Catalog /Pages 2 0 R >>"}, "/Root 30 0 R")},
		"certification added or removed": {never, func(t *testing.T, in []byte) (objects, string) {
			if body := object(t, in, 1); strings.Contains(body, "/Perms") {
				return objects{1: strings.Replace(body, "/Perms", "/Parms", 1)}, ""
			}
			return objects{1: edit(t, in, 1, "/Type /Catalog", "/Type /Catalog /Perms << /DocMDP 9 0 R >>")}, ""
		}},
		"text field added":              {never, added(fmt.Sprintf(widget, "/Tx", "/V (x) /AP << /N 31 0 R >>"), cover)},
		"widget of no field":            {never, edited(3, "/Annots [", "/Annots [30 0 R ", objects{30: fmt.Sprintf(widget, "/Sig", "/AP << /N 31 0 R >>"), 31: cover})},
		"empty signature field painted": {never, added(fmt.Sprintf(widget, "/Sig", "/AP << /N 31 0 R >>"), cover)},
		"empty signature field":         {2, added(fmt.Sprintf(widget, "/Sig", ""), cover)},
		"signature field with a script": {never, added(fmt.Sprintf(widget, "/Sig", "/AA << >>"), cover)},
		"signature field of itself":     {never, added(fmt.Sprintf(widget, "/Sig", "/Kids [30 0 R 30 0 R] /AP << /N 31 0 R >>"), cover)},
		"field shown a second time":     {never, edited(3, "/Annots [", "/Annots [30 0 R ", objects{30: "<< /Subtype /Widget /Parent 6 0 R /Rect [0 0 9 9] >>"})},
	} {
		t.Run(name, func(t *testing.T) {
			for certify := range 4 {
				o := options(id)
				o.Certify = certify
				signed, _ := sign(t, plain().build(), id.Key, o)
				changes, trailer := c.change(t, signed)
				r := verify(t, update(signed, changes, trailer))
				permission := certify
				if certify == 0 {
					permission = 2
				}
				if len(r.Signatures) == 0 { // it is not found any more
					if c.least != never {
						t.Errorf("P=%d: no signature", certify)
					}
					continue
				}
				if !r.Signatures[0].Intact {
					t.Fatalf("P=%d: the signed bytes are the same, but: %q", certify, r.Signatures[0].Problems)
				}
				if good, want := r.Good(false), permission >= c.least; good != want {
					t.Errorf("P=%d: good %v, want %v: %+v", certify, good, want, r.Signatures[0])
				}
			}
		})
	}
}

// fixed gives a change that does not depend on the file.
func fixed(o objects, trailer string) func(*testing.T, []byte) (objects, string) {
	return func(*testing.T, []byte) (objects, string) { return o, trailer }
}

// edited gives a change of one piece of an object, with further objects.
func edited(number int, old, replacement string, more objects) func(*testing.T, []byte) (objects, string) {
	return func(t *testing.T, in []byte) (objects, string) {
		o := objects{number: edit(t, in, number, old, replacement)}
		maps.Copy(o, more)
		return o, ""
	}
}

// added gives a change that adds a field with its widget, and object 31.
func added(field, cover string) func(*testing.T, []byte) (objects, string) {
	return func(t *testing.T, in []byte) (objects, string) {
		return objects{
			1: edit(t, in, 1, "/Fields [", "/Fields [30 0 R "), 3: edit(t, in, 3, "/Annots [", "/Annots [30 0 R "), 30: field, 31: cover,
		}, ""
	}
}

// TestForgedContainer: the classes USF and SWA. A byte range that is not
// exactly everything around this dictionary's own Contents proves nothing.
func TestForgedContainer(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	signed, p := sign(t, plain().build(), id.Key, options(id))
	b := p.Reserved.ByteRange
	from := bytes.LastIndex(signed[:b[1]], []byte("/ByteRange"))
	to := from + bytes.IndexByte(signed[from:], ']') + 1
	forge := func(byteRange string) []byte {
		if len(byteRange) > to-from {
			t.Fatalf("%s is too long", byteRange)
		}
		out := bytes.Clone(signed)
		copy(out[from:], byteRange+strings.Repeat(" ", to-from-len(byteRange)))
		return out
	}
	end := b[2] + b[3]
	zeros := bytes.Clone(signed)
	copy(zeros[b[1]+1:], bytes.Repeat([]byte("0"), int(b[2]-b[1]-2)))
	for name, file := range map[string][]byte{
		"no byte range":        forge(""),
		"null":                 forge("/ByteRange null"),
		"empty":                forge("/ByteRange []"),
		"one range":            forge(fmt.Sprintf("/ByteRange [0 %d]", b[1])),
		"text":                 forge("/ByteRange [(a) (b) (c) (d)]"),
		"negative":             forge(fmt.Sprintf("/ByteRange [0 %d %d -1]", b[1], b[2])),
		"not from the start":   forge(fmt.Sprintf("/ByteRange [1 %d %d %d]", b[1], b[2], b[3])),
		"gap too wide":         forge(fmt.Sprintf("/ByteRange [0 %d %d %d]", b[1]-9, b[2], b[3])),
		"gap too narrow":       forge(fmt.Sprintf("/ByteRange [0 %d %d %d]", b[1]+1, b[2], b[3])),
		"beyond the end":       forge(fmt.Sprintf("/ByteRange [0 %d %d %d]", b[1], b[2], end)),
		"nothing":              forge("/ByteRange [0 0 0 0]"),
		"contents of zeros":    zeros,
		"one bit of the text":  flip(signed, 300),
		"one bit of the range": forge(fmt.Sprintf("/ByteRange [0 %d %d %d]", b[1], b[2], b[3]-1)),
	} {
		t.Run(name, func(t *testing.T) {
			r := verify(t, file)
			if len(r.Signatures) != 1 {
				t.Fatalf("%d signatures, want the bad one", len(r.Signatures))
			}
			if s := r.Signatures[0]; s.Good() || s.Intact || len(s.Problems) == 0 {
				t.Errorf("not caught: %+v", s)
			}
		})
	}
}

func flip(in []byte, at int) []byte {
	out := bytes.Clone(in)
	out[at] ^= 1
	return out
}

// TestBytesBehind: the class ISA. What follows the last revision belongs to
// nothing, whatever it is; line ends and zeros are nothing.
func TestBytesBehind(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	signed, _ := sign(t, plain().build(), id.Key, options(id))
	for tail, good := range map[string]bool{
		"": true, "\n": true, "\r\n\r\n": true, "\x00\x00\x00": true,
		"x": false, "%%EOF\n": false,
		"4 0 obj\n" + stream("", "BT (pay 900) Tj ET") + "\nendobj\n":                                                           false,
		"4 0 obj\n" + stream("", "BT (pay 900) Tj ET") + "\nendobj\ntrailer\n<< /Root 1 0 R >>\n":                               false,
		"4 0 obj\n" + stream("", "BT (pay 900) Tj ET") + "\nendobj\nxref\n0 0\ntrailer\n<< /Root 1 0 R >>\nstartxref\n7\n%%EOF": false,
		strings.Repeat("\n", 5000) + "4 0 obj\n<< >>\nendobj":                                                                   false,
	} {
		r := verify(t, append(bytes.Clone(signed), tail...))
		if len(r.Signatures) != 1 || r.Good(false) != good {
			t.Errorf("behind the file %.60q: good %v, want %v: %+v", tail, r.Good(false), good, r.Signatures)
		}
	}
}

// TestLockedField: a field that a signature locks may not be filled.
func TestLockedField(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	for lock, good := range map[string]bool{
		"": true, "/Action /All": false, "/Action /Include /Fields [(sum)]": false,
		"/Action /Include /Fields [(other)]": true, "/Action /Exclude /Fields [(sum)]": true,
	} {
		doc := plain()
		doc[1] = strings.Replace(doc[1], "/Fields [", "/Fields [20 0 R ", 1)
		doc[20] = "<< /FT /Sig /T (Here) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R >>"
		if lock != "" {
			doc[20] = strings.Replace(doc[20], "/FT", "/Lock << /Type /SigFieldLock "+lock+" >> /FT", 1)
		}
		o := options(id)
		o.Field = "Here"
		signed, _ := sign(t, doc.build(), id.Key, o)
		filled := update(signed, objects{6: strings.Replace(doc[6], "/V (100)", "/V (900)", 1)}, "")
		if r := verify(t, filled); r.Good(false) != good {
			t.Errorf("lock %q: good %v, want %v: %+v", lock, r.Good(false), good, r.Signatures)
		}
	}
}

// TestSharedObject: an object that a permitted change and the content of the
// page share is content, whichever is met first (the class shadow).
func TestSharedObject(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	doc := plain()
	doc[3] = strings.Replace(doc[3], "/AP 8 0 R", "/AP 7 0 R", 1)
	o := options(id)
	o.Certify = 3
	signed, _ := sign(t, doc.build(), id.Key, o)
	changed := update(signed, objects{
		6: strings.Replace(doc[6], "/V (100)", "/V (900)", 1), 7: stream("/Type /XObject /Subtype /Form /BBox [0 0 500 800]", "1 g 0 0 500 800 re f"),
	}, "")
	if r := verify(t, changed); r.Good(false) {
		t.Errorf("%+v", r.Signatures)
	}
}

// TestLongChain: objects that are linked one to the next, as bookmarks are, are
// compared to the last.
func TestLongChain(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	const first, last = 100, 3000
	doc := plain()
	doc[1] = strings.Replace(doc[1], "/Type /Catalog", "/Type /Catalog /Outlines << /First 100 0 R /Last 3000 0 R >>", 1)
	for n := first; n <= last; n++ {
		doc[n] = fmt.Sprintf("<< /Title (%d) /Next %d 0 R /Prev %d 0 R >>", n, min(n+1, last), max(n-1, first))
	}
	signed, _ := sign(t, doc.build(), id.Key, options(id))
	if r := verify(t, update(signed, objects{9: "<< /Title (new) >>"}, "/Info 9 0 R")); !r.Good(false) {
		t.Errorf("nothing but the title is new: %+v", r.Signatures)
	}
	if r := verify(t, update(signed, objects{last: "<< /Title (other) >>"}, "")); r.Good(false) {
		t.Errorf("the last bookmark is another: %+v", r.Signatures)
	}
}
