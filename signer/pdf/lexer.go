package pdf

// kind is the kind of a token.
type kind uint8

const (
	tokenEnd kind = iota // end of the data
	tokenNumber
	tokenName
	tokenString
	tokenHex
	tokenArrayOpen
	tokenArrayClose
	tokenDictOpen
	tokenDictClose
	tokenWord // keyword: obj, R, true, stream, or something unknown
)

// A token is a piece of the lexer's data, from start up to end.
type token struct {
	kind       kind
	start, end int
}

// A lexer splits a window of the file into tokens (ISO 32000-2, 7.2). Where the
// window ends before the file does, a token that touches the end is not
// trusted: next returns errShort, and the caller comes back with a larger one.
type lexer struct {
	b     []byte
	pos   int
	whole bool // the window reaches the end of the data
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func isRegular(c byte) bool { return !isSpace(c) && !isDelimiter(c) }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// skipSpace passes white space and comments.
func (l *lexer) skipSpace() {
	for l.pos < len(l.b) {
		c := l.b[l.pos]
		if c == '%' {
			for l.pos < len(l.b) && l.b[l.pos] != '\n' && l.b[l.pos] != '\r' {
				l.pos++
			}
			continue
		}
		if !isSpace(c) {
			return
		}
		l.pos++
	}
}

// ended answers for a token that touches the end of the window.
func (l *lexer) ended() error {
	if l.whole {
		return nil
	}
	return errShort
}

// unended answers for a string without an end.
func (l *lexer) unended() error {
	if l.whole {
		return errUnended
	}
	return errShort
}

func (l *lexer) next() (token, error) {
	l.skipSpace()
	if l.pos >= len(l.b) {
		return token{tokenEnd, len(l.b), len(l.b)}, l.ended()
	}
	start := l.pos
	switch l.b[start] {
	case '/':
		l.pos++
		return l.run(tokenName, start)
	case '(':
		return l.literal(start)
	case '[':
		return l.one(tokenArrayOpen)
	case ']':
		return l.one(tokenArrayClose)
	case '<', '>':
		return l.angle(start)
	case ')', '{', '}':
		return l.one(tokenWord)
	}
	if c := l.b[start]; isDigit(c) || c == '+' || c == '-' || c == '.' {
		return l.run(tokenNumber, start)
	}
	return l.run(tokenWord, start)
}

func (l *lexer) one(k kind) (token, error) {
	l.pos++
	return token{k, l.pos - 1, l.pos}, nil
}

// run takes regular characters. A number stops where a letter begins, since
// some writers glue them ("0R", "12obj").
func (l *lexer) run(k kind, start int) (token, error) {
	for l.pos < len(l.b) && isDigit(l.b[l.pos]) { // nearly all of what stands in long arrays
		l.pos++
	}
	for l.pos < len(l.b) && isRegular(l.b[l.pos]) {
		if c := l.b[l.pos]; k == tokenNumber && !isDigit(c) && c != '.' && c != '-' && c != '+' {
			if l.pos == start {
				l.pos++
			}
			return token{k, start, l.pos}, nil
		}
		l.pos++
	}
	t := token{k, start, l.pos}
	if l.pos == len(l.b) {
		return t, l.ended()
	}
	return t, nil
}

// literal takes a string in parentheses, which may be nested.
func (l *lexer) literal(start int) (token, error) {
	depth := 0
	for l.pos < len(l.b) {
		switch l.b[l.pos] {
		case '\\':
			l.pos++
		case '(':
			depth++
		case ')':
			depth--
		}
		l.pos++
		if depth == 0 {
			return token{tokenString, start, l.pos}, nil
		}
	}
	l.pos = len(l.b)
	return token{}, l.unended()
}

func (l *lexer) angle(start int) (token, error) {
	c := l.b[start]
	if start+1 == len(l.b) && !l.whole {
		return token{}, errShort
	}
	if start+1 < len(l.b) && l.b[start+1] == c {
		l.pos += 2
		if c == '<' {
			return token{tokenDictOpen, start, l.pos}, nil
		}
		return token{tokenDictClose, start, l.pos}, nil
	}
	if c == '>' {
		return l.one(tokenWord)
	}
	for l.pos++; l.pos < len(l.b); l.pos++ {
		if l.b[l.pos] == '>' {
			l.pos++
			return token{tokenHex, start, l.pos}, nil
		}
	}
	return token{}, l.unended()
}

func (l *lexer) text(t token) []byte { return l.b[t.start:t.end] }

// isWord tells whether the token is this keyword.
func (l *lexer) isWord(t token, word string) bool {
	return t.kind == tokenWord && string(l.b[t.start:t.end]) == word
}
