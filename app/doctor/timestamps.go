package doctor

import (
	"context"
	"slices"
	"sync"
	"time"

	"signservice/app"
)

// stampLife is how long a time-stamp server that answered is not asked again:
// most are others' and free, and each answer costs them a signature. One that
// failed is asked at each examination.
const stampLife = 15 * time.Minute

// stamped is what a time-stamp server last did.
type stamped struct {
	at  time.Time
	err error
}

// timestamps asks the servers that portals use, each once, and gives a finding
// for each portal and server. One that no server answers signs without
// time-stamps, or not at all, as its settings say.
func (d *Doctor) timestamps(ctx context.Context) []app.Finding {
	if d.config.Store == nil || d.config.Stamp == nil {
		return nil
	}
	used, portals := d.stampServers(ctx)
	known := d.askStamps(ctx, used)
	var list []app.Finding
	for _, p := range portals {
		reached := slices.ContainsFunc(p.servers, func(address string) bool { return known[address].err == nil })
		for _, address := range p.servers {
			f := app.Finding{Check: "timestamps", Health: app.Healthy, Subject: address, Portal: p.id, Key: "doctor.stamps"}
			if err := known[address].err; err != nil {
				f.Health, f.Key, f.Fix, f.Detail = app.Broken, "doctor.stamps-not", "doctor.stamps-fix", reason(err)
				if reached {
					f.Health = app.Ailing // the next one of the portal stands in for it
				}
			}
			list = append(list, f)
		}
	}
	return list
}

// stampUser is a portal and the servers that it asks.
type stampUser struct {
	id      app.PortalID
	servers []string
}

// stampServers are the servers of all portals, each once, and who uses which.
func (d *Doctor) stampServers(ctx context.Context) (servers []string, users []stampUser) {
	all, err := d.config.Store.Portals(ctx)
	if err != nil {
		return nil, nil // the store's own check says so
	}
	for _, p := range all {
		if !p.Installed() {
			continue
		}
		rules, err := d.config.Store.Settings(ctx, p.ID)
		if err != nil || len(rules.Timestamps) == 0 {
			continue
		}
		users = append(users, stampUser{p.ID, rules.Timestamps})
		for _, address := range rules.Timestamps {
			if !slices.Contains(servers, address) {
				servers = append(servers, address)
			}
		}
	}
	return servers, users
}

// askStamps asks the servers at the same time, but for those that answered a
// moment ago.
func (d *Doctor) askStamps(ctx context.Context, servers []string) map[string]stamped {
	now := d.config.Now()
	d.mu.Lock()
	before := d.stamps
	d.mu.Unlock()
	fresh := make([]stamped, len(servers))
	places := make(chan struct{}, 8)
	var all sync.WaitGroup
	for i, address := range servers {
		if last, ok := before[address]; ok && last.err == nil && now.Sub(last.at) < stampLife {
			fresh[i] = last
			continue
		}
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			fresh[i] = stamped{now, d.config.Stamp(ctx, address)}
		})
	}
	all.Wait()
	known := map[string]stamped{}
	for i, address := range servers {
		known[address] = fresh[i]
	}
	d.mu.Lock()
	d.stamps = known
	d.mu.Unlock()
	return known
}
