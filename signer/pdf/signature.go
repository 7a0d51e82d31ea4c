package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// ErrByteRange is the flaw of a signature whose ByteRange does not cover
// everything around its own Contents, and nothing else.
var ErrByteRange = errors.New("byte range does not fit the signature")

// A Signature is what stands in a signed signature field.
type Signature struct {
	// Field is the field that holds it.
	Field *Field
	// Ref is that of the signature dictionary, zero for a direct one.
	Ref  Ref
	Dict Dict
	// Type is Sig where the dictionary says nothing.
	Type              Type
	Filter, SubFilter Name
	// ByteRange is [0 a b c], Contents the decoded value with its padding. The
	// hexadecimal string, angle brackets included, stands from a up to b.
	ByteRange [4]int64
	Contents  []byte
	// Flaw is nil if ByteRange begins at 0, leaves out exactly the Contents of
	// this very dictionary and does not go beyond the end of the file. A
	// signature with a flaw proves nothing (ISO 32000-2, 12.8.1; the attacks
	// known as USF and SWA).
	Flaw error
	// Time is the claimed one (M), zero if missing. The rest are claims too.
	Time                                time.Time
	Name, Reason, Location, ContactInfo string
}

// End is the length of the revision that the signature covers: the bytes up to
// there are the document as it was signed.
func (s *Signature) End() int64 { return s.ByteRange[2] + s.ByteRange[3] }

// Signatures gives the signatures of the document in the order of its form.
func (f *File) Signatures() ([]*Signature, error) { return again(f.signatures) }

func (f *File) signatures() ([]*Signature, error) {
	fm, err := f.readForm()
	if err != nil {
		return nil, err
	}
	var out []*Signature
	for _, field := range fm.fields {
		if !field.Signed {
			continue
		}
		s, err := f.signature(field)
		if err != nil {
			return nil, fmt.Errorf("signature in field %q: %w", field.Name, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func (f *File) signature(field *Field) (*Signature, error) {
	d, err := f.dictOf(field.value)
	if err != nil {
		return nil, err
	}
	s := &Signature{Field: field, Dict: d, Type: Sig}
	s.Ref, _ = field.value.(Ref)
	if t, ok, err := resolved[Name](f, d["Type"]); ok {
		s.Type = Type(t)
	} else if err != nil {
		return nil, err
	}
	for key, v := range map[Name]*Name{"Filter": &s.Filter, "SubFilter": &s.SubFilter} {
		if *v, _, err = resolved[Name](f, d[key]); err != nil {
			return nil, err
		}
	}
	for key, v := range map[Name]*string{
		"Name": &s.Name, "Reason": &s.Reason, "Location": &s.Location, "ContactInfo": &s.ContactInfo,
	} {
		text, _, err := resolved[String](f, d[key])
		if err != nil {
			return nil, err
		}
		*v = text.Text()
	}
	m, _, err := resolved[String](f, d["M"])
	if err != nil {
		return nil, err
	}
	s.Time, _ = m.Time()
	contents, _ := d["Contents"].(String)
	s.Contents = contents
	if s.Flaw, err = f.flaw(s); err != nil {
		return nil, err
	}
	return s, nil
}

// flaw holds ByteRange against the place of Contents in the file.
func (f *File) flaw(s *Signature) (error, error) {
	a, ok, err := resolved[Array](f, s.Dict["ByteRange"])
	if err != nil {
		return nil, err
	}
	if !ok || len(a) != 4 {
		return fmt.Errorf("%w: it is missing or has not four numbers", ErrByteRange), nil
	}
	for i, o := range a {
		n, ok := o.(Integer)
		if !ok || n < 0 || int64(n) > f.src.size {
			return fmt.Errorf("%w: it has an impossible number", ErrByteRange), nil
		}
		s.ByteRange[i] = int64(n)
	}
	r := s.ByteRange
	if r[0] != 0 || r[1] >= r[2] || r[2]+r[3] > f.src.size {
		return fmt.Errorf("%w: it is not [0 a b c] inside the file", ErrByteRange), nil
	}
	from, to, err := f.placeOfContents(s.Field.value, s.Field)
	if err != nil {
		return nil, err
	}
	if from == 0 || r[1] != from || r[2] != to {
		return fmt.Errorf("%w: it leaves out more or less than Contents", ErrByteRange), nil
	}
	return nil, nil
}

// placeOfContents finds where the hexadecimal string of Contents stands in the
// file; 0 if it is none, stands twice, or in an object stream.
func (f *File) placeOfContents(value Object, field *Field) (from, to int64, err error) {
	ref, isRef := value.(Ref)
	if !isRef {
		ref = field.Ref
	}
	o, err := f.load(ref)
	if err != nil || o == nil || o.raw == nil || o.packed {
		return 0, 0, err
	}
	raw, at := o.raw, o.valueAt
	keys := []Name{"Contents"}
	if !isRef {
		keys = []Name{"V", "Contents"}
	}
	for _, key := range keys {
		d, err := parseRawDict(raw)
		if err != nil {
			return 0, 0, nil //nolint:nilerr // no dictionary, no place
		}
		e, once := d.only(key)
		if !once || e.raw == nil {
			return 0, 0, nil
		}
		raw, at = e.raw, at+int64(e.at)
	}
	if !bytes.HasPrefix(raw, []byte("<")) || bytes.HasPrefix(raw, []byte("<<")) {
		return 0, 0, nil
	}
	return at, at + int64(len(raw)), nil
}

// only gives the entry of a key that stands exactly once.
func (d *rawDict) only(key Name) (rawEntry, bool) {
	e, n := rawEntry{}, 0
	for _, old := range d.entries {
		if old.key == key {
			e, n = old, n+1
		}
	}
	return e, n == 1
}
