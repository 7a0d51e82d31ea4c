// Package doctor finds out whether the service can work: whether its files are
// there and private, its store and audit log whole, its tokens ready, its disk
// and its clock fit, and the portals and their authorization servers in reach.
// For each fault it says how to mend it. It changes nothing.
//
// # Use
//
//	d, err := doctor.New(doctor.Config{Dir: dir, Store: store, Tokens: tokens, Hosts: hosts, Transport: transport})
//	for _, f := range d.Examine(ctx) {
//		fmt.Println(f.Check, f.Health, f.Subject)
//	}
//	go d.Run(ctx)        // a service looks after itself
//	list := d.Latest()   // what it found last, at once
//
// Every part may be missing: what is not given is not checked, so that the same
// checks serve a service that does not come up.
//
// # What is promised
//
// The time-stamp servers that portals' settings name are asked for a time-stamp,
// which costs them a signature: at most every quarter of an hour while they give
// one.
//
// An examination ends within Config.Patience, whatever hangs: all hosts are
// asked at the same time. It asks no host more than for its answer to a call
// without authorization, and believes nothing of it but that it came and the
// time in it. Findings hold no secret: the files that hold secrets are looked
// at from outside, never read.
//
// The clock is compared with the Date header (RFC 9110, 6.6.1) of the hosts that
// were asked, over TLS: of several the middle one counts, so that one host whose
// clock is wrong accuses nobody; each portal is told its own drift beside it. It
// is also held against the latest time in the audit log, see app.ClockBack. While
// it is off by more than a minute, [Doctor.ClockGood] has no one-time code be
// looked at.
package doctor
