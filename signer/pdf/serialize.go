package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A serializer writes values into the increment. Strings and streams are
// encrypted for the object they stand in.
type serializer struct {
	inc   *increment
	ref   Ref  // of the object that is being written
	plain bool // nothing is encrypted: trailers and cross-reference streams
}

func (s *serializer) append(b []byte, o Object, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: value is nested too deeply", ErrLimit)
	}
	switch v := o.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case Integer:
		return strconv.AppendInt(b, int64(v), 10), nil
	case Real:
		return appendReal(b, float64(v))
	case Name:
		return appendName(b, v), nil
	case String:
		return s.appendString(b, v)
	case Raw:
		return append(b, v...), nil
	case Ref:
		return appendRef(b, v), nil
	case *Indirect:
		return appendRef(b, s.inc.refOf(v)), nil
	case *Stream: // a stream is always an object of its own
		return appendRef(b, s.inc.refOf(s.inc.indirect(v))), nil
	case Array:
		return s.appendArray(b, v, depth)
	case Dict:
		return s.appendDict(b, v, depth)
	case *rawDict:
		return s.appendRawDict(b, v, depth)
	}
	return nil, fmt.Errorf("%w: a value of type %T", ErrSpec, o)
}

func (s *serializer) appendArray(b []byte, a Array, depth int) ([]byte, error) {
	b = append(b, '[')
	var err error
	for i, v := range a {
		if i > 0 {
			b = append(b, ' ')
		}
		if b, err = s.append(b, v, depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func (s *serializer) appendDict(b []byte, d Dict, depth int) ([]byte, error) {
	keys := make([]Name, 0, len(d))
	for k, v := range d {
		if v != nil {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	b = append(b, "<<"...)
	var err error
	for _, k := range keys {
		b = append(appendName(b, k), ' ')
		if b, err = s.append(b, d[k], depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, ">>"...), nil
}

// appendRawDict writes each untouched value as it was read. Written anew are
// values with strings that are not encrypted for this object, and, in a repaired
// file, values that not every reader understands.
func (s *serializer) appendRawDict(b []byte, d *rawDict, depth int) ([]byte, error) {
	b = append(b, "<<\n"...)
	var err error
	for _, e := range d.entries {
		b = append(appendName(b, e.key), ' ')
		mend := e.odd && s.inc.f.repaired != ""
		if e.raw != nil && !mend && (!d.reencrypt || s.inc.keeps(e.value)) {
			b = append(b, e.raw...)
		} else if b, err = s.append(b, e.value, depth+1); err != nil {
			return nil, err
		}
		b = append(b, '\n')
	}
	return append(b, ">>"...), nil
}

func hasString(o Object, depth int) bool {
	if depth > maxDepth {
		return true
	}
	switch v := o.(type) {
	case String:
		return true
	case Array:
		return slices.ContainsFunc(v, func(o Object) bool { return hasString(o, depth+1) })
	case Dict:
		for _, o := range v {
			if hasString(o, depth+1) {
				return true
			}
		}
	}
	return false
}

func appendRef(b []byte, r Ref) []byte {
	b = strconv.AppendUint(b, uint64(r.Number), 10)
	b = append(b, ' ')
	b = strconv.AppendUint(b, uint64(r.Generation), 10)
	return append(b, " R"...)
}

func appendReal(b []byte, v float64) ([]byte, error) {
	const largest = 3.4e38 // ISO 32000-1, Annex C
	if math.IsNaN(v) {
		return nil, fmt.Errorf("%w: not a number", ErrSpec)
	}
	v = max(-largest, min(v, largest))
	start := len(b)
	b = strconv.AppendFloat(b, v, 'f', 6, 64)
	b = bytes.TrimRight(b, "0")
	b = bytes.TrimSuffix(b, []byte("."))
	if string(b[start:]) == "-0" {
		b = append(b[:start], '0')
	}
	return b, nil
}

func appendName(b []byte, n Name) []byte {
	const digits = "0123456789ABCDEF"
	b = append(b, '/')
	for i := range len(n) {
		if c := n[i]; c <= ' ' || c >= 0x7f || c == '#' || isDelimiter(c) {
			b = append(b, '#', digits[c>>4], digits[c&15])
		} else {
			b = append(b, c)
		}
	}
	return b
}

// appendString encrypts where the document is encrypted.
func (s *serializer) appendString(b []byte, v String) ([]byte, error) {
	if c := s.inc.f.crypt; c != nil && !s.plain {
		sealed, err := c.encryptString(s.ref, v, s.inc.rand)
		if err != nil {
			return nil, err
		}
		return appendHex(b, sealed), nil
	}
	for _, c := range v {
		if c < ' ' || c >= 0x7f {
			return appendHex(b, v), nil
		}
	}
	b = append(b, '(')
	for _, c := range v {
		if c == '(' || c == ')' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, ')'), nil
}

func appendHex(b, v []byte) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '<')
	for _, c := range v {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return append(b, '>')
}

// appendStream writes the stream of an object, its Length direct. New data is
// deflated where that makes it smaller.
func (s *serializer) appendStream(b []byte, v *Stream) ([]byte, error) {
	dict, data := Dict{}, v.Data
	for k, o := range v.Dict {
		dict[k] = o
	}
	if dict["Filter"] == nil && len(data) > 64 {
		if small := deflate(data); len(small) < len(data) {
			dict["Filter"], data = Name("FlateDecode"), small
		}
	}
	if c := s.inc.f.crypt; c != nil && !s.plain {
		sealed, err := c.encryptStream(s.ref, data, s.inc.rand)
		if err != nil {
			return nil, err
		}
		data = sealed
	}
	dict["Length"] = Integer(len(data))
	b, err := s.appendDict(b, dict, 0)
	if err != nil {
		return nil, err
	}
	b = append(b, "\nstream\n"...)
	b = append(b, data...)
	return append(b, "\nendstream"...), nil
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(data); err != nil { // a bytes.Buffer does not fail
		return data
	}
	if err := w.Close(); err != nil {
		return data
	}
	return b.Bytes()
}
