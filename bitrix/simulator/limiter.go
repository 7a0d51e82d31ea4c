package simulator

import (
	"math"
	"time"
)

// Limits of calls in the cloud: a leaky bucket per portal and address of the
// caller, and a budget of working time per app and method (limits.md of the REST
// documentation). The zero value is that of a usual paid plan. Limits run on
// their own clock.
type Limits struct {
	// Off is a portal on its owner's own server: no limits.
	Off bool
	// Bucket is how many calls it holds; 50 when zero (250 for Enterprise).
	Bucket float64
	// Drain is how many leave it per second; 2 when zero (5 for Enterprise).
	Drain float64
	// Operating is the working time of one method within ten minutes; 480 s when zero.
	Operating time.Duration
	// Cost is what one call of a method (in lower case) is taken to work, since
	// a simulated call takes no time.
	Cost map[string]time.Duration
	// Clock of the limits; time.Now when nil.
	Clock func() time.Time
}

// operatingWindow slides in ten steps (rest/lib/engine/access/loadlimiter.php).
const (
	operatingWindow = 10 * time.Minute
	operatingStep   = time.Minute
	operatingFloor  = 100 * time.Millisecond // shorter calls are not counted
)

type limiter struct {
	buckets   map[string]*bucket
	operating map[string][]worked // by app and method
}

type bucket struct {
	level float64
	at    time.Time
}

type worked struct {
	at   time.Time // start of the step
	used time.Duration
}

// SetLimits replaces the portal's limits and empties the buckets.
func (p *Portal) SetLimits(l Limits) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.cfg.Limits = l
	p.limiter = limiter{}
}

func (l Limits) now() time.Time {
	if l.Clock != nil {
		return l.Clock()
	}
	return time.Now()
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// take counts a call against both limits.
func (l *limiter) take(c *call) *restError {
	cfg := c.p.cfg.Limits
	if cfg.Off {
		return nil
	}
	now := cfg.now()
	if !l.pour(c.clientIP(), now, cfg) {
		return errQueryLimit()
	}
	return l.work(c, now, cfg)
}

// pour adds one call to the bucket of an address, unless it would run over.
func (l *limiter) pour(ip string, now time.Time, cfg Limits) bool {
	if l.buckets == nil {
		l.buckets = map[string]*bucket{}
	}
	b := l.buckets[ip]
	if b == nil {
		b = &bucket{at: now}
		l.buckets[ip] = b
	}
	b.level = math.Max(0, b.level-now.Sub(b.at).Seconds()*or(cfg.Drain, 2))
	b.at = now
	if b.level+1 > or(cfg.Bucket, 50) {
		return false
	}
	b.level++
	return true
}

// work adds the method's working time; "batch" itself is free.
func (l *limiter) work(c *call, now time.Time, cfg Limits) *restError {
	cost := cfg.Cost[c.name]
	used, _ := l.sum(c, now)
	if used >= or(cfg.Operating, 480*time.Second) {
		return errOperationLimit()
	}
	if cost < operatingFloor || c.name == "batch" {
		return nil
	}
	if l.operating == nil {
		l.operating = map[string][]worked{}
	}
	key := c.peekApp() + " " + c.name
	step := now.Truncate(operatingStep)
	steps := l.operating[key]
	if n := len(steps); n > 0 && steps[n-1].at.Equal(step) {
		steps[n-1].used += cost
	} else {
		steps = append(steps, worked{step, cost})
	}
	l.operating[key] = steps
	return nil
}

// sum is the working time within the window, and when the oldest of it ends.
func (l *limiter) sum(c *call, now time.Time) (used time.Duration, reset time.Time) {
	key := c.peekApp() + " " + c.name
	reset = now.Add(operatingWindow)
	steps := l.operating[key]
	for len(steps) > 0 && now.Sub(steps[0].at) >= operatingWindow {
		steps = steps[1:]
	}
	if l.operating != nil {
		l.operating[key] = steps
	}
	for _, s := range steps {
		used += s.used
	}
	if len(steps) > 0 {
		reset = steps[0].at.Add(operatingWindow)
	}
	return used, reset
}

// usage is what the block "time" tells; on is false where there is no limit.
func (l *limiter) usage(c *call) (used time.Duration, reset time.Time, on bool) {
	if c.p.cfg.Limits.Off {
		return 0, time.Time{}, false
	}
	used, reset = l.sum(c, c.p.cfg.Limits.now())
	return used, reset, true
}
