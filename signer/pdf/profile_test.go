package pdf_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
)

// metadata claims a part of PDF/A.
func metadata(claim string) string {
	return `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		claim + `</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
}

const (
	asElements   = `<rdf:Description xmlns:p="http://www.aiim.org/pdfa/ns/id/"><p:part> %d </p:part><p:conformance>b</p:conformance></rdf:Description>`
	asAttributes = `<rdf:Description xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="%d" pdfaid:conformance='B'/>`
)

func claiming(xmp, catalog string) []byte {
	b := newBuilder()
	b.onePage("/Metadata 9 0 R"+catalog, "")
	b.stream(9, "/Type/Metadata/Subtype/XML", xmp)
	b.stream(8, "/N 3", "profile")
	return b.table()
}

// TestProfile: what a document claims to be.
func TestProfile(t *testing.T) {
	intent := "/OutputIntents[<</S/GTS_PDFA1/DestOutputProfile 8 0 R>>]"
	for name, c := range map[string]struct {
		in   []byte
		want pdf.Profile
	}{
		"nothing":                {claiming("", ""), pdf.Profile{}},
		"elements":               {claiming(metadata(fmt.Sprintf(asElements, 2)), intent), pdf.Profile{PDFA: 2, Conformance: "B", OutputComponents: 3}},
		"attributes":             {claiming(metadata(fmt.Sprintf(asAttributes, 1)), ""), pdf.Profile{PDFA: 1, Conformance: "B"}},
		"another namespace":      {claiming(metadata(`<a xmlns:pdfaid="urn:x" pdfaid:part="1"/>`), ""), pdf.Profile{}},
		"no XML":                 {claiming("pdfaid:part 1 http://www.aiim.org/pdfa/ns/id/ <<<", ""), pdf.Profile{}},
		"a bomb of entities":     {claiming(`<!DOCTYPE x [<!ENTITY a "&a;&a;">]>`+metadata("&a;"+fmt.Sprintf(asAttributes, 3)), ""), pdf.Profile{}},
		"tagged":                 {claiming("", "/MarkInfo<</Marked true>>/StructTreeRoot 2 0 R"), pdf.Profile{Tagged: true}},
		"marked, but no tree":    {claiming("", "/MarkInfo<</Marked true>>"), pdf.Profile{}},
		"static XFA":             {claiming("", "/AcroForm<</XFA(x)/NeedAppearances true>>"), pdf.Profile{XFA: "static", NeedAppearances: true}},
		"dynamic XFA":            {claiming("", "/AcroForm<</XFA(x)>>/NeedsRendering true"), pdf.Profile{XFA: "dynamic"}},
		"usage rights":           {claiming("", "/Perms<</UR3 2 0 R>>"), pdf.Profile{UsageRights: true}},
		"a script":               {claiming("", "/OpenAction<</S/JavaScript/JS(x)>>"), pdf.Profile{Scripts: true}},
		"scripts by name":        {claiming("", "/Names<</JavaScript 2 0 R>>"), pdf.Profile{Scripts: true}},
		"opens at a destination": {claiming("", "/OpenAction[3 0 R/Fit]"), pdf.Profile{}},
	} {
		got, err := open(t, c.in).Profile()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "a bomb of entities" { // anything goes, as long as it ends
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestPDFA: a mark that would break the document's conformance is refused.
func TestPDFA(t *testing.T) {
	embedded := &pdf.Indirect{Value: pdf.Dict{
		"Type": pdf.Name("Font"), "Subtype": pdf.Name("CIDFontType2"),
		"FontDescriptor": &pdf.Indirect{Value: pdf.Dict{"FontFile2": &pdf.Stream{Dict: pdf.Dict{}}}},
	}}
	for name, c := range map[string]struct {
		resources pdf.Dict
		parts     []int // that allow it
	}{
		"nothing":            {nil, []int{1, 2, 3}},
		"a font":             {pdf.Dict{"Font": pdf.Dict{"F": pdf.Dict{"Type": pdf.Name("Font"), "Subtype": pdf.Name("Type0"), "DescendantFonts": pdf.Array{embedded}}}}, []int{1, 2, 3}},
		"a font by its name": {pdf.Dict{"Font": pdf.Dict{"F": pdf.Dict{"Type": pdf.Name("Font"), "BaseFont": pdf.Name("Helvetica")}}}, nil},
		"a soft mask":        {pdf.Dict{"XObject": pdf.Dict{"I": &pdf.Stream{Dict: pdf.Dict{"SMask": &pdf.Stream{}}}}}, []int{2, 3}},
		"no soft mask":       {pdf.Dict{"ExtGState": pdf.Dict{"G": pdf.Dict{"SMask": pdf.Name("None"), "ca": pdf.Integer(1), "BM": pdf.Name("Normal")}}}, []int{1, 2, 3}},
		"opacity":            {pdf.Dict{"ExtGState": pdf.Dict{"G": pdf.Dict{"ca": pdf.Real(0.5)}}}, []int{2, 3}},
		"a blend mode":       {pdf.Dict{"ExtGState": pdf.Dict{"G": pdf.Dict{"BM": pdf.Name("Multiply")}}}, []int{2, 3}},
		"a group":            {pdf.Dict{"XObject": pdf.Dict{"I": &pdf.Stream{Dict: pdf.Dict{"Group": pdf.Dict{"S": pdf.Name("Transparency")}}}}}, []int{2, 3}},
	} {
		spec := pdf.SignatureSpec{
			Placement:  &pdf.Placement{Rect: pdf.Rect{X1: 9, Y1: 9}},
			Appearance: &pdf.Appearance{Width: 9, Height: 9, Resources: c.resources},
		}
		for part := 1; part <= 3; part++ {
			in := claiming(metadata(fmt.Sprintf(asAttributes, part)), "")
			allowed := len(c.parts) > 0 && part >= c.parts[0]
			if allowed {
				sign(t, in, spec)
			} else if err := refused(t, in, spec); !errors.Is(err, pdf.ErrPDFA) {
				t.Errorf("%s in part %d: %v", name, part, err)
			}
		}
		b := newBuilder()
		b.onePage("", "")
		sign(t, b.table(), spec) // no PDF/A, no rule
	}
}
