package simulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// lazyload answers the portal's own scripts: it renders an app's frame, and does
// what the frame's messages ask of the server (rest app.layout component).
func (p *Portal) lazyload(w http.ResponseWriter, r *http.Request) {
	q, err := readParams(r)
	if err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	v := p.visitor(r)
	if v == nil || q.str("sessid") != v.s.sessid {
		http.Error(w, "no session", http.StatusForbidden)
		return
	}
	params := q.arr("PARAMS").arr("params")
	a := p.appByID(params.num("ID"))
	if a == nil {
		writePage(w, http.StatusOK, p.alone("refused", "The application was not found."))
		return
	}
	if action := q.str("action"); action != "" {
		writeJSON(w, http.StatusOK, p.layoutAction(v, a, action, q))
		return
	}
	writePage(w, http.StatusOK, p.renderFrame(v, a, params))
}

// layoutAction is what a frame's message asks of the server.
func (p *Portal) layoutAction(v *visit, a *app, action string, q *array) any {
	switch action {
	case "access_refresh":
		if !a.allows(v.user.ID) {
			return obj{"error": "user_access_error"}
		}
		t := p.cloud.issue(a, v.user.ID)
		return obj{"access_token": t.access, "refresh_token": t.refresh, "expires_in": t.expiresIn(p.cloud.now())}
	case "set_installed":
		if !v.user.Admin {
			return obj{"result": false}
		}
		p.setInstalled(a, q.str("v") == "Y", v.user.ID)
		return obj{"result": true}
	case "set_option":
		if !v.user.Admin {
			return obj{"error": "access_denied"}
		}
		for _, o := range q.arr("options").values() {
			if o, ok := o.(*array); ok {
				a.options[o.str("name")] = fromJSON(o.str("value"))
			}
		}
		return a.options
	case "set_user_option":
		if a.userOptions[v.user.ID] == nil {
			a.userOptions[v.user.ID] = map[string]any{}
		}
		a.userOptions[v.user.ID][q.str("name")] = fromJSON(q.str("value"))
		return obj{"result": true}
	case "set_install":
		a.ran[v.user.ID] = q.str("v") == "Y"
		return obj{"result": true}
	}
	return obj{"error": "unknown action"}
}

func fromJSON(s string) any {
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	return v
}

// renderFrame is the fragment with the form and the iframe, or a refusal.
func (p *Portal) renderFrame(v *visit, a *app, params *array) []byte {
	o := Opening{User: v.user.ID, Placement: strings.ToUpper(params.str("PLACEMENT")), PlacementID: params.num("PLACEMENT_ID")}
	if opts := params.arr("PLACEMENT_OPTIONS"); opts.len() > 0 {
		o.Options, _ = plain(opts).(map[string]any)
	}
	if typ, ok := placementEntity(o.Placement); ok && o.Options != nil && o.Options["URI"] == nil {
		id, _ := o.Options["ID"].(string)
		if it := p.items[itemKey{typ, integer(id)}]; it == nil || p.may(v.user.ID, it) > ReadAccess {
			return p.alone("refused", "The item was not found.")
		}
		if strings.HasSuffix(o.Placement, "_DETAIL_TAB") {
			o.Options["URI"] = itemPath(typ, integer(id)) + "?IFRAME=Y&IFRAME_TYPE=SIDE_SLIDER"
		}
	}
	f, err := p.open(a, o)
	switch {
	case errors.Is(err, ErrRefused):
		return p.alone("refused", "The application is not fully installed yet, or you have no access to it. Please ask your administrator.")
	case err != nil:
		return p.alone("refused", "The application cannot be opened here.")
	}
	return p.alone("frame", p.frameView(v, f))
}

type frameField struct{ Name, Value string }

// frameView is the frame for its template; Layout is what the script knows.
func (p *Portal) frameView(v *visit, f Frame) any {
	var fields []frameField
	for _, name := range []string{
		"AUTH_ID", "AUTH_EXPIRES", "REFRESH_ID", "SERVER_ENDPOINT", "APPLICATION_TOKEN", "APPLICATION_SCOPE",
		"member_id", "status", "PLACEMENT", "PLACEMENT_OPTIONS",
	} {
		if f.Form.Has(name) {
			fields = append(fields, frameField{name, f.Form.Get(name)})
		}
	}
	proto := 0
	if p.url != nil && p.url.Scheme == "https" {
		proto = 1
	}
	layout := obj{
		"sid": f.SID, "id": f.app.ID, "action": f.Action, "placement": f.Placement, "placementOptions": phpMap(f.Options),
		"authId": f.Form.Get("AUTH_ID"), "authExpires": f.Form.Get("AUTH_EXPIRES"), "refreshId": f.Form.Get("REFRESH_ID"),
		"memberId": p.cfg.MemberID, "lang": p.language(v.user.ID), "proto": proto,
		"isAdmin": v.user.Admin, "install": f.Install, "firstRun": !f.app.ran[v.user.ID],
		"userOptions": phpMap(f.app.userOptions[v.user.ID]), "appOptions": phpMap(f.app.options),
	}
	return obj{
		"Frame": f, "Fields": fields, "Layout": toJSON(layout), "Default": f.Placement == "DEFAULT",
		"Title": or(f.app.Title, "Application"),
	}
}
