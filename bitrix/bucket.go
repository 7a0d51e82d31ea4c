package bitrix

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// BucketConfig describes the leaky buckets of a process.
type BucketConfig struct {
	Burst int     // calls that may go out at once; 0 means CloudBurst
	Rate  float64 // calls a second after that; 0 means CloudRate, below 0 no limit (on-premise portals have none)
	Clock Clock   // nil means SystemClock
}

// Buckets hands out one [Bucket] for each portal. A portal counts the calls of
// all applications that come from one address, so one process needs one
// Buckets, and processes that share an address share the rate.
// https://apidocs.bitrix24.com/limits.html
//
// It may be used from several goroutines.
type Buckets struct {
	config BucketConfig

	mu     sync.Mutex
	byHost map[string]*Bucket
}

// NewBuckets makes the buckets of a process.
func NewBuckets(cfg BucketConfig) *Buckets {
	if cfg.Burst <= 0 {
		cfg.Burst = CloudBurst
	}
	if cfg.Rate == 0 {
		cfg.Rate = CloudRate
	}
	cfg.Clock = clockOr(cfg.Clock)
	return &Buckets{config: cfg, byHost: make(map[string]*Bucket)}
}

// For returns the bucket of the portal at the given host (with its port, if
// it has one), always the same one.
func (b *Buckets) For(host string) *Bucket {
	host = strings.ToLower(host)
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket, ok := b.byHost[host]
	if !ok {
		bucket = newBucket(b.config)
		b.byHost[host] = bucket
	}
	return bucket
}

// Bucket is the leaky bucket of one portal: calls beyond its size wait until
// enough has leaked out.
type Bucket struct {
	limiter *rate.Limiter
	clock   Clock

	mu    sync.Mutex
	until time.Time // nobody sends before this time
}

func newBucket(cfg BucketConfig) *Bucket {
	limit := rate.Limit(cfg.Rate)
	if cfg.Rate < 0 {
		limit = rate.Inf
	}
	return &Bucket{limiter: rate.NewLimiter(limit, cfg.Burst), clock: cfg.Clock}
}

// take waits for a place in the bucket.
func (b *Bucket) take(ctx context.Context) error {
	now := b.clock.Now()
	place := b.limiter.ReserveN(now, 1)
	wait := max(place.DelayFrom(now), b.paused(now))
	if wait <= 0 {
		return ctx.Err()
	}
	if err := b.clock.Sleep(ctx, wait); err != nil {
		place.CancelAt(b.clock.Now())
		return err
	}
	return nil
}

// pause keeps every caller of the bucket back for d: the portal has said that
// there were too many calls.
func (b *Bucket) pause(d time.Duration) {
	until := b.clock.Now().Add(d)
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.until) {
		b.until = until
	}
}

func (b *Bucket) paused(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until.Sub(now)
}
