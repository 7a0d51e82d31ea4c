package pdf

import (
	"bytes"
	"slices"
)

// A rawDict is a dictionary as it stands in the file: its entries in their
// order, each with the bytes of its value. It is what the writer edits, so that
// every value that is not touched is written as it was read.
type rawDict struct {
	entries []rawEntry
	// reencrypt says that strings in the entries are not encrypted as the
	// object demands into which they will be written: the dictionary comes from
	// an object stream or from another object.
	reencrypt bool
	changed   bool // set or remove was called
}

type rawEntry struct {
	key   Name
	value Object
	raw   []byte // nil for values that are new or could only be guessed at
	at    int    // where raw begins in the bytes that were parsed
	odd   bool   // raw holds something that was passed over
}

// dict gives the entries as values. Of a key that stands twice the last counts,
// as in most readers.
func (d *rawDict) dict() Dict {
	out := make(Dict, len(d.entries))
	for _, e := range d.entries {
		out[e.key] = e.value
	}
	return out
}

func (d *rawDict) get(key Name) (rawEntry, bool) {
	for i := len(d.entries) - 1; i >= 0; i-- {
		if d.entries[i].key == key {
			return d.entries[i], true
		}
	}
	return rawEntry{}, false
}

// value gives what the key has, nil if nothing.
func (d *rawDict) value(key Name) Object {
	e, _ := d.get(key)
	return e.value
}

// set gives the key a new value in the place of the old one, or at the end.
func (d *rawDict) set(key Name, value Object) {
	d.changed = true
	e := rawEntry{key: key, value: value}
	kept, done := d.entries[:0:0], false
	for _, old := range d.entries {
		if old.key != key {
			kept = append(kept, old)
		} else if !done {
			kept, done = append(kept, e), true
		}
	}
	if !done {
		kept = append(kept, e)
	}
	d.entries = kept
}

func (d *rawDict) remove(keys ...Name) {
	d.changed = true
	kept := d.entries[:0:0]
next:
	for _, e := range d.entries {
		for _, k := range keys {
			if e.key == k {
				continue next
			}
		}
		kept = append(kept, e)
	}
	d.entries = kept
}

// parseRawDict reads the bytes of one dictionary.
func parseRawDict(b []byte) (*rawDict, error) {
	p := parser{lexer: lexer{b: b, whole: true}}
	t, err := p.next()
	if err != nil {
		return nil, err
	}
	if t.kind != tokenDictOpen {
		return nil, errBroken
	}
	return p.dict(0)
}

// clone copies the raw bytes, which otherwise keep a block of the file in memory.
func (d *rawDict) clone() *rawDict {
	out := &rawDict{entries: slices.Clone(d.entries), reencrypt: d.reencrypt}
	for i := range out.entries {
		out.entries[i].raw = bytes.Clone(out.entries[i].raw)
	}
	return out
}
