package doctor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/doctor"
)

// TestClockGood refuses codes while the clock is more than a minute off, as a
// fresh measurement tells, and refuses none where nobody tells.
func TestClockGood(t *testing.T) {
	for name, c := range map[string]struct {
		off    time.Duration
		silent bool          // nobody tells the time
		later  time.Duration // after the measurement
		bad    bool
	}{
		"right":                  {},
		"half a minute":          {off: 31 * time.Second},
		"just good":              {off: 59 * time.Second},
		"a minute ahead":         {off: -62 * time.Second, bad: true},
		"a minute behind":        {off: 62 * time.Second, bad: true},
		"five minutes, later":    {off: 5 * time.Minute, later: 9 * time.Minute, bad: true},
		"five minutes, long ago": {off: 5 * time.Minute, later: 12 * time.Minute},
		"set back since":         {off: 5 * time.Minute, later: -time.Minute},
		"unknown":                {off: 5 * time.Minute, silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.now = w.now.Truncate(time.Second) // as hosts tell it
			address, trust := w.host(c.off)
			w.config.AuthServers = []string{address}
			w.config.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}
			if c.silent {
				w.config.Transport = failing{errors.New("down")}
			}
			d := doctor.New(w.config)
			if err := d.ClockGood(); err != nil {
				t.Errorf("before the first examination: %v", err)
			}
			d.Examine(t.Context())
			w.now = w.now.Add(c.later)
			err := d.ClockGood()
			var failure *app.Error
			if refused := errors.As(err, &failure); refused != c.bad {
				t.Fatalf("refused is %t: %v", refused, err)
			}
			if c.bad && (failure.Kind != app.Unavailable || failure.Key != "clock.off" || failure.CodeUsed || failure.FileChanged || len(failure.Args) != 1) {
				t.Errorf("refused with %+v", failure)
			}
		})
	}
}

// TestClockPutRight: whoever is refused has the clock measured anew, so that one
// that was put right is known to be without waiting for the next examination.
func TestClockPutRight(t *testing.T) {
	var off atomic.Int64
	off.Store(int64(5 * time.Minute))
	host := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Date", time.Now().Add(time.Duration(off.Load())).UTC().Format(http.TimeFormat))
	}))
	t.Cleanup(host.Close)
	var passed atomic.Int64 // of the doctor's clock
	d := doctor.New(doctor.Config{
		AuthServers: []string{host.URL}, Transport: http.DefaultTransport,
		Now: func() time.Time { return time.Now().Add(time.Duration(passed.Load())) },
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { d.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	until := func(what string, want bool) {
		t.Helper()
		for range 1000 {
			if (d.ClockGood() == nil) == want {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatal(what)
	}
	until("a clock that is five minutes off is good", false)
	off.Store(int64(11 * time.Second)) // put right, but for what the test's clock is moved by
	passed.Store(int64(11 * time.Second))
	until("a clock that was put right is bad still", true)
}
