package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Opening says which of an app's pages is opened, by whom and where.
type Opening struct {
	User     int
	ClientID string
	// Placement is "DEFAULT", the app's own page, when empty. Others must be bound.
	Placement string
	// PlacementID chooses among several handlers of one placement; the first when zero.
	PlacementID int
	// Item is the deal (or lead, …) in whose card the tab is, 0 elsewhere.
	Item int
	// Options replaces what PLACEMENT_OPTIONS would hold.
	Options map[string]any
}

// Frame is what the portal's page POSTs into an iframe.
type Frame struct {
	SID    string // APP_SID, 32 hexadecimal digits
	Name   string // of the iframe: "host:port|0|sid"
	Action string // the handler with DOMAIN, PROTOCOL, LANG and APP_SID in its query
	Form   url.Values
	// Placement and Options are told to the frame's script as well.
	Placement string
	Options   map[string]any
	// Install tells that the app is being installed: Action is its InstallURL.
	Install bool

	app  *app
	user int
}

// ErrRefused is returned when the portal's page would show a refusal: the app is not
// installed and the user no administrator, or the user may not use it.
var ErrRefused = fmt.Errorf("the portal refuses to open the app")

// Open renders a page of an app, as the portal does each time somebody opens
// it: with a new id of the frame and a new pair of tokens. It fails with
// [ErrUnknown] or [ErrRefused].
func (p *Portal) Open(o Opening) (Frame, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(o.ClientID)
	if err != nil {
		return Frame{}, err
	}
	return p.open(a, o)
}

func (p *Portal) open(a *app, o Opening) (Frame, error) {
	if !p.activeUser(o.User) {
		return Frame{}, unknown("user", o.User)
	}
	handler, err := p.handlerOf(a, &o)
	if err != nil {
		return Frame{}, err
	}
	t := p.cloud.issue(a, o.User)
	sid := p.cloud.hex(16)
	proto := "0"
	if p.url != nil && p.url.Scheme == "https" {
		proto = "1"
	}
	sep := "?"
	if strings.Contains(handler, "?") {
		sep = "&"
	}
	f := Frame{
		SID: sid, Name: p.host() + "|" + proto + "|" + sid,
		Action: fmt.Sprintf("%s%sDOMAIN=%s&PROTOCOL=%s&LANG=%s&APP_SID=%s", handler, sep,
			url.QueryEscape(p.host()), proto, p.language(o.User), sid),
		Placement: o.Placement, Options: p.optionsOf(o), Install: handler == a.InstallURL && !a.Installed,
		app: a, user: o.User,
	}
	f.Form = url.Values{
		"AUTH_ID": {t.access}, "AUTH_EXPIRES": {itoa(t.expiresIn(p.cloud.now()))}, "REFRESH_ID": {t.refresh},
		"member_id": {p.cfg.MemberID}, "status": {"L"}, "PLACEMENT": {o.Placement},
	}
	p.addOptions(f)
	if p.cfg.Quirks.CloudFields {
		f.Form.Set("SERVER_ENDPOINT", p.cloud.Auth.base()+"/rest/")
		f.Form.Set("APPLICATION_TOKEN", a.ApplicationToken)
		f.Form.Set("APPLICATION_SCOPE", strings.Join(a.Scopes, ","))
	}
	return f, nil
}

// handlerOf finds the address to open and fills the gaps of the Opening.
func (p *Portal) handlerOf(a *app, o *Opening) (string, error) {
	o.Placement = or(o.Placement, "DEFAULT")
	if !a.allows(o.User) || a.ScriptOnly && o.Placement == "DEFAULT" {
		return "", ErrRefused
	}
	if !a.Installed {
		if o.Placement == "DEFAULT" && p.isAdmin(o.User) {
			return a.InstallURL, nil
		}
		return "", ErrRefused
	}
	if o.Placement == "DEFAULT" {
		return a.HandlerURL, nil
	}
	for _, pl := range a.Placements {
		if pl.Placement == o.Placement && (o.PlacementID == 0 || o.PlacementID == pl.ID) {
			o.PlacementID = pl.ID
			return pl.Handler, nil
		}
	}
	return "", unknown("placement", o.Placement)
}

// optionsOf are the PLACEMENT_OPTIONS. The ID of an item is a string.
func (p *Portal) optionsOf(o Opening) map[string]any {
	if o.Options != nil || o.Item == 0 {
		return o.Options
	}
	out := map[string]any{"ID": itoa(o.Item)}
	if typ, ok := placementEntity(o.Placement); ok {
		out["URI"] = itemPath(typ, o.Item) + "?IFRAME=Y&IFRAME_TYPE=SIDE_SLIDER"
	}
	return out
}

func (p *Portal) addOptions(f Frame) {
	switch {
	case p.cfg.Quirks.Options == OptionsUndefined:
		f.Form.Set("PLACEMENT_OPTIONS", "undefined")
	case p.cfg.Quirks.Options == OptionsMissing, len(f.Options) == 0:
	default:
		raw, err := json.Marshal(f.Options)
		if err != nil {
			panic(fmt.Sprintf("simulator: placement options: %v", err)) // the test's own values
		}
		f.Form.Set("PLACEMENT_OPTIONS", string(raw))
	}
}

// placementEntity tells whose card a placement belongs to.
func placementEntity(placement string) (int, bool) {
	for _, typ := range []int{EntityLead, EntityDeal, EntityContact, EntityCompany, EntityQuote, EntitySmartInvoice} {
		if strings.HasPrefix(placement, "CRM_"+entityName(typ)+"_") {
			return typ, true
		}
	}
	if rest, ok := strings.CutPrefix(placement, "CRM_DYNAMIC_"); ok {
		return integer(rest), true
	}
	return 0, false
}

// itemPath is the address of an item's card.
func itemPath(typ, id int) string {
	switch typ {
	case EntityLead, EntityDeal, EntityContact, EntityCompany:
		return fmt.Sprintf("/crm/%s/details/%d/", strings.ToLower(entityName(typ)), id)
	}
	return fmt.Sprintf("/crm/type/%d/details/%d/", typ, id)
}

// Request is the POST that a browser would make of the frame.
func (f Frame) Request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.Action, strings.NewReader(f.Form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("make the frame's request: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	host, _, _ := strings.Cut(f.Name, "|")
	req.Header.Set("Origin", "http://"+host)
	return req, nil
}
