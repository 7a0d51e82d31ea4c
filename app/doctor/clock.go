package doctor

import (
	"time"

	"signservice/app"
)

const (
	// driftLife is how long a measurement of the clock counts: that of one
	// examination more than there should be.
	driftLife = 2*examineEvery + time.Minute
	// driftAgain is how old a bad measurement is when it is made anew for who is
	// refused by it, so that a clock that was put right is known to be.
	driftAgain = 10 * time.Second
)

// measured keeps by how much the clock is off.
func (d *Doctor) measured(off time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off, d.offAt = off, d.config.Now()
}

// ClockGood refuses while the clock is off by more than a minute, as the last
// measurement tells: one-time codes belong to their time, and with a wrong clock
// those of another time would be good. Where no portal and no authorization
// server has told the time of late it refuses nothing. It asks nobody; but Run
// measures anew soon after it has refused.
//
// The error is app.Unavailable clock.off; argument: by how much.
func (d *Doctor) ClockGood() error {
	d.mu.Lock()
	off, at := d.off, d.offAt
	d.mu.Unlock()
	now := d.config.Now()
	age := now.Sub(at) // by the clock that nobody sets, where there is one
	switch {
	case at.IsZero() || age > driftLife || age < 0:
		return nil
	case set(at, now):
		d.soon() // what was measured is of another clock
		return nil
	case off <= driftBad:
		return nil
	case age >= driftAgain:
		d.soon()
	}
	return app.Fail(app.Unavailable, "check clock", "clock.off", off.Round(time.Second))
}

// set tells whether the clock was set between two of its times: it and the clock
// that nobody sets went on differently.
func set(from, to time.Time) bool {
	return (to.Round(0).Sub(from.Round(0)) - to.Sub(from)).Abs() > time.Second
}

// soon has Run examine at once, unless it is about to.
func (d *Doctor) soon() {
	select {
	case d.again <- struct{}{}:
	default:
	}
}
