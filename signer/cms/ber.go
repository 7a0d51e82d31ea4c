package cms

import (
	"fmt"
	"slices"
)

// The bounds of reading.
const (
	// MaxSize is the largest container that Parse reads, in bytes. Strangers put
	// whole revocation lists inside.
	MaxSize = 16 << 20
	// maxDepth bounds the nesting. A signature with a time-stamp, which holds a
	// signature in turn, nests some 20 levels.
	maxDepth = 48
)

const (
	tagOctets            = 0x04
	tagConstructedOctets = 0x24
)

// head is the tag and the length of a BER element (X.690, 8.1).
type head struct {
	tag        byte
	size       int  // of the head itself
	length     int  // of the contents, unless indefinite
	indefinite bool // the contents end with an end-of-contents mark
	minimal    bool // the length is as DER has it
}

func (h head) constructed() bool { return h.tag&0x20 != 0 }

// readHead reads the head of the element at the start of in, and holds that its
// contents are there. Tags of more than one byte do not occur in CMS.
func readHead(in []byte, depth int) (head, error) {
	if depth > maxDepth {
		return head{}, fmt.Errorf("%w: nested deeper than %d", ErrMalformed, maxDepth)
	}
	if len(in) < 2 {
		return head{}, fmt.Errorf("%w: cut short", ErrMalformed)
	}
	h := head{tag: in[0], size: 2, minimal: true}
	if h.tag&0x1f == 0x1f {
		return h, fmt.Errorf("%w: tag of several bytes", ErrMalformed)
	}
	switch first := in[1]; {
	case first < 0x80:
		h.length = int(first)
	case first == 0x80:
		if !h.constructed() {
			return h, fmt.Errorf("%w: indefinite length of a primitive", ErrMalformed)
		}
		h.indefinite, h.minimal = true, false
		return h, nil
	default:
		if err := h.readLength(in, int(first&0x7f)); err != nil {
			return h, err
		}
	}
	if h.length > len(in)-h.size {
		return h, fmt.Errorf("%w: cut short", ErrMalformed)
	}
	return h, nil
}

// readLength reads a length of n bytes.
func (h *head) readLength(in []byte, n int) error {
	if n > 8 || len(in) < 2+n {
		return fmt.Errorf("%w: length of %d bytes", ErrMalformed, n)
	}
	for _, b := range in[2 : 2+n] {
		if h.length > MaxSize {
			return fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxSize)
		}
		h.length = h.length<<8 | int(b)
	}
	h.size += n
	h.minimal = in[2] != 0 && h.length >= 0x80
	return nil
}

// endOfContents tells whether in starts with the mark that ends an indefinite
// length.
func endOfContents(in []byte) bool { return len(in) >= 2 && in[0] == 0 && in[1] == 0 }

// derElement gives the size of the element at the start of in when it and all
// below it have definite, minimal lengths and primitive octet strings; false
// when only the encoding is not DER's.
func derElement(in []byte, depth int) (size int, der bool, err error) {
	h, err := readHead(in, depth)
	if err != nil || !h.minimal || h.tag == tagConstructedOctets {
		return 0, false, err
	}
	size = h.size + h.length
	if !h.constructed() {
		return size, true, nil
	}
	for at := h.size; at < size; {
		n, der, err := derElement(in[at:size], depth+1)
		if !der || err != nil {
			return 0, false, err
		}
		at += n
	}
	return size, true, nil
}

// toDER appends the element at the start of in with definite, minimal lengths
// and joined octet strings, and gives the number of bytes read. The order of
// sets and the values of primitives stay as they are.
func toDER(out, in []byte, depth int) (result []byte, read int, err error) {
	h, err := readHead(in, depth)
	if err != nil {
		return nil, 0, err
	}
	start := len(out)
	switch {
	case !h.constructed():
		read = h.size + h.length
		out = append(out, in[h.size:read]...)
	default:
		if out, read, err = childrenToDER(out, in, h, depth); err != nil {
			return nil, 0, err
		}
		if h.tag == tagConstructedOctets {
			h.tag = tagOctets
		}
	}
	return slices.Insert(out, start, derHead(h.tag, len(out)-start)...), read, nil
}

// childrenToDER appends what is inside a constructed element.
func childrenToDER(out, in []byte, h head, depth int) (result []byte, read int, err error) {
	body := in[h.size:]
	if !h.indefinite {
		body = body[:h.length]
	}
	at := 0
	for at < len(body) {
		if h.indefinite && endOfContents(body[at:]) {
			return out, h.size + at + 2, nil
		}
		start := len(out)
		var n int
		if out, n, err = toDER(out, body[at:], depth+1); err != nil {
			return nil, 0, err
		}
		at += n
		if h.tag == tagConstructedOctets {
			if out, err = unwrapSegment(out, start, depth); err != nil {
				return nil, 0, err
			}
		}
	}
	if h.indefinite {
		return nil, 0, fmt.Errorf("%w: cut short", ErrMalformed)
	}
	return out, h.size + at, nil
}

// unwrapSegment takes the head off the octet string that stands at start.
func unwrapSegment(out []byte, start, depth int) ([]byte, error) {
	h, err := readHead(out[start:], depth)
	if err != nil {
		return nil, err
	}
	if h.tag != tagOctets {
		return nil, fmt.Errorf("%w: octet string of other elements", ErrMalformed)
	}
	return slices.Delete(out, start, start+h.size), nil
}

// derHead gives a tag with a minimal length.
func derHead(tag byte, length int) []byte {
	if length < 0x80 {
		return []byte{tag, byte(length)}
	}
	n := 1
	for length>>(8*n) != 0 {
		n++
	}
	out := []byte{tag, 0x80 | byte(n)}
	for n--; n >= 0; n-- {
		out = append(out, byte(length>>(8*n)))
	}
	return out
}
