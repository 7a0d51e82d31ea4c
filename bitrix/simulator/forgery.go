package simulator

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"
)

// Forgery is a POST that no portal has made, though it looks like one. A browser sends
// these forms, so anybody can.
type Forgery struct {
	Name  string
	Frame Frame
	// Refuse tells that nothing but a refusal is right. Elsewhere the rest of
	// the form is good, and a server may also pass the forged field over.
	Refuse bool
}

// ForgeryKit is what a forger has.
type ForgeryKit struct {
	// Other is a frame that another portal has made for the forger.
	Other Frame
	// OtherApp is a frame of this portal for another app of the forger's.
	OtherApp Frame
	// ForbiddenItem is an item that the opener may not see.
	ForbiddenItem int
	// Attacker is an address that the forger listens at, "http://127.0.0.1:1234".
	Attacker string
}

// Forgeries makes forged variants of a frame that the opener could open. Parts of the
// kit that are empty leave theirs out.
func (p *Portal) Forgeries(o Opening, kit ForgeryKit) ([]Forgery, error) {
	good, err := p.Open(o)
	if err != nil {
		return nil, fmt.Errorf("forge: %w", err)
	}
	out := []Forgery{
		good.forge("no token", true, func(f *Frame) { f.Form.Del("AUTH_ID") }),
		good.forge("a token that is none", true, func(f *Frame) { f.Form.Set("AUTH_ID", "../../etc/passwd") }),
		good.forge("a token out of thin air", true, func(f *Frame) { f.Form.Set("AUTH_ID", strings.Repeat("ab", 35)) }),
		good.forge("a stale token", true, func(f *Frame) { f.Form.Set("AUTH_ID", p.staleToken(o)) }),
		good.forge("a made-up member_id", false, func(f *Frame) { f.Form.Set("member_id", strings.Repeat("0", 32)) }),
		good.forge("a made-up status", false, func(f *Frame) { f.Form.Set("status", "P") }),
		good.forge("another placement", false, func(f *Frame) { f.Form.Set("PLACEMENT", "DEFAULT") }),
		good.forge("options that are no JSON", false, func(f *Frame) { f.Form.Set("PLACEMENT_OPTIONS", `{"ID":`) }),
		good.forge("a scope of one's own", false, func(f *Frame) { f.Form.Set("APPLICATION_SCOPE", "crm,disk,user,im") }),
	}
	out = append(out, good.forgedFor(kit)...)
	return out, nil
}

func (f Frame) forgedFor(kit ForgeryKit) []Forgery {
	var out []Forgery
	if kit.Other.Form != nil {
		for _, name := range []string{"member_id", "REFRESH_ID", "PLACEMENT_OPTIONS"} {
			out = append(out, f.forge(name+" of another portal", false, func(x *Frame) { x.Form.Set(name, kit.Other.Form.Get(name)) }))
		}
		out = append(out,
			f.forge("everything but the token of another portal", false, func(x *Frame) {
				x.Form = maps.Clone(kit.Other.Form)
				x.Form.Set("AUTH_ID", f.Form.Get("AUTH_ID"))
			}),
			f.forge("DOMAIN of another portal", false, func(x *Frame) { x.setQuery("DOMAIN", strings.Split(kit.Other.Name, "|")[0]) }))
	}
	if kit.OtherApp.Form != nil {
		out = append(out, f.forge("a token of another app", true, func(x *Frame) { x.Form.Set("AUTH_ID", kit.OtherApp.Form.Get("AUTH_ID")) }))
	}
	if kit.ForbiddenItem != 0 {
		out = append(out, f.forge("a forbidden item", true, func(x *Frame) {
			x.Form.Set("PLACEMENT_OPTIONS", fmt.Sprintf(`{"ID":"%d"}`, kit.ForbiddenItem))
		}))
	}
	if kit.Attacker != "" {
		host := strings.TrimPrefix(kit.Attacker, "http://")
		out = append(out,
			f.forge("DOMAIN of an attacker", false, func(x *Frame) { x.setQuery("DOMAIN", host) }),
			f.forge("SERVER_ENDPOINT of an attacker", false, func(x *Frame) { x.Form.Set("SERVER_ENDPOINT", kit.Attacker+"/rest/") }),
			f.forge("both of an attacker", false, func(x *Frame) {
				x.setQuery("DOMAIN", host)
				x.Form.Set("SERVER_ENDPOINT", kit.Attacker+"/rest/")
			}))
	}
	return out
}

// forge changes a copy.
func (f Frame) forge(name string, refuse bool, change func(*Frame)) Forgery {
	f.Form = maps.Clone(f.Form)
	change(&f)
	return Forgery{Name: name, Frame: f, Refuse: refuse}
}

func (f *Frame) setQuery(key, value string) {
	u, err := url.Parse(f.Action)
	if err != nil {
		return
	}
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	f.Action = u.String()
}

// staleToken is one whose hour is over.
func (p *Portal) staleToken(o Opening) string {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(o.ClientID)
	if err != nil {
		return ""
	}
	t := p.cloud.issue(a, o.User)
	t.expires = p.cloud.now().Add(-time.Minute)
	return t.access
}
