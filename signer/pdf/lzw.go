package pdf

import "fmt"

// unLZW decodes the LZW of PDF and TIFF (ISO 32000-2, 7.4.4): codes of 9 to 12
// bits, most significant first, 256 clears and 257 ends. With early the width
// grows one code earlier than it need.
func unLZW(b []byte, limit int, early bool) ([]byte, error) {
	const clear, end, top = 256, 257, 4096
	var (
		prefix [top]int16
		suffix [top]byte
		length [top]int32
		out    = []byte{}
		next   = end + 1
		width  = 9
		last   = -1
		bits   uint32
		have   int
		shift  = 0
	)
	if early {
		shift = 1
	}
	for i := range 256 {
		suffix[i], length[i] = byte(i), 1
	}
	for _, c := range b {
		bits, have = bits<<8|uint32(c), have+8
		if have < width {
			continue
		}
		have -= width
		code := int(bits >> have & (1<<width - 1))
		switch {
		case code == clear:
			next, width, last = end+1, 9, -1
			continue
		case code == end:
			return out, nil
		case code > next || (code == next && last < 0):
			return out, nil // damaged: the good beginning
		}
		start := len(out)
		word := code
		if code == next { // the word that is just being made
			word = last
		}
		n := int(length[word])
		out = append(out, make([]byte, n)...)
		for at, w := start+n-1, word; at >= start; at-- {
			out[at] = suffix[w]
			w = int(prefix[w])
		}
		first := out[start]
		if code == next {
			out = append(out, first)
		}
		if len(out) > limit {
			return nil, fmt.Errorf("%w: a stream decodes to more than %d bytes", ErrLimit, limit)
		}
		if last >= 0 && next < top {
			prefix[next], suffix[next], length[next] = int16(last), first, length[last]+1
			next++
		}
		if next+shift >= 1<<width && width < 12 {
			width++
		}
		last = code
	}
	return out, nil
}
