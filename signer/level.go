package signer

import (
	"fmt"
	"strings"
)

// Level is a baseline level of PAdES (EN 319 142-1, 6).
type Level int

// The levels, each with all of those before it.
const (
	// LevelNone: no PAdES baseline signature, such as those of older programs.
	LevelNone Level = iota
	// LevelB (B-B): who signed what; the time is the signer's claim.
	LevelB
	// LevelT (B-T): an authority's time-stamp proves that it existed at a time.
	LevelT
	// LevelLT (B-LT): the file holds what proves that the certificates were good.
	LevelLT
	// LevelLTA (B-LTA): a time-stamp over all of that keeps it good when keys and
	// certificates have grown old; it is renewed before its own authority's
	// certificate expires.
	LevelLTA
)

// levelNames are the names of the standard.
var levelNames = [...]string{"", "B-B", "B-T", "B-LT", "B-LTA"}

// String gives "B-B" … "B-LTA"; "" for LevelNone.
func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return fmt.Sprintf("Level(%d)", int(l))
	}
	return levelNames[l]
}

// ParseLevel reads a name, in upper or lower case, with or without "B-".
func ParseLevel(s string) (Level, error) {
	name := strings.ToUpper(s)
	for l, known := range levelNames {
		if l > 0 && (name == known || "B-"+name == known) {
			return Level(l), nil
		}
	}
	return LevelNone, fmt.Errorf("level must be b, t, lt or lta, not %q", s)
}

// MarshalText gives String.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText gave.
func (l *Level) UnmarshalText(text []byte) (err error) {
	*l = LevelNone
	if len(text) > 0 {
		*l, err = ParseLevel(string(text))
	}
	return err
}
