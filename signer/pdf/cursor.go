package pdf

import "errors"

// A cursor reads tokens straight from the file, fetching windows as it goes.
type cursor struct {
	src  *source
	lex  lexer
	base int64 // offset in the file of the window's first byte
}

func newCursor(src *source, off int64) *cursor { return &cursor{src: src, base: off} }

// next gives the next token's kind, text and offset in the file.
func (c *cursor) next() (kind, []byte, int64, error) {
	for n := 1 << 10; ; n *= 8 {
		back := c.lex.pos
		t, err := c.lex.next()
		if err == nil {
			return t.kind, c.lex.text(t), c.base + int64(t.start), nil
		}
		if !errors.Is(err, errShort) {
			return 0, nil, 0, err
		}
		if n > maxObject {
			return 0, nil, 0, ErrLimit
		}
		if err := c.fill(back, n); err != nil {
			return 0, nil, 0, err
		}
	}
}

// fill makes the window begin at its own position pos and be n bytes long.
func (c *cursor) fill(pos, n int) error {
	c.base += int64(pos)
	b, err := c.src.window(c.base, n)
	if err != nil {
		return err
	}
	c.lex = lexer{b: b, whole: c.base+int64(len(b)) >= c.src.size}
	return nil
}

// offset is where the next token is looked for.
func (c *cursor) offset() int64 { return c.base + int64(c.lex.pos) }

// number reads a non-negative integer.
func (c *cursor) number() (int64, int64, bool, error) {
	k, text, at, err := c.next()
	if err != nil || k != tokenNumber {
		return 0, at, false, err
	}
	n, ok := integer(text)
	return n, at, ok && n >= 0, nil
}
