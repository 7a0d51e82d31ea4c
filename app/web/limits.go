package web

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"signservice/app"
)

// limit is how often somebody may call: rate calls a second, and burst at once.
type limit struct {
	rate  rate.Limit
	burst int
}

// limitOf says how often a door may be knocked at by one address, or for doors
// with a Session by one user. They are far above what people do, an office
// behind one address included; who comes above them is a program. The files and
// the health checks have none, since they cost nothing.
func limitOf(d door) (l limit, by string) {
	switch d {
	case doorFrame, doorLink: // each asks the portal's authorization server
		return limit{10, 200}, "address"
	case doorEvent: // one server of Bitrix24 calls for many portals
		return limit{50, 500}, "address"
	case doorDeal, doorAdmin, doorOwner:
		return limit{20, 400}, "user"
	}
	return limit{}, ""
}

// maxLimited is how many addresses and users are remembered at once, in each of
// two generations: some hundred bytes each.
const maxLimited = 20_000

// limiters counts calls by who makes them, in bounded memory: when a
// generation is full it becomes the older one, and whoever does not come again
// is forgotten with it. Who is forgotten has a full allowance again, which
// costs an attacker twenty thousand addresses.
type limiters struct {
	now func() time.Time

	mu           sync.Mutex
	young, older map[string]*rate.Limiter // guarded by mu
}

func newLimiters(now func() time.Time) *limiters {
	return &limiters{now: now, young: map[string]*rate.Limiter{}}
}

// allow counts a call; it gives how long to wait where there were too many.
func (l *limiters) allow(who string, lim limit) (wait time.Duration) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.young[who]
	if one == nil {
		if one = l.older[who]; one == nil {
			one = rate.NewLimiter(lim.rate, lim.burst)
		}
		if len(l.young) >= maxLimited {
			l.young, l.older = map[string]*rate.Limiter{}, l.young
		}
		l.young[who] = one
	}
	if one.AllowN(now, 1) {
		return 0
	}
	missing := 1 - one.TokensAt(now)
	return time.Duration(missing / float64(lim.rate) * float64(time.Second))
}

// limited refuses a call that comes too often through a door, by an address or
// a user.
func (s *Server) limited(d door, address string, p app.PortalID, u app.UserID) error {
	lim, by := limitOf(d)
	who := ""
	switch by {
	case "address":
		who = string(d) + " " + network(address)
	case "user":
		who = string(p) + "/" + string(u)
	default:
		return nil
	}
	wait := s.limiters.allow(who, lim)
	if wait <= 0 {
		return nil
	}
	e := app.Fail(app.RateLimited, "admit", "call.too-many")
	e.After = max(wait, time.Second)
	return e
}

// network is what one visitor has of addresses: a single one, or in IPv6 the
// last 64 bits of choice (RFC 4291, 2.5.4).
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return p.String()
}
