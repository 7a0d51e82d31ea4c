package pdf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// A Profile is what a document claims to be, as far as a signer must mind it.
type Profile struct {
	// PDFA is the part of ISO 19005 that the metadata claims, 1 to 4, and its
	// conformance level (A, B, U, E, F); 0 if none.
	PDFA        int
	Conformance string
	// OutputComponents is the number of colour components of the PDF/A output
	// intent: 3 lets a mark use RGB, 1 only gray, 4 CMYK; 0 if there is none.
	OutputComponents int
	// Tagged tells whether the document has a structure tree for assistive
	// technology.
	Tagged bool
	// XFA is "" without an XFA form, "static" where its pages stand in the PDF,
	// and "dynamic" where they are made by a program that reads XFA: signing
	// what PDF readers see says little then.
	XFA string
	// UsageRights tells whether Reader was given extra rights by a signature
	// (UR3), which any change ends.
	UsageRights bool
	// NeedAppearances tells whether readers draw form fields anew.
	NeedAppearances bool
	// Scripts tells whether the document itself runs JavaScript or an action
	// when it is opened.
	Scripts bool
}

const pdfaNamespace = "http://www.aiim.org/pdfa/ns/id/"

const maxMetadata = 1 << 20

// Profile reads what the document claims to be. Nothing of it is changed by a
// signature.
func (f *File) Profile() (Profile, error) { return again(f.profile) }

func (f *File) profile() (Profile, error) {
	var p Profile
	c, err := f.catalog()
	if err != nil {
		return p, err
	}
	if err := f.readPDFA(&p, c.dict); err != nil {
		return p, err
	}
	mark, err := f.dictOf(c.dict["MarkInfo"])
	if err != nil {
		return p, err
	}
	p.Tagged, _, err = resolved[bool](f, mark["Marked"])
	p.Tagged = p.Tagged && c.dict["StructTreeRoot"] != nil
	if err != nil {
		return p, err
	}
	form, err := f.dictOf(c.dict["AcroForm"])
	if err != nil {
		return p, err
	}
	if p.NeedAppearances, _, err = resolved[bool](f, form["NeedAppearances"]); err != nil {
		return p, err
	}
	if form["XFA"] != nil {
		p.XFA = "static"
		if dynamic, _, err := resolved[bool](f, c.dict["NeedsRendering"]); err != nil {
			return p, err
		} else if dynamic {
			p.XFA = "dynamic"
		}
	}
	perms, err := f.dictOf(c.dict["Perms"])
	p.UsageRights = perms["UR3"] != nil || perms["UR"] != nil
	if err != nil {
		return p, err
	}
	p.Scripts, err = f.hasScripts(c.dict)
	return p, err
}

func (f *File) hasScripts(catalog Dict) (bool, error) {
	names, err := f.dictOf(catalog["Names"])
	if err != nil {
		return false, err
	}
	if names["JavaScript"] != nil || catalog["AA"] != nil {
		return true, nil
	}
	action, err := f.dictOf(catalog["OpenAction"])
	if err != nil {
		return false, err
	}
	kind, _, err := resolved[Name](f, action["S"])
	return kind != "" && kind != "GoTo", err
}

func (f *File) readPDFA(p *Profile, catalog Dict) error {
	meta, ok, err := resolved[*Stream](f, catalog["Metadata"])
	if !ok {
		return err
	}
	b, err := f.streamData(meta, maxMetadata)
	if errors.Is(err, ErrLimit) || errors.Is(err, ErrDamaged) {
		return nil // metadata that nobody can read claims nothing
	}
	if err != nil {
		return err
	}
	p.PDFA, p.Conformance = pdfaOf(b)
	if p.PDFA == 0 {
		return nil
	}
	intents, err := listOf[Dict](f, catalog["OutputIntents"])
	if err != nil {
		return err
	}
	for _, intent := range intents {
		profile, err := f.dictOf(intent["DestOutputProfile"])
		if err != nil {
			return err
		}
		if n, ok, err := resolved[Integer](f, profile["N"]); err != nil {
			return err
		} else if ok && intent["S"] == Name("GTS_PDFA1") && n > 0 && n <= 4 {
			p.OutputComponents = int(n)
		}
	}
	return nil
}

// pdfaOf finds part and conformance in XMP, as elements or as attributes.
func pdfaOf(xmp []byte) (part int, conformance string) {
	if !bytes.Contains(xmp, []byte(pdfaNamespace)) {
		return 0, ""
	}
	d := xml.NewDecoder(bytes.NewReader(xmp))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	set := func(key, value string) {
		value = strings.TrimSpace(value)
		switch key {
		case "part":
			if n, err := strconv.Atoi(value); err == nil && n >= 1 && n <= 9 {
				part = n
			}
		case "conformance":
			conformance = strings.ToUpper(value)
		}
	}
	open := ""
	for {
		t, err := d.Token()
		if err != nil {
			return part, conformance
		}
		switch t := t.(type) {
		case xml.StartElement:
			open = ""
			if t.Name.Space == pdfaNamespace {
				open = t.Name.Local
			}
			for _, a := range t.Attr {
				if a.Name.Space == pdfaNamespace {
					set(a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			if open != "" {
				set(open, string(t))
			}
		case xml.EndElement:
			open = ""
		}
	}
}
