package simulator

import "net/http"

// fileFault runs a file address that is no REST method, with the faults that
// are at work for its name.
func (p *Portal) fileFault(w http.ResponseWriter, r *http.Request, name string, serve func(http.ResponseWriter, *call)) {
	params, err := readParams(r)
	if err != nil {
		plainFailure(w, "Bad request")
		return
	}
	c := p.newCall(r, params)
	c.name = name
	p.cloud.mu.Lock()
	hit := p.faults.match(p.cloud, name, c.peekUser(), c.peekApp())
	out := Call{Status: http.StatusOK}
	if hit != nil {
		out.Fault = hit.Kind
	}
	p.record(c, out)
	p.cloud.mu.Unlock()
	if hit.before(w, r) {
		return
	}
	w, done := hit.wrap(w, r)
	serve(w, c)
	done()
}

// fileCaller finds out for whom a file is fetched: by the token, or by the
// session of somebody who sits at the browser.
func (p *Portal) fileCaller(c *call, scope string) bool {
	if c.auth != "" {
		return c.authorize(method{scope: scope}) == nil
	}
	if s := p.session(c.http); s != nil && p.activeUser(s.user) {
		c.user = s.user
		return true
	}
	return false
}
