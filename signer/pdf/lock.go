package pdf

import (
	"slices"
	"strings"
)

// A Lock says which fields a signature locks (ISO 32000-2, 12.7.5.5 SigFieldLock
// and 12.8.2.4 FieldMDP).
type Lock struct {
	// Action is All, Include (the Fields) or Exclude (all but the Fields).
	Action Name
	Fields []string
	// Permission is that of DocMDP, 1 to 3, from the signature on; 0 if the
	// lock says nothing about it.
	Permission int
}

// Locks tells whether the field of this full name is locked. A name in Fields
// stands for the fields below it as well.
func (l *Lock) Locks(field string) bool {
	named := slices.ContainsFunc(l.Fields, func(n string) bool {
		return field == n || strings.HasPrefix(field, n+".")
	})
	switch l.Action {
	case "All":
		return true
	case "Include":
		return named
	case "Exclude":
		return !named
	}
	return false
}

func (f *File) readLock(o Object) (*Lock, error) {
	d, err := f.dictOf(o)
	if d == nil || err != nil {
		return nil, err
	}
	l := &Lock{}
	if l.Action, _, err = resolved[Name](f, d["Action"]); err != nil {
		return nil, err
	}
	list, _, err := resolved[Array](f, d["Fields"])
	if err != nil {
		return nil, err
	}
	for _, item := range list {
		s, ok, err := resolved[String](f, item)
		if err != nil {
			return nil, err
		}
		if ok {
			l.Fields = append(l.Fields, s.Text())
		}
	}
	p, ok, err := resolved[Integer](f, d["P"])
	if ok && p >= 1 && p <= 3 {
		l.Permission = int(p)
	}
	return l, err
}
