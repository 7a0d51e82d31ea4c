package bitrix_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"signservice/bitrix"
)

func TestBucketOfACloudPortal(t *testing.T) {
	p := newPortal(t, script(reply(200, good)))
	c := p.client(t)
	for i := range 60 {
		if _, err := c.Profile(context.Background()); err != nil {
			t.Fatal(i, err)
		}
		if i == 49 && p.clock.total() != 0 {
			t.Errorf("the burst waited %s", p.clock.total())
		}
	}
	if got := p.clock.total(); got != 5*time.Second {
		t.Errorf("ten calls beyond the burst waited %s", got)
	}
}

func TestBucketIsSharedByThePortalsClients(t *testing.T) {
	clock := newClock()
	buckets := bitrix.NewBuckets(bitrix.BucketConfig{Burst: 1, Rate: 1, Clock: clock})
	one, other := newPortal(t, script(reply(200, good))), newPortal(t, script(reply(200, good)))
	client := func(p *portal) *bitrix.Client {
		cfg := p.config()
		cfg.Buckets, cfg.Clock = buckets, clock
		return newClient(t, cfg)
	}
	for _, step := range []struct {
		c    *bitrix.Client
		want time.Duration
	}{{client(one), 0}, {client(other), 0}, {client(one), time.Second}, {client(other), time.Second}, {client(one), 2 * time.Second}} {
		if _, err := step.c.Profile(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := clock.total(); got != step.want {
			t.Errorf("waited %s, want %s", got, step.want)
		}
	}
}

func TestBucketWithoutLimit(t *testing.T) {
	p := newPortal(t, script(reply(200, good)))
	cfg := p.config()
	cfg.Buckets = bitrix.NewBuckets(bitrix.BucketConfig{Rate: -1, Clock: p.clock})
	c := newClient(t, cfg)
	for range 200 {
		if _, err := c.Profile(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.clock.total(); got != 0 {
		t.Errorf("waited %s", got)
	}
}

func TestBucketLetsACancelledCallGo(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := newPortal(t, script(reply(200, good)))
	cfg := p.config()
	cfg.Buckets = bitrix.NewBuckets(bitrix.BucketConfig{Burst: 1, Rate: 1, Clock: p.clock})
	c := newClient(t, cfg)
	if _, err := c.Profile(ctx); err != nil {
		t.Fatal(err)
	}
	p.clock.beforeSleep = cancel
	_, err := bitrix.Call(ctx, c, bitrix.Write[bitrix.Profile]("profile", nil))
	if !errors.Is(err, context.Canceled) || errors.Is(err, bitrix.ErrLostAnswer) || len(p.seen()) != 1 {
		t.Errorf("%v after %d calls", err, len(p.seen()))
	}
}

// A portal that counts as the real one does is never overdrawn, and where it
// counts the calls of others as well every call succeeds in the end.
func TestBucketAgainstAPortalThatCounts(t *testing.T) {
	for _, others := range []int{0, 20} {
		clock := newClock()
		leaky := &leakyPortal{clock: clock, level: float64(others), at: start}
		server := newPortal(t, leaky.answer)
		cfg := server.config()
		cfg.Clock = clock
		cfg.Buckets = bitrix.NewBuckets(bitrix.BucketConfig{Clock: clock})
		c := newClient(t, cfg)
		for i := range 300 {
			if _, err := c.Profile(context.Background()); err != nil {
				t.Fatalf("%d others, call %d: %v", others, i, err)
			}
		}
		if others == 0 && leaky.refused > 0 {
			t.Errorf("%d calls were refused", leaky.refused)
		}
		if others > 0 && leaky.refused == 0 {
			t.Error("the portal refused nothing: the test shows nothing")
		}
	}
}

// leakyPortal counts calls as the vendor describes it: limits.md.
type leakyPortal struct {
	clock   *clock
	mu      sync.Mutex
	level   float64
	at      time.Time
	refused int
}

func (l *leakyPortal) answer(w http.ResponseWriter, _ call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	l.level = max(0, l.level-2*now.Sub(l.at).Seconds())
	l.at = now
	if l.level+1 > 50+1e-6 {
		l.refused++
		refusal(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")(w)
		return
	}
	l.level++
	say(w, 200, good)
}
