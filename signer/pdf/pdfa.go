package pdf

import "fmt"

// checkPDFA holds a visible appearance against what the document's part of
// PDF/A forbids (ISO 19005-1, 6.3.4, 6.4; -2 and -3, 6.2.11; -4, 6.2.10): fonts
// that are not embedded in all parts, transparency in the first.
func (f *File) checkPDFA(a *Appearance) error {
	if a == nil {
		return nil
	}
	p, err := f.profile()
	if err != nil || p.PDFA == 0 {
		return err
	}
	check := pdfaCheck{part: p.PDFA, seen: map[*Indirect]bool{}}
	if err := check.value(a.Resources, 0); err != nil {
		return fmt.Errorf("%w (PDF/A-%d%s): %w", ErrPDFA, p.PDFA, p.Conformance, err)
	}
	return nil
}

type pdfaCheck struct {
	part int
	seen map[*Indirect]bool
}

func (c *pdfaCheck) value(o Object, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("resources are nested too deeply")
	}
	switch v := o.(type) {
	case *Indirect:
		if c.seen[v] {
			return nil
		}
		c.seen[v] = true
		return c.value(v.Value, depth+1)
	case *Stream:
		return c.dict(v.Dict, depth)
	case Dict:
		return c.dict(v, depth)
	case Array:
		for _, o := range v {
			if err := c.value(o, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *pdfaCheck) dict(d Dict, depth int) error {
	if err := c.font(d); err != nil {
		return err
	}
	if err := c.transparency(d); err != nil {
		return err
	}
	for _, o := range d {
		if err := c.value(o, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// font: a simple font or descendant font must have its file.
func (c *pdfaCheck) font(d Dict) error {
	if d["Type"] != Name("Font") || d["Subtype"] == Name("Type0") || d["Subtype"] == Name("Type3") {
		return nil
	}
	descriptor := d["FontDescriptor"]
	if i, ok := descriptor.(*Indirect); ok {
		descriptor = i.Value
	}
	if fd, ok := descriptor.(Dict); ok && (fd["FontFile"] != nil || fd["FontFile2"] != nil || fd["FontFile3"] != nil) {
		return nil
	}
	return fmt.Errorf("a font is not embedded")
}

func (c *pdfaCheck) transparency(d Dict) error {
	if c.part != 1 {
		return nil
	}
	if mask := d["SMask"]; mask != nil && mask != Name("None") {
		return fmt.Errorf("a soft mask")
	}
	for _, key := range []Name{"ca", "CA"} {
		switch v := d[key].(type) {
		case Integer:
			if v != 1 {
				return fmt.Errorf("opacity")
			}
		case Real:
			if v != 1 {
				return fmt.Errorf("opacity")
			}
		}
	}
	if mode := d["BM"]; mode != nil && mode != Name("Normal") && mode != Name("Compatible") {
		return fmt.Errorf("a blend mode")
	}
	if group, ok := d["Group"].(Dict); ok && group["S"] == Name("Transparency") {
		return fmt.Errorf("a transparency group")
	}
	return nil
}
