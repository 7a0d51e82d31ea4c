package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"signservice/app"
)

// host is one to be asked.
type host struct {
	check   string // "authorization" or "portal"
	address string
	portal  app.PortalID
	// spare: the service works without it, as long as another one answers.
	spare bool
}

// answer is what a host answered, or why it did not.
type answer struct {
	host
	err error
	// ahead is by how much the host's clock lies before ours; dated tells whether
	// it said.
	ahead time.Duration
	dated bool
}

// ask asks all hosts at the same time.
func (d *Doctor) ask(ctx context.Context) []answer {
	if d.config.Transport == nil {
		return nil
	}
	var list, portals []host
	used := map[string]bool{}
	if d.config.Store != nil {
		all, err := d.config.Store.Portals(ctx)
		if err == nil {
			for _, p := range all {
				if p.Installed() {
					portals = append(portals, host{check: "portal", address: p.Endpoint, portal: p.ID})
					used[hostOf(p.AuthServer)] = true
				}
			}
		}
	}
	for _, address := range d.config.AuthServers {
		list = append(list, host{check: "authorization", address: address, spare: !used[hostOf(address)]})
	}
	list = append(list, portals...)
	answers := make([]answer, len(list))
	places := make(chan struct{}, 8)
	var all sync.WaitGroup
	for i, h := range list {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			answers[i] = d.one(ctx, h)
		})
	}
	all.Wait()
	return answers
}

// one asks a host, without authorization and without following where it leads:
// any answer will do.
func (d *Doctor) one(ctx context.Context, h host) answer {
	a := answer{host: h}
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, h.address, nil)
	if err != nil {
		a.err = err
		return a
	}
	began := d.config.Now()
	response, err := d.config.Transport.RoundTrip(r)
	ended := d.config.Now()
	if err != nil {
		a.err = err
		return a
	}
	_ = response.Body.Close()
	at, err := http.ParseTime(response.Header.Get("Date"))
	if err == nil && (response.TLS != nil || r.URL.Scheme == "http") {
		// The header says whole seconds, cut off; it was written while we waited.
		middle := began.Add(ended.Sub(began) / 2)
		a.ahead, a.dated = at.Add(time.Second/2).Sub(middle), true
	}
	return a
}

// hosts are the findings about the hosts that were asked.
func (d *Doctor) hosts(answers []answer) []app.Finding {
	var list []app.Finding
	reached := slices.ContainsFunc(answers, func(a answer) bool { return a.check == "authorization" && a.err == nil })
	for _, a := range answers {
		f := app.Finding{Check: a.check, Health: app.Healthy, Subject: hostOf(a.address), Portal: a.portal, Key: "doctor.answers"}
		if a.err != nil {
			f.Health, f.Key, f.Fix, f.Detail = app.Broken, "doctor.silent", "doctor.silent-fix", reason(a.err)
			if a.spare && reached {
				f.Health = app.Ailing // the portals that are here belong to another one
			}
			switch {
			case untrusted(a.err):
				f.Key, f.Fix = "doctor.untrusted", "doctor.untrusted-fix"
			case d.config.Inside(a.err):
				f.Key, f.Fix = "doctor.inside", "doctor.inside-fix"
			}
		}
		list = append(list, f)
	}
	return list
}

// reason is why a host did not answer, without the address, which the
// finding's subject is.
func reason(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}

// untrusted tells of a TLS certificate that is not believed.
func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &name)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// A phone's code is good for thirty seconds before and after its time. With a
// clock that is off by a part of that, phones whose own is a little off fail; with
// one that is off by more, codes are taken whose time is over.
const (
	driftNoticed = 20 * time.Second
	driftBad     = 60 * time.Second
)

// clock holds the clock against what the hosts say, and against what the audit
// log has seen.
func (d *Doctor) clock(ctx context.Context, answers []answer) []app.Finding {
	off, known := drift(answers)
	if known {
		d.measured(off)
	}
	if d.config.Store != nil {
		latest, err := d.config.Store.Latest(ctx)
		if err == nil && app.ClockBack(d.config.Now(), latest) {
			return []app.Finding{{Check: "clock", Health: app.Broken, Key: "doctor.clock-back", Args: []any{latest}, Fix: "doctor.clock-back-fix"}}
		}
	}
	if !known {
		return nil // nobody to compare it with: that is said of the hosts
	}
	list := []app.Finding{drifted("clock", off)}
	for _, a := range answers {
		if a.dated && a.check == "portal" {
			f := drifted("clock-portal", a.ahead)
			f.Subject, f.Portal = hostOf(a.address), a.portal
			list = append(list, f)
		}
	}
	return list
}

// drifted says how far the clock is off. A portal's alone warns at most: its own
// may be the one that is wrong.
func drifted(check string, ahead time.Duration) app.Finding {
	off := ahead.Abs()
	if off < time.Second {
		off = 0
	}
	f := app.Finding{Check: check, Health: app.Healthy, Key: "doctor.clock-off", Args: []any{off.Round(time.Second)}}
	switch {
	case off > driftBad:
		f.Health, f.Fix = app.Broken, "doctor.clock-fix"
	case off > driftNoticed:
		f.Health, f.Fix = app.Ailing, "doctor.clock-fix"
	default:
		f.Key, f.Args = "doctor.good", nil
	}
	if check != "clock" && f.Health == app.Broken {
		f.Health = app.Ailing
	}
	return f
}

// drift is by how much the clock is off, as the middle one of the hosts tells.
func drift(answers []answer) (off time.Duration, known bool) {
	var all []time.Duration
	for _, a := range answers {
		if a.dated {
			all = append(all, a.ahead)
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return all[len(all)/2].Abs(), true
}
