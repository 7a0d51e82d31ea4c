package pdf

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
)

// AppendSignature writes the file, unchanged, followed by an increment with an
// empty signature to w. It reads the file once and takes the digest on the way.
// The place that is reserved for the signature holds zeros: write it with
// [WriteContents], or keep the Reserved and use [Reserved.Embed] later.
//
// Before anything is written it can fail with ErrPermission,
// ErrCertifiedNoChanges, ErrNotFirst, ErrFieldLocked, ErrFieldNotFound,
// ErrFieldExists, ErrFieldSigned, ErrSeedValue, ErrNoPages, ErrPageRange,
// ErrPDFA, ErrSpec, or an error of the reader.
func (f *File) AppendSignature(ctx context.Context, w io.Writer, spec SignatureSpec) (*Reserved, error) {
	r, err := again(func() (*Reserved, error) { return f.reserve(spec) })
	if err != nil {
		return nil, fmt.Errorf("prepare signature: %w", err)
	}
	if err := r.digest(ctx, f.src.r, w); err != nil {
		return nil, fmt.Errorf("append signature: %w", err)
	}
	return r, nil
}

// Prepare does what AppendSignature does and writes nothing: the increment is in
// the Reserved alone.
func (f *File) Prepare(ctx context.Context, spec SignatureSpec) (*Reserved, error) {
	return f.AppendSignature(ctx, nil, spec)
}

// Increment gives what AppendSignature would append, the place for the signature
// still empty, without reading the document for its digest: for those who want
// to see what a signature will look like, or whether one can be made.
func (f *File) Increment(spec SignatureSpec) ([]byte, error) {
	r, err := again(func() (*Reserved, error) { return f.reserve(spec) })
	if err != nil {
		return nil, fmt.Errorf("prepare signature: %w", err)
	}
	return r.Increment, nil
}

// reserve builds the increment.
func (f *File) reserve(spec SignatureSpec) (*Reserved, error) {
	if err := spec.complete(); err != nil {
		return nil, err
	}
	if err := f.mayPrepare(&spec); err != nil {
		return nil, err
	}
	if err := f.foresee(spec); err != nil {
		return nil, err
	}
	random := spec.Rand
	if random == nil {
		random = rand.Reader
	}
	inc, err := f.newIncrement(random)
	if err != nil {
		return nil, err
	}
	s := &signing{f: f, inc: inc, spec: spec, value: inc.alloc()}
	if err := s.build(); err != nil {
		return nil, err
	}
	return s.reserved(), nil
}

// foresee reads the page that a new field will stand on before numbers are
// given to new objects: what the page or the form names must not come true with
// them. (A prepared document may have a field whose value is the number that the
// signature would get, and then two fields would be signed.)
func (f *File) foresee(spec SignatureSpec) error {
	fm, err := f.readForm()
	if err != nil || fm.names[spec.Field] {
		return err
	}
	page, err := f.page(max(1, spec.Page))
	if err != nil {
		return err
	}
	_, err = f.resolve(page.Dict["Annots"])
	return err
}

// A signing is one increment with a signature in the making.
type signing struct {
	f     *File
	inc   *increment
	spec  SignatureSpec
	value Ref // of the signature dictionary

	field      string
	lock       *Lock
	byteRange  span // of the place for ByteRange in the increment
	contents   span // of <…> in the increment
	byteRanges [4]int64
}

// A span is a piece of the increment's bytes.
type span struct{ from, to int }

func (s *signing) build() error {
	if err := s.setField(); err != nil {
		return err
	}
	if s.spec.Certify > 0 {
		if err := s.setPerms(); err != nil {
			return err
		}
	}
	if s.spec.Store != nil {
		if err := s.inc.addStore(*s.spec.Store); err != nil {
			return err
		}
	}
	if err := s.inc.flush(); err != nil {
		return err
	}
	if err := s.writeValue(); err != nil {
		return err
	}
	if err := s.inc.finish(); err != nil {
		return err
	}
	s.setByteRange()
	return nil
}

// setField fills the field that the order names, or makes one.
func (s *signing) setField() error {
	fm, err := s.f.readForm()
	if err != nil {
		return err
	}
	s.field = s.spec.Field
	for _, field := range fm.fields {
		if field.Name == s.field {
			return s.fill(field)
		}
	}
	switch {
	case fm.names[s.field]:
		return fmt.Errorf("field %q: %w", s.field, ErrFieldExists)
	case s.spec.MustExist:
		return fmt.Errorf("field %q: %w", s.field, ErrFieldNotFound)
	}
	return s.make()
}

// setPerms makes the catalog name the certifying signature (12.8.6).
func (s *signing) setPerms() error {
	catalog, err := s.inc.editCatalog()
	if err != nil {
		return err
	}
	perms, own, err := s.inc.editEntry(catalog, "Perms")
	if err != nil {
		return err
	}
	perms.set("DocMDP", s.value)
	s.inc.keepEntry(catalog, "Perms", perms, own)
	return nil
}

// writeValue writes the signature dictionary. Contents is never encrypted
// (7.6.2), and ByteRange is filled in when all lengths are known.
func (s *signing) writeValue() error {
	d := Dict{
		"Type": Name(s.spec.Type), "Filter": s.spec.Filter, "SubFilter": s.spec.SubFilter,
	}
	for key, text := range map[Name]string{
		"Name": s.spec.Name, "Reason": s.spec.Reason, "Location": s.spec.Location, "ContactInfo": s.spec.ContactInfo,
	} {
		if text != "" {
			d[key] = TextString(text)
		}
	}
	if !s.spec.Time.IsZero() {
		d["M"] = Date(s.spec.Time)
	}
	if s.spec.Application != "" {
		d["Prop_Build"] = Dict{
			"App":    Dict{"Name": Name(s.spec.Application)},
			"Filter": Dict{"Name": s.spec.Filter},
		}
	}
	if refs := s.references(); len(refs) > 0 {
		d["Reference"] = refs
	}
	inc := s.inc
	inc.begin(s.value)
	b, err := (&serializer{inc: inc, ref: s.value}).append(inc.buf, d, 0)
	if err != nil {
		return err
	}
	b = append(b[:len(b)-len(">>")], "\n/ByteRange ["...)
	s.byteRange.from = len(b)
	b = fmt.Appendf(b, "%*s", s.byteRangeWidth(), "")
	s.byteRange.to = len(b)
	b = append(b, "]\n/Contents "...)
	s.contents.from = len(b)
	b = append(b, '<')
	b = append(b, bytes.Repeat([]byte{'0'}, 2*s.spec.ContentsSize)...)
	b = append(b, '>')
	s.contents.to = len(b)
	inc.buf = append(b, "\n>>"...)
	inc.end()
	return nil
}

// byteRangeWidth is room for four numbers, none of which is longer than the
// length of the output, of which we know the greater part.
func (s *signing) byteRangeWidth() int {
	bound := s.f.src.size + int64(len(s.inc.buf)) + 2*maxContents + 1<<30
	return len("0 ") + 3*(len(strconv.FormatInt(bound, 10))+1)
}

// setByteRange writes the byte range into its place.
func (s *signing) setByteRange() {
	size, total := s.f.src.size, int64(len(s.inc.buf))
	s.byteRanges = [4]int64{
		0, size + int64(s.contents.from),
		size + int64(s.contents.to), total - int64(s.contents.to),
	}
	v := s.byteRanges
	copy(s.inc.buf[s.byteRange.from:s.byteRange.to], fmt.Sprintf("%d %d %d %d", v[0], v[1], v[2], v[3]))
}

// references are the transforms of a certifying signature and of a lock
// (12.8.2). Data of FieldMDP is the catalog.
func (s *signing) references() Array {
	var out Array
	transform := func(method Name, params Dict) Dict {
		params["Type"], params["V"] = Name("TransformParams"), Name("1.2")
		return Dict{"Type": Name("SigRef"), "TransformMethod": method, "TransformParams": params}
	}
	switch {
	case s.spec.Certify > 0:
		out = append(out, transform("DocMDP", Dict{"P": Integer(s.spec.Certify)}))
	case s.lock != nil && s.lock.Permission > 0:
		out = append(out, transform("DocMDP", Dict{"P": Integer(s.lock.Permission)}))
	}
	if s.lock != nil && s.lock.Action != "" {
		params := Dict{"Action": s.lock.Action}
		if s.lock.Action != "All" {
			names := Array{}
			for _, n := range s.lock.Fields {
				names = append(names, TextString(n))
			}
			params["Fields"] = names
		}
		d := transform("FieldMDP", params)
		if root, _ := s.f.trailer.get("Root"); root.value != nil {
			d["Data"] = root.value
		}
		out = append(out, d)
	}
	return out
}

func (s *signing) reserved() *Reserved {
	return &Reserved{
		Size: s.f.src.size, Field: s.field, ByteRange: s.byteRanges,
		ContentsOffset: s.f.src.size + int64(s.contents.from) + 1, ContentsSize: s.spec.ContentsSize,
		Hash: s.spec.Hash, Increment: s.inc.buf,
	}
}
