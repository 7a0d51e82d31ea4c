package signertest

import (
	"bytes"
	"fmt"
	"strings"
)

// PDF describes a small document, which Bytes builds object by object. The zero
// value is one upright A4 page of PDF 1.7 with a classic cross-reference table.
//
// Object 1 is the catalog, 2 the page tree, 3 the font; then follow each page
// with its content, the form where one is wanted, the information dictionary.
type PDF struct {
	Pages    int        // default 1
	Version  string     // default 1.7
	MediaBox [4]float64 // default A4
	CropBox  [4]float64 // none when zero
	Rotate   int        // on every page; none when zero
	UserUnit float64    // none when zero
	Inherit  bool       // boxes and rotation stand in the page tree, not in the pages
	// XRefStream writes a cross-reference stream (with a PNG predictor, as most
	// writers do) instead of a table; ObjectStream also puts all objects that may
	// live there into an object stream.
	XRefStream   bool
	ObjectStream bool
	// TextField adds a form with one filled text field; EmptySignature adds an
	// empty signature field of that name, with a widget on page 1.
	TextField      bool
	EmptySignature string
	// PDFA claims a part of ISO 19005 in the metadata, at level B; Intent adds an
	// output intent with a profile of so many components. Nothing else about the
	// document conforms: its font, for one, is not embedded.
	PDFA, Intent int
	// Catalog is added to the catalog's dictionary as it stands.
	Catalog string
	// Size is how large the document becomes at least, by an unused stream.
	Size int
	// EOL ends lines; default "\n".
	EOL string
}

// Bytes builds the document.
func (p PDF) Bytes() []byte {
	p = p.withDefaults()
	b := &pdfBuilder{eol: p.EOL, packed: p.ObjectStream}
	b.line("%%PDF-%s", p.Version)
	b.line("%%\xe2\xe3\xcf\xd3")
	p.objects(b)
	if pad := p.Size - b.Len(); pad > 0 {
		b.stream(b.reserve(), "", bytes.Repeat([]byte{' '}, pad))
	}
	b.pack()
	if p.XRefStream || p.ObjectStream {
		b.xrefStream()
	} else {
		b.xrefTable()
	}
	return b.Bytes()
}

func (p PDF) withDefaults() PDF {
	if p.Pages == 0 {
		p.Pages = 1
	}
	if p.Version == "" {
		p.Version = "1.7"
	}
	if p.MediaBox == [4]float64{} {
		p.MediaBox = [4]float64{0, 0, 595, 842}
	}
	if p.EOL == "" {
		p.EOL = "\n"
	}
	return p
}

// objects writes everything but the cross-reference section.
func (p PDF) objects(b *pdfBuilder) {
	catalog, pages, font := b.reserve(), b.reserve(), b.reserve()
	var kids []string
	var first int
	for i := range p.Pages {
		page, content := b.reserve(), b.reserve()
		if i == 0 {
			first = page
		}
		kids = append(kids, fmt.Sprintf("%d 0 R", page))
		own := p.geometry()
		if p.Inherit {
			own = ""
		}
		annots := ""
		if i == 0 {
			annots = p.annots(b)
		}
		b.object(page, fmt.Sprintf("<< /Type /Page /Parent %d 0 R%s /Contents %d 0 R /Resources << /Font << /F1 %d 0 R >> >>%s >>",
			pages, own, content, font, annots))
		b.stream(content, "", fmt.Appendf(nil, "BT /F1 24 Tf 72 720 Td (Page %d of %d) Tj ET\n72 72 m 300 72 l S", i+1, p.Pages))
	}
	inherited := ""
	if p.Inherit {
		inherited = p.geometry()
	}
	b.object(pages, fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d%s >>", strings.Join(kids, " "), p.Pages, inherited))
	b.object(font, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	b.object(catalog, fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R%s%s%s >>", pages, p.form(b, first, font), p.archive(b), p.Catalog))
	b.root, b.info = catalog, b.reserve()
	b.object(b.info, "<< /Producer (signertest) /CreationDate (D:20260101120000+00'00') >>")
}

// archive writes what PDF/A asks of the catalog.
func (p PDF) archive(b *pdfBuilder) string {
	entries := ""
	if p.PDFA != 0 {
		metadata := b.reserve()
		b.stream(metadata, " /Type /Metadata /Subtype /XML", fmt.Appendf(nil, `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="%d" pdfaid:conformance="B"/>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`, p.PDFA))
		entries += fmt.Sprintf(" /Metadata %d 0 R", metadata)
	}
	if p.Intent != 0 {
		profile := b.reserve()
		b.stream(profile, fmt.Sprintf(" /N %d", p.Intent), []byte("not a real profile"))
		entries += fmt.Sprintf(" /OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (test) /DestOutputProfile %d 0 R >>]", profile)
	}
	return entries
}

func (p PDF) geometry() string {
	s := " /MediaBox " + box(p.MediaBox)
	if p.CropBox != [4]float64{} {
		s += " /CropBox " + box(p.CropBox)
	}
	if p.Rotate != 0 {
		s += fmt.Sprintf(" /Rotate %d", p.Rotate)
	}
	if p.UserUnit != 0 {
		s += fmt.Sprintf(" /UserUnit %g", p.UserUnit)
	}
	return s
}

func box(r [4]float64) string { return fmt.Sprintf("[%g %g %g %g]", r[0], r[1], r[2], r[3]) }

// annots reserves the widgets of the fields and names them in the first page.
func (p PDF) annots(b *pdfBuilder) string {
	if p.TextField {
		b.text = b.reserve()
	}
	if p.EmptySignature != "" {
		b.signature = b.reserve()
	}
	refs := b.fields()
	if refs == "" {
		return ""
	}
	return " /Annots [" + refs + "]"
}

// form writes the fields and gives the catalog's entry.
func (p PDF) form(b *pdfBuilder, page, font int) string {
	if b.text != 0 {
		b.object(b.text, fmt.Sprintf("<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Mary) /DA (/F1 12 Tf 0 g) /Rect [72 600 272 620] /F 4 /P %d 0 R >>", page))
	}
	if b.signature != 0 {
		b.object(b.signature, fmt.Sprintf("<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s) /Rect [72 500 272 560] /F 4 /P %d 0 R >>", p.EmptySignature, page))
	}
	if refs := b.fields(); refs != "" {
		return fmt.Sprintf(" /AcroForm << /Fields [%s] /DR << /Font << /F1 %d 0 R >> >> /DA (/F1 12 Tf 0 g) >>", refs, font)
	}
	return ""
}
