package app

import "time"

// ClockTolerance is how far the clock may lie behind the latest time that the
// store has seen: a correction over the network is smaller.
const ClockTolerance = 5 * time.Minute

// ClockBack tells whether a clock was set back: it lies before the latest time
// that was seen by more than ClockTolerance. Certificates and assignments that
// have ended would then seem to be good again.
func ClockBack(now, latest time.Time) bool { return now.Add(ClockTolerance).Before(latest) }
