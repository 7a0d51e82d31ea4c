package signer

import (
	"bytes"
	"maps"
	"slices"

	"signservice/signer/pdf"
)

// keysOf gives the keys of both dictionaries, sorted, so that reports are the
// same on every run.
func keysOf(a, b pdf.Dict) []pdf.Name {
	all := map[pdf.Name]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// equalRaw compares scalars and references; values with parts are never equal
// to it.
func equalRaw(a, b pdf.Object) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case pdf.String:
		y, ok := b.(pdf.String)
		return ok && bytes.Equal(x, y)
	case pdf.Integer:
		switch y := b.(type) {
		case pdf.Integer:
			return x == y
		case pdf.Real:
			return float64(x) == float64(y)
		}
		return false
	case pdf.Real:
		switch y := b.(type) {
		case pdf.Integer:
			return float64(x) == float64(y)
		case pdf.Real:
			return x == y
		}
		return false
	case pdf.Name, pdf.Ref, bool:
		return a == b
	}
	return false
}
