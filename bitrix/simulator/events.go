package simulator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EventOptions say how a portal's events travel. The zero value delivers each
// once, in order, at once.
type EventOptions struct {
	// Delay before each delivery.
	Delay time.Duration
	// Duplicate and Drop are probabilities.
	Duplicate, Drop float64
	// Reorder takes a random one of the waiting events next.
	Reorder bool
	// WrongToken sends a wrong application_token, as a forger would.
	WrongToken bool
	// Hold keeps all events until it is false again.
	Hold bool
}

// Delivery is an event that has been sent, or dropped.
type Delivery struct {
	Event   string
	Handler string
	App     string // client id
	Data    map[string]any
	Time    time.Time
	Status  int    // of the handler's answer; 0 when there was none
	Err     string // why there was none, or "dropped"
}

// eventQueue carries events one after the other, as a portal's queue server
// does: by POST, without a second attempt.
type eventQueue struct {
	options EventOptions
	waiting []parcel
	running bool
	idle    []chan struct{} // closed when nothing waits any more
	done    []Delivery
}

type parcel struct {
	delivery Delivery
	form     url.Values
}

type fireOptions struct {
	user    int
	refresh bool // with a refresh token: install, update, test, robots
	bare    bool // without tokens: uninstall
	depth   int
}

// SetEvents replaces the options of the event queue.
func (p *Portal) SetEvents(o EventOptions) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.events.options = o
	p.pump()
}

// Deliveries are the events sent so far.
func (p *Portal) Deliveries() []Delivery {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return slices.Clone(p.events.done)
}

// Settle waits until no event waits or is on its way, or until ctx ends.
func (p *Portal) Settle(ctx context.Context) error {
	p.cloud.mu.Lock()
	if !p.events.running {
		p.cloud.mu.Unlock()
		return nil
	}
	idle := make(chan struct{})
	p.events.idle = append(p.events.idle, idle)
	p.cloud.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for events: %w", ctx.Err())
	}
}

// fire sends an event to every app that has bound it.
func (p *Portal) fire(event string, data obj, user int) {
	p.fireFrom(event, data, fireOptions{user: user, depth: eventDepth})
}

// fireFrom is fire for what a REST call has caused. A call with an event's
// token may cause events only so many times in a row.
func (p *Portal) fireFrom(event string, data obj, o fireOptions) {
	if o.depth <= 0 {
		return
	}
	for _, a := range p.apps {
		p.fireTo(a, event, data, o)
	}
}

// fire of a call counts its depth.
func (c *call) fire(event string, data obj) {
	depth := eventDepth
	if c.token != nil && c.token.fromEvent {
		depth = c.token.depth - 1
	}
	c.p.fireFrom(event, data, fireOptions{user: c.user, depth: depth})
}

// fireTo sends an event to the handlers of one app. Apps that are not installed get none.
func (p *Portal) fireTo(a *app, event string, data obj, o fireOptions) {
	if !a.Installed && !o.bare {
		return
	}
	for _, b := range a.Events {
		if !strings.EqualFold(b.Event, event) {
			continue
		}
		auth := p.eventAuth(a, o, b.AuthType)
		form := url.Values{
			"event": {event}, "event_handler_id": {strconv.Itoa(b.ID)},
			"ts": {strconv.FormatInt(p.cloud.now().Unix(), 10)},
		}
		flatten(form, "data", data)
		flatten(form, "auth", auth)
		p.send(parcel{Delivery{Event: event, Handler: b.Handler, App: a.ClientID, Data: data}, form})
	}
}

// eventAuth is the auth block of an event.
func (p *Portal) eventAuth(a *app, o fireOptions, as int) obj {
	auth := obj{
		"domain": p.host(), "server_endpoint": p.cloud.Auth.base() + "/rest/", "client_endpoint": p.base() + "/rest/",
		"member_id": p.cfg.MemberID, "application_token": a.ApplicationToken, "status": "L",
	}
	if p.events.options.WrongToken {
		auth["application_token"] = p.cloud.hex(16)
	}
	user := or(as, o.user)
	if o.bare || user == 0 {
		delete(auth, "status")
		return auth
	}
	t := p.cloud.issue(a, user)
	t.fromEvent, t.depth = true, o.depth
	auth["access_token"], auth["user_id"] = t.access, user
	auth["expires"], auth["expires_in"] = t.expires.Unix(), t.expiresIn(p.cloud.now())
	auth["scope"] = strings.Join(a.Scopes, ",")
	if o.refresh || p.cfg.Quirks.RefreshInEvents {
		auth["refresh_token"] = t.refresh
	}
	return auth
}

func (p *Portal) fireInstall(a *app, user int) {
	a.Installed = true
	p.fireTo(a, "ONAPPINSTALL", obj{
		"VERSION": "1", "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": p.cfg.Language,
	}, fireOptions{user: or(user, p.anyAdmin()), refresh: true})
}

func (p *Portal) fireUninstall(a *app, clean bool) {
	n := "0"
	if clean {
		n = "1"
	}
	p.fireTo(a, "ONAPPUNINSTALL", obj{"LANGUAGE_ID": p.cfg.Language, "CLEAN": n}, fireOptions{bare: true})
}

func (p *Portal) anyAdmin() int {
	for _, u := range p.users {
		if u.Admin && !u.Inactive {
			return u.ID
		}
	}
	return 0
}

// flatten writes nested values in PHP's brackets.
func flatten(form url.Values, name string, v any) {
	switch v := v.(type) {
	case obj:
		for k, m := range v {
			flatten(form, name+"["+k+"]", m)
		}
	case []any:
		for i, m := range v {
			flatten(form, name+"["+strconv.Itoa(i)+"]", m)
		}
	case []string:
		for i, m := range v {
			form.Set(name+"["+strconv.Itoa(i)+"]", m)
		}
	case nil:
		form.Set(name, "")
	default:
		form.Set(name, fmt.Sprint(v))
	}
}

// send puts a parcel into the queue.
func (p *Portal) send(x parcel) {
	o := p.events.options
	if p.cloud.chance(o.Drop) {
		x.delivery.Time, x.delivery.Err = p.cloud.now(), "dropped"
		p.events.done = append(p.events.done, x.delivery)
		return
	}
	p.events.waiting = append(p.events.waiting, x)
	if p.cloud.chance(o.Duplicate) {
		p.events.waiting = append(p.events.waiting, x)
	}
	p.pump()
}

// pump starts the carrier where there is something to carry.
func (p *Portal) pump() {
	if p.events.running || len(p.events.waiting) == 0 || p.events.options.Hold || p.cloud.closed {
		return
	}
	p.events.running = true
	p.cloud.work.Go(p.carry)
}

// carry delivers until nothing waits.
func (p *Portal) carry() {
	for {
		x, delay, ok := p.pick()
		if !ok {
			return
		}
		if delay > 0 {
			timer := time.NewTimer(delay)
			select {
			case <-timer.C:
			case <-p.cloud.ctx.Done():
				timer.Stop()
			}
		}
		p.deliver(&x)
		p.cloud.mu.Lock()
		x.delivery.Time = p.cloud.now()
		p.events.done = append(p.events.done, x.delivery)
		p.cloud.mu.Unlock()
	}
}

// pick takes the next parcel, or ends the carrier.
func (p *Portal) pick() (x parcel, delay time.Duration, ok bool) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	q := &p.events
	if len(q.waiting) == 0 || q.options.Hold || p.cloud.ctx.Err() != nil {
		q.running = false
		for _, c := range q.idle {
			close(c)
		}
		q.idle = nil
		return parcel{}, 0, false
	}
	i := 0
	if q.options.Reorder {
		i = p.cloud.rand.IntN(len(q.waiting))
	}
	x = q.waiting[i]
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return x, q.options.Delay, true
}

// deliver posts one parcel. The world must not be locked.
func (p *Portal) deliver(x *parcel) {
	req, err := http.NewRequestWithContext(p.cloud.ctx, http.MethodPost, x.delivery.Handler, strings.NewReader(x.form.Encode()))
	if err != nil {
		x.delivery.Err = err.Error()
		return
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", "Bitrix24 Webhook Engine")
	res, err := p.cloud.client.Do(req)
	if err != nil {
		x.delivery.Err = err.Error()
		p.cloud.log.Warn("event not delivered", "event", x.delivery.Event, "err", err)
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	_ = res.Body.Close()
	x.delivery.Status = res.StatusCode
}
