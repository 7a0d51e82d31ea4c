package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"signservice/app"
	"signservice/app/store"
)

// Source tells which Requests are not finished.
type Source interface {
	Unfinished(ctx context.Context) ([]app.Request, error)
}

// Handler carries a Request on. It gives the time to be called again, or the
// zero time; the error is logged.
type Handler func(ctx context.Context, portal app.PortalID, id app.RequestID) (time.Time, error)

// Config is what a queue is made of. Source and Handler are required.
type Config struct {
	Source  Source
	Handler Handler
	// Workers is how many Requests run at once; 0 means 4.
	Workers int
	// Poll is how often the source is read without being woken; 0 means 15 s.
	Poll time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log gets what handlers and the source fail with; nil discards it.
	Log *slog.Logger
}

// Local runs Requests in this process.
type Local struct {
	config Config
	woken  chan struct{}

	mu sync.Mutex
	// busy, guarded by mu, holds the Requests that a worker has, or that wait for
	// one; later holds when others are due again.
	busy  map[job]bool
	later map[job]time.Time
}

// job names a Request.
type job struct {
	portal app.PortalID
	id     app.RequestID
}

// New makes a queue that nothing runs on yet.
func New(c Config) (*Local, error) {
	if c.Source == nil || c.Handler == nil {
		return nil, errors.New("queue: source and handler are required")
	}
	if c.Workers <= 0 {
		c.Workers = 4
	}
	if c.Poll <= 0 {
		c.Poll = 15 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Local{config: c, woken: make(chan struct{}, 1), busy: map[job]bool{}, later: map[job]time.Time{}}, nil
}

// Enqueue is called inside the transaction that authorizes a Request. Nothing
// is to be written: the state of the Request itself is what the source reads.
func (q *Local) Enqueue(store.Tx, app.PortalID, app.RequestID) error { return nil }

// Wake tells that Requests may wait. It never blocks.
func (q *Local) Wake() {
	select {
	case q.woken <- struct{}{}:
	default:
	}
}

// Hurry has a Request run now that was to wait for the time of its next attempt.
// It never blocks.
func (q *Local) Hurry(portal app.PortalID, id app.RequestID) {
	q.mu.Lock()
	delete(q.later, job{portal, id})
	q.mu.Unlock()
	q.Wake()
}

// Run feeds the workers until ctx ends, and returns when all have returned.
func (q *Local) Run(ctx context.Context) error {
	jobs := make(chan job)
	var workers sync.WaitGroup
	for range q.config.Workers {
		workers.Go(func() {
			for j := range jobs {
				q.work(ctx, j)
			}
		})
	}
	q.feed(ctx, jobs)
	close(jobs)
	workers.Wait()
	return nil
}

// feed gives out what is due, whenever it is woken or a time has come.
func (q *Local) feed(ctx context.Context, jobs chan<- job) {
	for {
		for _, j := range q.due(ctx) {
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
		timer := time.NewTimer(q.next())
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-q.woken:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// due marks and gives the Requests that nobody works on and whose time has come.
func (q *Local) due(ctx context.Context) []job {
	requests, err := q.config.Source.Unfinished(ctx)
	if err != nil {
		if ctx.Err() == nil {
			q.config.Log.ErrorContext(ctx, "read unfinished requests", "error", err)
		}
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.config.Now()
	known := map[job]bool{}
	var list []job
	for _, r := range requests {
		j := job{r.Portal, r.ID}
		known[j] = true
		if q.busy[j] || q.later[j].After(now) || r.RetryAt.After(now) {
			if !q.busy[j] && r.RetryAt.After(q.later[j]) {
				q.later[j] = r.RetryAt
			}
			continue
		}
		delete(q.later, j)
		q.busy[j] = true
		list = append(list, j)
	}
	for j := range q.later {
		if !known[j] {
			delete(q.later, j)
		}
	}
	return list
}

// next is how long nothing has to be looked at.
func (q *Local) next() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	wait := q.config.Poll
	for _, at := range q.later {
		wait = min(wait, at.Sub(q.config.Now()))
	}
	return max(wait, time.Millisecond)
}

// work runs one Request and notes when it is due again.
func (q *Local) work(ctx context.Context, j job) {
	var again time.Time
	defer func() {
		q.mu.Lock()
		delete(q.busy, j)
		if !again.IsZero() {
			q.later[j] = again
		}
		q.mu.Unlock()
		q.Wake()
	}()
	if ctx.Err() != nil {
		return
	}
	var err error
	again, err = q.handle(ctx, j)
	if err != nil && ctx.Err() == nil {
		q.config.Log.WarnContext(ctx, "request stopped", "request", string(j.id), "again", again, "error", err)
	}
	if err != nil && again.IsZero() && ctx.Err() == nil {
		again = q.config.Now().Add(q.config.Poll) // whatever is left unfinished is not run in a loop
	}
}

// handle calls the handler. A panic becomes an error, so that one document
// cannot end the service, or every new start of it. Its value is not logged: it
// may hold anything.
func (q *Local) handle(ctx context.Context, j job) (again time.Time, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panicked: %T\n%s", p, debug.Stack())
		}
	}()
	return q.config.Handler(ctx, j.portal, j.id)
}
