package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"signservice/app"
	"signservice/app/queue"
)

// TestMain finds goroutines that nobody waits for.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a store as far as the queue asks it: Requests that are not
// finished. It fails while err is set.
type source struct {
	mu       sync.Mutex
	requests map[app.RequestID]app.Request
	err      error
}

func (s *source) Unfinished(ctx context.Context) ([]app.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := errors.Join(s.err, ctx.Err()); err != nil {
		return nil, err
	}
	var list []app.Request
	for _, r := range s.requests {
		list = append(list, r)
	}
	return list, nil
}

func (s *source) put(id app.RequestID, retryAt time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests == nil {
		s.requests = map[app.RequestID]app.Request{}
	}
	s.requests[id] = app.Request{ID: id, Portal: "p", State: app.Authorized, RetryAt: retryAt}
}

func (s *source) finish(id app.RequestID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
}

func (s *source) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// diary notes what ran, and after how long.
type diary struct {
	mu    sync.Mutex
	start time.Time
	lines []string
}

func (d *diary) note(id app.RequestID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf("%s %v", id, time.Since(d.start)))
}

func (d *diary) expect(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.Sort(d.lines)
	if diff := cmp.Diff(want, d.lines); diff != "" {
		t.Errorf("what ran (-want +got):\n%s", diff)
	}
}

// run starts a queue and gives what ends it.
func run(t *testing.T, c queue.Config) (*queue.Local, func()) {
	t.Helper()
	q, err := queue.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- q.Run(ctx) }()
	return q, func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	}
}

func TestUnfinishedRequestsAreTakenUpAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := &source{}, &diary{start: time.Now()}
		s.put("a", time.Time{})
		s.put("b", time.Now().Add(7*time.Second))
		_, stop := run(t, queue.Config{Source: s, Handler: func(_ context.Context, p app.PortalID, id app.RequestID) (time.Time, error) {
			if p != "p" {
				t.Errorf("portal %q", p)
			}
			d.note(id)
			s.finish(id)
			return time.Time{}, nil
		}})
		time.Sleep(time.Minute)
		stop()
		d.expect(t, "a 0s", "b 7s")
	})
}

func TestTheHandlerSaysWhenToGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := &source{}, &diary{start: time.Now()}
		s.put("a", time.Time{})
		waits := []time.Duration{time.Second, 2 * time.Second, time.Minute}
		_, stop := run(t, queue.Config{Source: s, Handler: func(_ context.Context, _ app.PortalID, id app.RequestID) (time.Time, error) {
			d.note(id)
			if len(waits) == 0 {
				s.finish(id)
				return time.Time{}, nil
			}
			at := time.Now().Add(waits[0])
			waits = waits[1:]
			s.put(id, at)
			return at, errors.New("not yet")
		}})
		time.Sleep(10 * time.Minute)
		stop()
		d.expect(t, "a 0s", "a 1m3s", "a 1s", "a 3s")
	})
}

func TestWakeFindsNewRequestsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := &source{}, &diary{start: time.Now()}
		q, stop := run(t, queue.Config{Source: s, Handler: func(_ context.Context, _ app.PortalID, id app.RequestID) (time.Time, error) {
			d.note(id)
			s.finish(id)
			return time.Time{}, nil
		}})
		time.Sleep(time.Second)
		s.put("a", time.Time{})
		if err := q.Enqueue(nil, "p", "a"); err != nil {
			t.Error(err)
		}
		for range 100 { // never blocks
			q.Wake()
		}
		time.Sleep(time.Minute)
		stop()
		d.expect(t, "a 1s")
	})
}

// TestARequestThatComesBackWhileItRuns promises that a Wake during a run is not
// lost: what is unfinished after it runs again.
func TestARequestThatComesBackWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := &source{}, &diary{start: time.Now()}
		s.put("a", time.Time{})
		first := true
		q, stop := run(t, queue.Config{Source: s, Handler: func(_ context.Context, _ app.PortalID, id app.RequestID) (time.Time, error) {
			d.note(id)
			s.finish(id)
			time.Sleep(time.Second)
			if first {
				first = false
				s.put(id, time.Time{}) // retried by the person meanwhile
			}
			return time.Time{}, nil
		}})
		time.Sleep(time.Second / 2)
		q.Wake()
		time.Sleep(time.Minute)
		stop()
		d.expect(t, "a 0s", "a 1s")
	})
}

// TestHurry promises that a Request whose next attempt was put off runs at once,
// and that one which is not there does no harm.
func TestHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := &source{}, &diary{start: time.Now()}
		s.put("a", time.Time{})
		first := true
		q, stop := run(t, queue.Config{Source: s, Handler: func(_ context.Context, _ app.PortalID, id app.RequestID) (time.Time, error) {
			d.note(id)
			if first {
				first = false
				at := time.Now().Add(time.Hour)
				s.put(id, at)
				return at, errors.New("not yet")
			}
			s.finish(id)
			return time.Time{}, nil
		}})
		time.Sleep(time.Minute)
		s.put("a", time.Time{}) // an administrator has put the wait aside
		q.Hurry("p", "a")
		q.Hurry("p", "nobody")
		time.Sleep(time.Second)
		stop()
		d.expect(t, "a 0s", "a 1m0s")
	})
}

func TestAFailureWithoutATimeIsNoLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, runs := &source{}, 0
		s.put("a", time.Time{})
		_, stop := run(t, queue.Config{Source: s, Handler: func(context.Context, app.PortalID, app.RequestID) (time.Time, error) {
			runs++
			return time.Time{}, errors.New("store away")
		}})
		time.Sleep(time.Minute + time.Second)
		stop()
		if runs < 2 || runs > 10 {
			t.Errorf("%d runs in a minute", runs)
		}
	})
}

func TestASourceThatFailsIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, runs := &source{}, 0
		s.put("a", time.Time{})
		s.fail(errors.New("disk away"))
		_, stop := run(t, queue.Config{Source: s, Handler: func(_ context.Context, _ app.PortalID, id app.RequestID) (time.Time, error) {
			runs++
			s.finish(id)
			return time.Time{}, nil
		}})
		time.Sleep(time.Minute)
		if runs != 0 {
			t.Errorf("%d runs before the source answered", runs)
		}
		s.fail(nil)
		time.Sleep(time.Minute)
		stop()
		if runs != 1 {
			t.Errorf("%d runs", runs)
		}
	})
}

// TestRunWaitsForItsWorkers ends the queue while a Request is being run and
// others wait for a worker.
func TestRunWaitsForItsWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		for _, id := range []app.RequestID{"a", "b", "c"} {
			s.put(id, time.Time{})
		}
		begun, ended := 0, 0
		_, stop := run(t, queue.Config{Source: s, Workers: 1, Handler: func(ctx context.Context, _ app.PortalID, _ app.RequestID) (time.Time, error) {
			begun++
			<-ctx.Done()
			time.Sleep(3 * time.Second) // to the next durable state
			ended++
			return time.Time{}, ctx.Err()
		}})
		time.Sleep(time.Second)
		stop()
		if begun != 1 || ended != 1 {
			t.Errorf("%d begun, %d ended", begun, ended)
		}
	})
}

// TestNeverTwiceAtOnce runs many Requests several times each under a hail of
// wakes.
func TestNeverTwiceAtOnce(t *testing.T) {
	const requests, times, workers = 40, 25, 8
	s := &source{}
	var (
		mu      sync.Mutex
		running = map[app.RequestID]bool{}
		runs    = map[app.RequestID]int{}
		most    int
		left    = requests
	)
	all := make(chan struct{})
	for i := range requests {
		s.put(app.RequestID(fmt.Sprint(i)), time.Time{})
	}
	q, stop := run(t, queue.Config{Source: s, Workers: workers, Handler: func(_ context.Context, _ app.PortalID, id app.RequestID) (time.Time, error) {
		mu.Lock()
		if running[id] {
			t.Errorf("%s runs twice at once", id)
		}
		running[id] = true
		most = max(most, len(running))
		mu.Unlock()
		time.Sleep(10 * time.Microsecond)
		mu.Lock()
		defer mu.Unlock()
		delete(running, id)
		if runs[id] == times {
			// Looked up as unfinished just before it ended: the handler finds
			// that nothing is left to do, as that of signing does.
			return time.Time{}, nil
		}
		if runs[id]++; runs[id] < times {
			return time.Time{}, nil
		}
		s.finish(id)
		if left--; left == 0 {
			close(all)
		}
		return time.Time{}, nil
	}})
	var wakers sync.WaitGroup
	for range 4 {
		wakers.Go(func() {
			for {
				select {
				case <-all:
					return
				default:
					q.Wake()
				}
			}
		})
	}
	<-all
	wakers.Wait()
	stop()
	for id, n := range runs {
		if n != times {
			t.Errorf("%s ran %d times", id, n)
		}
	}
	if most > workers {
		t.Errorf("%d at once with %d workers", most, workers)
	}
}

func TestNewRefuses(t *testing.T) {
	handler := func(context.Context, app.PortalID, app.RequestID) (time.Time, error) { return time.Time{}, nil }
	for name, c := range map[string]queue.Config{"nothing": {}, "no handler": {Source: &source{}}, "no source": {Handler: handler}} {
		if _, err := queue.New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestAPanicEndsNothing holds that a document on which the handler panics does
// not keep the others from being signed.
func TestAPanicEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := &source{}, &diary{start: time.Now()}
		s.put("bad", time.Time{})
		s.put("good", time.Now().Add(time.Second))
		_, stop := run(t, queue.Config{Source: s, Workers: 1, Handler: func(_ context.Context, _ app.PortalID, id app.RequestID) (time.Time, error) {
			if id == "bad" {
				panic("a document that nobody thought of")
			}
			d.note(id)
			s.finish(id)
			return time.Time{}, nil
		}})
		time.Sleep(10 * time.Second)
		stop()
		d.expect(t, "good 1s")
	})
}
