package pdf

import (
	"bytes"
	"math"
	"strconv"
)

// number reads a number as readers do: what cannot be understood is 0, and an
// integer too large for 64 bits is a real.
func number(b []byte) Object {
	if i, ok := integer(b); ok {
		return Integer(i)
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) && !bytes.ContainsAny(b, "xXpPeE_") {
		return Real(f)
	}
	return oddNumber(b)
}

// integer reads digits with an optional sign.
func integer(b []byte) (int64, bool) {
	negative := false
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		negative = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	n := int64(0)
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// oddNumber reads things like "--5", "1.2.3" and "12-34" as Acrobat does: signs
// are taken once, and what follows a second point or an inner sign is dropped.
func oddNumber(b []byte) Object {
	clean := make([]byte, 0, len(b))
	points, digits := 0, 0
	for i, c := range b {
		switch {
		case isDigit(c):
			clean = append(clean, c)
			digits++
		case c == '.':
			if points++; points > 1 {
				return finish(clean, digits)
			}
			clean = append(clean, c)
		case digits > 0 || points > 0:
			return finish(clean, digits)
		case c == '-' && i == 0:
			clean = append(clean, c)
		}
	}
	return finish(clean, digits)
}

func finish(b []byte, digits int) Object {
	if digits == 0 {
		return Integer(0)
	}
	if i, ok := integer(b); ok {
		return Integer(i)
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsInf(f, 0) {
		return Integer(0)
	}
	return Real(f)
}

func unhex(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// name resolves the #xx escapes of a name; b begins with the slash.
func name(b []byte) Name {
	b = b[1:]
	if bytes.IndexByte(b, '#') < 0 {
		return Name(b)
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '#' && i+2 < len(b) {
			hi, ok1 := unhex(b[i+1])
			lo, ok2 := unhex(b[i+2])
			if ok1 && ok2 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return Name(out)
}

// hexString decodes <…>; other characters than digits are passed over, and a
// missing last digit is 0 (7.3.4.3).
func hexString(b []byte) String {
	out := make([]byte, 0, len(b)/2)
	half, hi := false, byte(0)
	for _, c := range b {
		v, ok := unhex(c)
		switch {
		case !ok:
		case half:
			out = append(out, hi<<4|v)
			half = false
		default:
			hi, half = v, true
		}
	}
	if half {
		out = append(out, hi<<4)
	}
	return out
}

// literalString decodes (…) with its escapes (7.3.4.2).
func literalString(b []byte) String {
	b = bytes.TrimPrefix(b, []byte("("))
	b = bytes.TrimSuffix(b, []byte(")"))
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\r': // an end of line of any kind is one line feed
			out = append(out, '\n')
			if i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
		case c == '\\' && i+1 < len(b):
			i++
			var n int
			out, n = escape(out, b[i:])
			i += n - 1
		case c == '\\':
		default:
			out = append(out, c)
		}
	}
	return out
}

// escape decodes what follows a backslash and tells how long it is.
func escape(out, b []byte) ([]byte, int) {
	switch c := b[0]; c {
	case 'n':
		return append(out, '\n'), 1
	case 'r':
		return append(out, '\r'), 1
	case 't':
		return append(out, '\t'), 1
	case 'b':
		return append(out, '\b'), 1
	case 'f':
		return append(out, '\f'), 1
	case '\n':
		return out, 1
	case '\r':
		if len(b) > 1 && b[1] == '\n' {
			return out, 2
		}
		return out, 1
	case '0', '1', '2', '3', '4', '5', '6', '7':
		v, n := 0, 0
		for n < 3 && n < len(b) && '0' <= b[n] && b[n] <= '7' {
			v = v<<3 | int(b[n]-'0')
			n++
		}
		return append(out, byte(v)), n
	default:
		return append(out, c), 1
	}
}
