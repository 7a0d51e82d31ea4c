package web

import (
	"fmt"
	"testing"
	"time"
)

// TestLimiters holds the allowance, its return with time, and the bound of the
// memory.
func TestLimiters(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := newLimiters(func() time.Time { return now })
	lim := limit{rate: 2, burst: 3}
	for i := range 3 {
		if wait := l.allow("a", lim); wait != 0 {
			t.Errorf("call %d waits %v", i, wait)
		}
	}
	if wait := l.allow("a", lim); wait != time.Second/2 {
		t.Errorf("one too many waits %v", wait)
	}
	if wait := l.allow("b", lim); wait != 0 {
		t.Errorf("somebody else waits %v", wait)
	}
	now = now.Add(time.Second / 2)
	if wait := l.allow("a", lim); wait != 0 {
		t.Errorf("after the wait: %v", wait)
	}
	for i := range 5 * maxLimited {
		l.allow(fmt.Sprint(i), lim)
		if n := len(l.young) + len(l.older); n > 2*maxLimited {
			t.Fatalf("%d are remembered", n)
		}
	}
	// Whoever comes again and again is not forgotten by others' coming.
	for range 3 {
		l.allow("busy", limit{rate: 0.001, burst: 3})
	}
	for i := range 3 * maxLimited {
		l.allow(fmt.Sprint("other", i), lim)
		if i%1000 == 0 && l.allow("busy", limit{rate: 0.001, burst: 3}) == 0 {
			t.Fatalf("forgotten after %d others", i)
		}
	}
}

// TestNetwork is the table of what counts as one visitor.
func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.7":           "203.0.113.7",
		"::ffff:203.0.113.7":    "203.0.113.7",
		"2001:db8:1:2:3:4:5:6":  "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":  "2001:db8:1:2::/64",
		"2001:db8:1:3::1":       "2001:db8:1:3::/64",
		"fe80::1%eth0":          "fe80::/64",
		"":                      "",
		"not an address at all": "not an address at all",
	} {
		if got := network(address); got != want {
			t.Errorf("network(%q) = %q, want %q", address, got, want)
		}
	}
}

// TestEveryDoorButOneIsLimited holds that a new door gets a limit, or is free
// on purpose.
func TestEveryDoorButOneIsLimited(t *testing.T) {
	for _, d := range []door{doorFrame, doorEvent, doorLink, doorDeal, doorAdmin, doorOwner} {
		if lim, by := limitOf(d); lim.burst < 100 || lim.rate <= 0 || by == "" {
			t.Errorf("%s: %+v by %q", d, lim, by)
		}
	}
	if _, by := limitOf(doorPublic); by != "" {
		t.Error("the health checks are limited")
	}
}
