package signing

import (
	"container/list"
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

// maxSeen is how many contents are remembered, and looking how many are
// fetched and verified at once: each lies in memory meanwhile.
const (
	maxSeen = 1000
	looking = 2
)

// seenLife is how long a verdict counts: certificates end, though the content
// stays the same.
const seenLife = time.Hour

// seen remembers the signatures of contents that never change, the ones looked
// at last.
type seen struct {
	// places are taken by those who look.
	places chan struct{}

	mu sync.Mutex
	// byKey and order are guarded by mu; order has the latest in front.
	byKey map[string]*list.Element
	order *list.List
}

// seenEntry is a content in order.
type seenEntry struct {
	key   string
	print [sha256.Size]byte // of what was trusted
	found []Signature
	// refused: it was found to be one that cannot be signed.
	refused bool
	at      time.Time
}

func newSeen() *seen {
	return &seen{places: make(chan struct{}, looking), byKey: map[string]*list.Element{}, order: list.New()}
}

// enter waits for a place to look.
func (s *seen) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s.places <- struct{}{}:
		return func() { <-s.places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// get gives what is remembered under a key; nothing under "".
func (s *seen) get(key string, now time.Time) ([]Signature, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, ok := s.entry(key, now)
	if !ok {
		return nil, false
	}
	return entry.found, true
}

// judged gives what is remembered under a key where the same was trusted then.
func (s *seen) judged(key string, print [sha256.Size]byte, now time.Time) ([]Signature, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, ok := s.entry(key, now)
	if !ok || entry.print != print {
		return nil, false
	}
	return entry.found, true
}

// entry is called with mu held.
func (s *seen) entry(key string, now time.Time) (*seenEntry, bool) {
	e, ok := s.byKey[key]
	if !ok {
		return nil, false
	}
	entry := e.Value.(*seenEntry) //nolint:forcetypeassert // nothing else is put in
	if !now.Before(entry.at.Add(seenLife)) {
		return nil, false
	}
	s.order.MoveToFront(e)
	return entry, true
}

// put remembers, and forgets what was not asked for the longest.
func (s *seen) put(key string, print [sha256.Size]byte, found []Signature, now time.Time) {
	if key == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, _ := s.entry(key, now)
	s.set(&seenEntry{key: key, print: print, found: found, refused: old != nil && old.refused, at: now})
}

// refuse remembers of a content that it cannot be signed.
func (s *seen) refuse(key string, now time.Time) {
	if key == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	entry := seenEntry{key: key, at: now}
	if old, ok := s.entry(key, now); ok {
		entry = *old
	}
	entry.refused = true
	s.set(&entry)
}

// refused tells whether a content is remembered as one that cannot be signed.
func (s *seen) refused(key string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, ok := s.entry(key, now)
	return ok && entry.refused
}

// set is called with mu held.
func (s *seen) set(entry *seenEntry) {
	if e, ok := s.byKey[entry.key]; ok {
		e.Value = entry
		s.order.MoveToFront(e)
		return
	}
	s.byKey[entry.key] = s.order.PushFront(entry)
	if s.order.Len() > maxSeen {
		oldest := s.order.Remove(s.order.Back()).(*seenEntry) //nolint:forcetypeassert // nothing else is put in
		delete(s.byKey, oldest.key)
	}
}
