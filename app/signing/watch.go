package signing

import (
	"context"
	"sync"
	"time"

	"signservice/app"
)

// watchers wakes those who wait for a Request to change in this process.
type watchers struct {
	mu sync.Mutex
	// waiting is guarded by mu; a channel is closed when its Request changes.
	waiting map[app.RequestID]chan struct{}
}

func newWatchers() *watchers {
	return &watchers{waiting: map[app.RequestID]chan struct{}{}}
}

// changed gives a channel that is closed at the next change.
func (w *watchers) changed(id app.RequestID) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.waiting[id]
	if c == nil {
		c = make(chan struct{})
		w.waiting[id] = c
	}
	return c
}

// wake tells that the Request changed.
func (w *watchers) wake(id app.RequestID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.waiting[id]; c != nil {
		close(c)
		delete(w.waiting, id)
	}
}

// watchEvery is how often the store is read for changes that another process
// made.
const watchEvery = time.Second

// Next gives the visitor's Request as soon as it is no longer as seen: another
// state, or another failed attempt. Without a change it gives the Request as it
// is when ctx ends or patience is over.
func (s *Service) Next(ctx context.Context, v app.Visit, id app.RequestID, seen app.Request, patience time.Duration) (app.Request, error) {
	end := time.NewTimer(patience)
	defer end.Stop()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		changed := s.watch.changed(id)
		r, err := s.Request(ctx, v, id)
		if err != nil || r.State.Ended() {
			s.watch.wake(id) // nothing more will happen: keep no channel for it
			return r, err
		}
		if r.State != seen.State || r.Attempts != seen.Attempts {
			return r, nil
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-end.C:
			return r, nil
		case <-ctx.Done():
			return r, nil
		}
	}
}
