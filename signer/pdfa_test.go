package signer_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer"
	"signservice/signer/pdf"
	"signservice/signer/signertest"
	"signservice/signer/signet"
)

// TestStaysPDFA: what a signature with everything that a mark can have (a logo
// with an alpha channel, a QR code, text in three alphabets) adds to a document is
// allowed by the document's part of PDF/A, whatever its output intent.
func TestStaysPDFA(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Мария Иванова"})
	for part := 1; part <= 4; part++ {
		for _, intent := range []int{0, 1, 3, 4} {
			for _, preset := range []signet.Preset{signet.EU, signet.Russian, signet.Plain} {
				in := signertest.PDF{PDFA: part, Intent: intent, TextField: true, XRefStream: part > 1}.Bytes()
				if err := staysPDFA(t, in, id, preset); err != nil {
					t.Errorf("part %d, intent of %d, %v: %v", part, intent, preset, err)
				}
			}
		}
	}
}

// TestStrangersStayPDFA: the same of the strangers' files that claim to be PDF/A.
func TestStrangersStayPDFA(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Мария Иванова"})
	parts := map[int]int{}
	unsignable := signertest.Refusals(t, "testdata/refusals.tsv")
	for _, row := range corpus(t) {
		if unsignable[row["file"]] != "" {
			continue
		}
		in, err := os.ReadFile(filepath.Join(corpusDir, row["file"]))
		if err != nil {
			t.Fatal(err)
		}
		f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		profile, err := f.Profile()
		if err != nil {
			t.Fatal(err)
		}
		if profile.PDFA == 0 {
			continue
		}
		parts[profile.PDFA]++
		if err := staysPDFA(t, in, id, signet.EU); err != nil {
			t.Errorf("%s (PDF/A-%d): %v", row["file"], profile.PDFA, err)
		}
	}
	t.Logf("files by part of PDF/A: %v", parts)
	if len(parts) == 0 {
		t.Error("no file claims to be PDF/A")
	}
}

// staysPDFA signs visibly and looks at what was added, in all that can be reached
// from the new field.
func staysPDFA(t *testing.T, in []byte, id *signertest.Identity, preset signet.Preset) error {
	t.Helper()
	o := options(id)
	o.Signet = &signer.Signet{
		Mark: signer.Mark{
			Preset: preset, Owner: "Мария Γιώργος Smith", Time: at, Reason: "Утверждаю", Internal: true,
			Logo: glass(t), QR: "https://example.com/", Width: 300, Height: 110,
		},
		Position: position(t, "bottom-left"), Page: 1,
	}
	out, p := sign(t, in, id.Key, o)
	before, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
	if err != nil {
		return err
	}
	after, err := pdf.Open(bytes.NewReader(out), int64(len(out)), pdf.Options{})
	if err != nil {
		return err
	}
	profile, err := before.Profile()
	if err != nil {
		return err
	}
	claims, err := after.Profile()
	if diff := cmp.Diff(profile, claims); diff != "" || err != nil {
		return fmt.Errorf("the document claims something else (%w): %s", err, diff)
	}
	a := archivist{t: t, f: after, profile: profile}
	return errors.Join(a.catalog(before), a.field(p.Reserved.Field), a.manner(before, out[len(in):]))
}

// glass is a logo that is half transparent.
func glass(t *testing.T) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = 120
	}
	m.Set(3, 3, color.NRGBA{200, 10, 10, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// An archivist knows what PDF/A wants of what a signature adds. It is no validator
// of documents: none can be had here. The rules are those of ISO 19005-1 and, where
// it differs, of -2, -3 and -4.
type archivist struct {
	t       *testing.T
	f       *pdf.File
	profile pdf.Profile
	font    bool
}

// catalog: nothing changes but the form (and the metadata least of all).
func (a *archivist) catalog(before *pdf.File) error {
	was, err := before.Catalog()
	if err != nil {
		return err
	}
	is, err := a.f.Catalog()
	if err != nil {
		return err
	}
	for key := range is {
		if key != "AcroForm" && !cmp.Equal(was[key], is[key]) {
			return fmt.Errorf("the catalog's %s was %v and is %v", key, was[key], is[key])
		}
	}
	form, err := a.dict(is["AcroForm"])
	if err != nil {
		return err
	}
	old, err := before.Resolve(was["AcroForm"])
	if err != nil {
		return err
	}
	oldForm, _ := old.(pdf.Dict)
	for _, key := range []pdf.Name{"NeedAppearances", "XFA"} { // 6.9; -2, 6.4.1
		if form[key] != nil && oldForm[key] == nil {
			return fmt.Errorf("the form has got %s", key)
		}
	}
	if ref, ok := is["Metadata"].(pdf.Ref); ok {
		if at, ok, err := a.f.Locate(ref); err != nil || !ok || at.Offset >= before.Size() {
			return fmt.Errorf("the metadata stand at %d of %d (%w)", at.Offset, before.Size(), err)
		}
	}
	return nil
}

func (a *archivist) dict(o pdf.Object) (pdf.Dict, error) {
	v, err := a.f.Resolve(o)
	switch v := v.(type) {
	case pdf.Dict:
		return v, err
	case *pdf.Stream:
		return v.Dict, err
	}
	return nil, err
}

// field: the widget is printed and can be seen (6.5.3, 6.9), has no actions (6.6.1),
// and an appearance that is a form and nothing else (6.5.3).
func (a *archivist) field(name string) error {
	fields, err := a.f.Fields()
	if err != nil {
		return err
	}
	for _, field := range fields {
		if field.Name != name {
			continue
		}
		d, err := a.dict(field.Ref)
		if err != nil {
			return err
		}
		if d["F"] != pdf.Object(pdf.Integer(132)) || d["A"] != nil || d["AA"] != nil {
			return fmt.Errorf("the widget is %v", d)
		}
		ap, err := a.dict(d["AP"])
		if err != nil {
			return err
		}
		v, err := a.f.Resolve(ap["N"])
		if err != nil {
			return err
		}
		form, ok := v.(*pdf.Stream)
		if !ok || len(ap) != 1 || form.Dict["Subtype"] != pdf.Object(pdf.Name("Form")) {
			return fmt.Errorf("the appearance is %v", ap)
		}
		if err := a.content(form); err != nil {
			return err
		}
		if err := a.value(form, 0); err != nil {
			return err
		}
		if !a.font {
			return errors.New("no font was found")
		}
		return nil
	}
	return fmt.Errorf("no field %q", name)
}

// content: colours of the device as the output intent allows (6.2.3.3; -2, 6.2.4.3).
func (a *archivist) content(form *pdf.Stream) error {
	b, err := a.f.StreamData(form, 1<<20)
	if err != nil {
		return err
	}
	intent := a.profile.OutputComponents
	if found := regexp.MustCompile(`(?m)[0-9] (rg|RG)$`).Find(b); found != nil && intent != 3 {
		return fmt.Errorf("RGB (%q) with an intent of %d components", found, intent)
	}
	if found := regexp.MustCompile(`(?m)[0-9] (g|G)$`).Find(b); found != nil && intent == 0 {
		return fmt.Errorf("gray (%q) without an intent", found)
	}
	if found := regexp.MustCompile(`(?m) (k|K|ri|gs|sh|BI|PS)$`).Find(b); found != nil {
		return fmt.Errorf("an operator out of place: %q", found)
	}
	return nil
}

// value goes through all that the appearance needs.
func (a *archivist) value(o pdf.Object, depth int) error {
	if depth > 20 {
		return errors.New("it has no end")
	}
	v, err := a.f.Resolve(o)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case pdf.Array:
		for _, item := range v {
			if err := a.value(item, depth+1); err != nil {
				return err
			}
		}
	case *pdf.Stream:
		if v.Dict["F"] != nil || v.Dict["Filter"] == pdf.Object(pdf.Name("LZWDecode")) || v.Dict["Filter"] == pdf.Object(pdf.Name("Crypt")) { // 6.1.7, 6.1.10
			return fmt.Errorf("a stream %v", v.Dict)
		}
		return a.entries(v.Dict, depth)
	case pdf.Dict:
		return a.entries(v, depth)
	}
	return nil
}

func (a *archivist) entries(d pdf.Dict, depth int) error {
	if err := errors.Join(a.transparency(d), a.picture(d), a.embedded(d)); err != nil {
		return err
	}
	for _, o := range d {
		if err := a.value(o, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// transparency: none in part 1 (6.4), nor where the page has no blending space to
// go by (-2, 6.2.10).
func (a *archivist) transparency(d pdf.Dict) error {
	for _, key := range []pdf.Name{"SMask", "SMaskInData", "ca", "CA", "BM", "Group"} {
		if d[key] != nil && (a.profile.PDFA == 1 || a.profile.OutputComponents == 0) {
			return fmt.Errorf("transparency by %s", key)
		}
	}
	return nil
}

// picture: no interpolation, no alternates, no PostScript (6.2.4, 6.2.5, 6.2.7),
// colours as in content.
func (a *archivist) picture(d pdf.Dict) error {
	for _, key := range []pdf.Name{"Alternates", "OPI", "PS", "Ref", "TR", "HTP"} {
		if d[key] != nil {
			return fmt.Errorf("an entry %s", key)
		}
	}
	if d["Interpolate"] == pdf.Object(true) {
		return errors.New("interpolation")
	}
	space, _ := d["ColorSpace"].(pdf.Name)
	switch {
	case space == "DeviceRGB" && a.profile.OutputComponents != 3,
		space == "DeviceGray" && a.profile.OutputComponents == 0,
		space == "DeviceCMYK":
		return fmt.Errorf("a picture in %s", space)
	}
	return nil
}

// embedded: fonts are embedded and can be read as text (6.3.4, 6.3.3, 6.3.8).
func (a *archivist) embedded(d pdf.Dict) error {
	if d["Type"] != pdf.Object(pdf.Name("Font")) {
		return nil
	}
	a.font = true
	switch d["Subtype"] {
	case pdf.Object(pdf.Name("Type0")):
		if d["ToUnicode"] == nil || d["Encoding"] != pdf.Object(pdf.Name("Identity-H")) {
			return fmt.Errorf("a font without its encoding: %v", d)
		}
	case pdf.Object(pdf.Name("CIDFontType2")):
		fd, err := a.dict(d["FontDescriptor"])
		if err != nil {
			return err
		}
		if fd["FontFile2"] == nil || d["CIDToGIDMap"] != pdf.Object(pdf.Name("Identity")) {
			return fmt.Errorf("a font that is not embedded: %v, %v", d, fd)
		}
	default:
		return fmt.Errorf("a font of another kind: %v", d)
	}
	return nil
}

// manner: the increment brings nothing that the document's version lacks (6.1.4: no
// cross-reference or object streams in part 1), and the version stays.
func (a *archivist) manner(before *pdf.File, added []byte) error {
	if was, is := before.Version(), a.f.Version(); was != is {
		return fmt.Errorf("version %s became %s", was, is)
	}
	repaired, _ := before.Repaired()
	if a.profile.PDFA == 1 && !repaired && bytes.Contains(added, []byte("/Type /XRef")) && a.classic(before) {
		return errors.New("a cross-reference stream after a table")
	}
	if bytes.Contains(added, []byte("/ObjStm")) {
		return errors.New("an object stream")
	}
	return nil
}

func (a *archivist) classic(before *pdf.File) bool { return before.Trailer()["Type"] == nil }
