package portal

import (
	"sync"
	"time"

	"signservice/app"
)

// shelf keeps what a list has just read until its details are asked for, so
// that the element is not read twice. The addresses in it are the visitor's
// own, so it gives them to nobody else.
type shelf struct {
	mu   sync.Mutex
	kept map[shelfKey]shelved // guarded by mu
}

type shelfKey struct {
	portal app.PortalID
	user   app.UserID
	entity app.Entity
}

type shelved struct {
	files []candidate
	until time.Time
}

// Bounds of the shelf: the time between a page's list and its details, and
// pages at that moment.
const (
	shelfLife = 30 * time.Second
	maxShelf  = 500
)

func (s *shelf) put(v app.Visit, files []candidate, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, one := range s.kept {
		if !now.Before(one.until) {
			delete(s.kept, k)
		}
	}
	if s.kept == nil {
		s.kept = map[shelfKey]shelved{}
	}
	if len(s.kept) < maxShelf {
		s.kept[shelfKey{v.Portal, v.User, v.Entity}] = shelved{files, now.Add(shelfLife)}
	}
}

// take gives what was kept, once.
func (s *shelf) take(v app.Visit, now time.Time) ([]candidate, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := shelfKey{v.Portal, v.User, v.Entity}
	one, ok := s.kept[k]
	delete(s.kept, k)
	return one.files, ok && now.Before(one.until)
}
