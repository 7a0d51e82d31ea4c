package pdf

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
)

// decode takes the data of a stream through its filters (ISO 32000-2, 7.4), as
// far as they are for data and not for pictures.
func (f *File) decode(d Dict, b []byte, limit int) ([]byte, error) {
	filters, err := f.filters(d)
	if err != nil {
		return nil, err
	}
	for _, step := range filters {
		out, err := step.decode(b, limit)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
		if err := spend(&f.budget.inflate, int64(len(out)), "decode"); err != nil {
			return nil, err
		}
		if out == nil {
			return b, nil
		}
		b = out
	}
	return b, nil
}

// A filter is one step of decoding.
type filter struct {
	name  Name
	parms Dict
}

const maxFilters = 6

// filters reads Filter and DecodeParms. The same compression twice is what
// bombs are made of and nothing else.
func (f *File) filters(d Dict) ([]filter, error) {
	names, err := f.oneOrMany(d, "Filter", "F")
	if err != nil || len(names) == 0 {
		return nil, err
	}
	parms, err := f.oneOrMany(d, "DecodeParms", "DP")
	if err != nil {
		return nil, err
	}
	if len(names) > maxFilters {
		return nil, fmt.Errorf("%w: a stream with %d filters", ErrLimit, len(names))
	}
	var out []filter
	seen := map[Name]bool{}
	for i, o := range names {
		n, ok, err := resolved[Name](f, o)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("%w: a filter without a name", ErrDamaged)
		}
		step := filter{name: fullFilterName(n)}
		if seen[step.name] && step.expands() {
			return nil, fmt.Errorf("%w: %s inside %s", ErrLimit, step.name, step.name)
		}
		seen[step.name] = true
		if i < len(parms) {
			if step.parms, _, err = resolved[Dict](f, parms[i]); err != nil {
				return nil, err
			}
		}
		out = append(out, step)
	}
	return out, nil
}

func (f *File) oneOrMany(d Dict, key, short Name) (Array, error) {
	o, ok := d[key]
	if !ok {
		if o, ok = d[short]; !ok {
			return nil, nil
		}
	}
	v, err := f.resolve(o)
	switch v := v.(type) {
	case nil:
		return nil, err
	case Array:
		return v, err
	default:
		return Array{v}, err
	}
}

func fullFilterName(n Name) Name {
	switch n {
	case "Fl":
		return "FlateDecode"
	case "LZW":
		return "LZWDecode"
	case "AHx":
		return "ASCIIHexDecode"
	case "A85":
		return "ASCII85Decode"
	case "RL":
		return "RunLengthDecode"
	}
	return n
}

func (s filter) expands() bool {
	switch s.name {
	case "FlateDecode", "LZWDecode", "RunLengthDecode":
		return true
	}
	return false
}

// decode gives nil for a filter that is not for data.
func (s filter) decode(b []byte, limit int) ([]byte, error) {
	var out []byte
	var err error
	switch s.name {
	case "FlateDecode":
		out, err = inflate(b, limit)
	case "LZWDecode":
		out, err = unLZW(b, limit, s.integer("EarlyChange", 1) != 0)
	case "ASCIIHexDecode":
		return append([]byte{}, hexString(untilMark(b, ">"))...), nil
	case "ASCII85Decode":
		return ascii85Decode(untilMark(b, "~>")), nil
	case "RunLengthDecode":
		return runLength(b, limit)
	case "Crypt":
		return b, nil // decryption has seen to it
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.unpredict(out)
}

func (s filter) integer(key Name, missing int) int {
	if v, ok := s.parms[key].(Integer); ok && v >= 0 && v <= maxNumber {
		return int(v)
	}
	return missing
}

func untilMark(b []byte, mark string) []byte {
	if i := bytes.Index(b, []byte(mark)); i >= 0 {
		return b[:i]
	}
	return b
}

// inflate decompresses zlib data, and raw deflate where the zlib header is
// broken. The checksum is not looked at, and of damaged data the good beginning
// is given: readers do so, and offsets and digests are checked elsewhere.
func inflate(b []byte, limit int) ([]byte, error) {
	raw := bytes.TrimLeft(b, "\r\n")
	if len(raw) > 2 && raw[0]&0x0f == 8 && (int(raw[0])<<8|int(raw[1]))%31 == 0 {
		raw = raw[2:]
	} else if len(b) > 2 {
		raw = b[2:]
	}
	out, err := readAtMost(func() io.Reader { return flate.NewReader(bytes.NewReader(raw)) }, 4*len(raw), limit)
	if err != nil {
		return nil, err
	}
	if out == nil {
		out = []byte{}
	}
	return out, nil
}

// readAtMost reads to the end, or to where the data is damaged. More than limit is
// refused. What is larger than a megabyte is decoded twice, first to count it: a
// buffer that grows would take three times the memory, and bombs take none now.
func readAtMost(open func() io.Reader, guess, limit int) ([]byte, error) {
	small := min(limit, 1<<20)
	var b bytes.Buffer
	b.Grow(min(guess, small))
	_, err := b.ReadFrom(io.LimitReader(open(), int64(small)+1))
	n := int64(b.Len())
	if n > int64(small) {
		n, err = io.Copy(io.Discard, io.LimitReader(open(), int64(limit)+1))
	}
	switch {
	case n > int64(limit):
		return nil, fmt.Errorf("%w: a stream decodes to more than %d bytes", ErrLimit, limit)
	case n == 0 && err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	case n <= int64(small):
		return b.Bytes(), nil
	}
	out := make([]byte, n)
	if _, err := io.ReadFull(open(), out); err != nil {
		return nil, fmt.Errorf("decode a second time: %w", err)
	}
	return out, nil
}

func ascii85Decode(b []byte) []byte {
	out := make([]byte, 0, len(b)*4/5)
	v, n := uint32(0), 0
	for _, c := range b {
		switch {
		case c == 'z' && n == 0:
			out = append(out, 0, 0, 0, 0)
		case '!' <= c && c <= 'u':
			v = v*85 + uint32(c-'!')
			if n++; n == 5 {
				out = append(out, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
				v, n = 0, 0
			}
		}
	}
	if n > 1 {
		for i := n; i < 5; i++ {
			v = v*85 + 84
		}
		out = append(out, []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8)}[:n-1]...)
	}
	return out
}

func runLength(b []byte, limit int) ([]byte, error) {
	out := []byte{}
	for i := 0; i < len(b) && b[i] != 128; {
		n := int(b[i])
		i++
		if n < 128 {
			end := min(i+n+1, len(b))
			out = append(out, b[i:end]...)
			i = end
		} else if i < len(b) {
			out = append(out, bytes.Repeat(b[i:i+1], 257-n)...)
			i++
		}
		if len(out) > limit {
			return nil, fmt.Errorf("%w: a stream decodes to more than %d bytes", ErrLimit, limit)
		}
	}
	return out, nil
}
