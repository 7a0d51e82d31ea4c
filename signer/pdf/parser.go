package pdf

import (
	"errors"
	"fmt"
	"slices"
)

// errBroken says that no value stands where one should.
var errBroken = errors.New("no value")

// A parser makes values of tokens. It forgives what readers forgive: a missing
// end of a dictionary or array, keys that are no names, unknown words.
type parser struct {
	lexer
	values int
	named  uint32 // the highest object number that a reference names
	broken bool   // an end was missing: raw bytes would run into what follows
	odd    bool   // something was passed over: others may understand it otherwise
}

// value reads the next value.
func (p *parser) value(depth int) (Object, error) {
	t, err := p.next()
	if err != nil {
		return nil, err
	}
	return p.valueOf(t, depth)
}

func (p *parser) valueOf(t token, depth int) (Object, error) {
	if p.values++; p.values > maxValues || depth > maxDepth {
		return nil, fmt.Errorf("%w: an object is too large or too deep", ErrLimit)
	}
	switch t.kind {
	case tokenNumber:
		return p.numberOrRef(t)
	case tokenName:
		return name(p.text(t)), nil
	case tokenString:
		return literalString(p.text(t)), nil
	case tokenHex:
		return hexString(p.text(t)), nil
	case tokenArrayOpen:
		return p.array(depth)
	case tokenDictOpen:
		p.values += dictCost
		d, err := p.dict(depth)
		if err != nil {
			return nil, err
		}
		return d.dict(), nil
	case tokenWord:
		return p.word(t)
	default:
		return nil, errBroken
	}
}

// word gives the value of a keyword. An unknown one counts as null; one that
// belongs to the structure of the file ends every open array and dictionary.
func (p *parser) word(t token) (Object, error) {
	switch string(p.text(t)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	if p.structural(t) {
		p.pos = t.start
		return nil, errBroken
	}
	p.odd = true
	return nil, nil
}

func (p *parser) structural(t token) bool {
	switch string(p.text(t)) {
	case "endobj", "obj", "stream", "endstream", "xref", "trailer", "startxref":
		return t.kind == tokenWord
	}
	return false
}

func (p *parser) numberOrRef(t token) (Object, error) {
	n, ok := integer(p.text(t))
	if !ok || n < 0 || n > maxNumber || !isDigit(p.b[t.start]) {
		return number(p.text(t)), nil
	}
	if ref, ok := p.plainRef(n); ok {
		return ref, nil
	}
	back := p.pos
	g, err := p.next()
	if err != nil {
		return nil, err
	}
	if g.kind == tokenNumber && isDigit(p.b[g.start]) && g.end-g.start <= 5 {
		gen, ok := integer(p.text(g))
		r, err := p.next()
		if err != nil {
			return nil, err
		}
		if ok && gen <= 65535 && p.isWord(r, "R") {
			return p.refTo(n, gen), nil
		}
	}
	p.pos = back
	return Integer(n), nil
}

// plainRef takes the rest of a reference to object n as nearly all writers put
// it, " 0 R": a page tree has thousands of them. Whatever looks otherwise is
// left to the lexer.
func (p *parser) plainRef(n int64) (Ref, bool) {
	const rest = " 0 R"
	end := p.pos + len(rest)
	if end >= len(p.b) || string(p.b[p.pos:end]) != rest || isRegular(p.b[end]) {
		return Ref{}, false
	}
	p.pos = end
	return p.refTo(n, 0), true
}

// refTo makes a reference and remembers the highest number.
func (p *parser) refTo(n, generation int64) Ref {
	if n <= maxScanned {
		p.named = max(p.named, uint32(n))
	}
	return Ref{Number: uint32(n), Generation: uint16(generation)}
}

func (p *parser) array(depth int) (Object, error) {
	a := Array{}
	for {
		t, err := p.next()
		if err != nil {
			return nil, err
		}
		switch {
		case t.kind == tokenArrayClose:
			return a, nil
		case t.kind == tokenEnd, t.kind == tokenDictClose, p.structural(t):
			p.broken = true
			p.pos = t.start
			return a, nil
		}
		v, err := p.valueOf(t, depth+1)
		if errors.Is(err, errBroken) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(a) == cap(a) && len(a) >= 128 {
			a = slices.Grow(a, 3*len(a)) // a long one: append alone would copy it over and over
		}
		a = append(a, v)
	}
}

// dict reads a dictionary whose << has been taken.
func (p *parser) dict(depth int) (*rawDict, error) {
	d := &rawDict{}
	for {
		t, err := p.next()
		if err != nil {
			return nil, err
		}
		switch {
		case t.kind == tokenDictClose:
			return d, nil
		case t.kind == tokenEnd, p.structural(t):
			p.broken = true
			p.pos = t.start
			return d, nil
		case t.kind != tokenName:
			p.odd = true
			if _, err := p.valueOf(t, depth+1); err != nil && !errors.Is(err, errBroken) {
				return nil, err
			}
			continue
		}
		if err := p.entry(d, name(p.text(t)), depth); err != nil {
			return nil, err
		}
	}
}

// entry reads the value of a key. A key without one, because the dictionary
// ends or the structure goes on, has null.
func (p *parser) entry(d *rawDict, key Name, depth int) error {
	t, err := p.next()
	if err != nil {
		return err
	}
	if t.kind == tokenDictClose || t.kind == tokenEnd || p.structural(t) {
		p.broken = true
		p.pos = t.start
		return nil
	}
	broken, odd := p.broken, p.odd
	p.broken, p.odd = false, false
	v, err := p.valueOf(t, depth+1)
	if err != nil && !errors.Is(err, errBroken) {
		return err
	}
	e := rawEntry{key: key, value: v, at: t.start, odd: p.odd}
	if !p.broken && err == nil {
		e.raw = p.b[t.start:p.pos]
	}
	p.broken = p.broken || broken || err != nil
	p.odd = p.odd || odd
	d.entries = append(d.entries, e)
	return nil
}
