package simulator

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Rename gives the portal another host; its port stays. The old host answers
// everything with 302 to the new one, tokens and member_id stay good.
// Both names must reach the same listener (have [PortalConfig.Addr]
// "0.0.0.0:0" and use 127.0.0.2 and 127.0.0.3, or two *.localhost names).
func (p *Portal) Rename(host string) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	if p.url == nil {
		return
	}
	p.oldHosts[p.url.Host] = true
	next := host
	if port := p.url.Port(); port != "" {
		next = net.JoinHostPort(host, port)
	}
	delete(p.oldHosts, next)
	p.url, p.cfg.Host = &url.URL{Scheme: p.url.Scheme, Host: next}, host
}

// Delete ends the portal: it answers 404 with HTML or, when told, REST calls
// with PORTAL_DELETED.
func (p *Portal) Delete(tellsREST bool) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.state = portalDeleted
	if tellsREST {
		p.state = portalGone
	}
}

// answerForGone answers for a portal that has moved or is no more.
func (p *Portal) answerForGone(w http.ResponseWriter, r *http.Request) bool {
	p.cloud.mu.Lock()
	state, moved, base := p.state, p.oldHosts[r.Host], p.base()
	p.cloud.mu.Unlock()
	switch {
	case state == portalGone && strings.HasPrefix(r.URL.Path, "/rest/"):
		(&restError{Status: http.StatusForbidden, Code: "PORTAL_DELETED", Desc: "Portal was deleted"}).write(w)
	case state != portalAlive:
		writeHTML(w, http.StatusNotFound, "This Bitrix24 does not exist")
	case moved:
		w.Header().Set("Location", base+r.URL.RequestURI())
		w.WriteHeader(http.StatusFound)
	default:
		return false
	}
	return true
}
