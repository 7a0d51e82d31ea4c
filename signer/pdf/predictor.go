package pdf

import "fmt"

// unpredict undoes the predictor of a Flate or LZW filter (ISO 32000-2, 7.4.4.4).
func (s filter) unpredict(b []byte) ([]byte, error) {
	predictor := s.integer("Predictor", 1)
	if predictor < 2 {
		return b, nil
	}
	colors, bits, columns := s.integer("Colors", 1), s.integer("BitsPerComponent", 8), s.integer("Columns", 1)
	if colors < 1 || colors > 64 || bits < 1 || bits > 16 || columns < 1 || columns > 1<<24 {
		return nil, fmt.Errorf("%w: odd predictor", ErrDamaged)
	}
	pixel := (colors*bits + 7) / 8
	row := (columns*colors*bits + 7) / 8
	if predictor == 2 {
		if bits == 8 {
			unTIFF(b, row, colors)
		}
		return b, nil
	}
	return unPNG(b, row, pixel), nil
}

// unTIFF adds each byte to the one of the pixel before, in place.
func unTIFF(b []byte, row, colors int) {
	for start := 0; start < len(b); start += row {
		line := b[start:min(start+row, len(b))]
		for i := colors; i < len(line); i++ {
			line[i] += line[i-colors]
		}
	}
}

// unPNG undoes the filters of PNG, in place. Each row begins with the number of
// its filter.
func unPNG(b []byte, row, pixel int) []byte {
	out := b[:0]
	before := make([]byte, row)
	for len(b) > 1 {
		kind := b[0]
		line := b[1:min(1+row, len(b))]
		unPNGRow(kind, line, before, pixel)
		b = b[1+len(line):]
		out = append(out, line...) // behind what is still to be read
		before = out[len(out)-len(line):]
		if len(before) < row {
			break
		}
	}
	return out
}

func unPNGRow(kind byte, line, up []byte, pixel int) {
	if kind == 2 { // what cross-reference streams have, with thousands of short rows
		for i := range line {
			line[i] += up[i]
		}
		return
	}
	for i := range line {
		var left, upLeft byte
		if i >= pixel {
			left, upLeft = line[i-pixel], up[i-pixel]
		}
		switch kind {
		case 1:
			line[i] += left
		case 3:
			line[i] += byte((int(left) + int(up[i])) / 2)
		case 4:
			line[i] += paeth(int(left), int(up[i]), int(upLeft))
		}
	}
}

func paeth(a, b, c int) byte {
	pa, pb, pc := abs(b-c), abs(a-c), abs(a+b-2*c)
	switch {
	case pa <= pb && pa <= pc:
		return byte(a)
	case pb <= pc:
		return byte(b)
	}
	return byte(c)
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
