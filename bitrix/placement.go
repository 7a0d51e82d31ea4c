package bitrix

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Placement is what a page of the portal posts into the application's frame,
// at every opening.
//
// A browser sends it, so anybody can have written any of it. The access token
// is a claim to be checked by [OAuth.Identify]; portal and user are those of
// its answer, never those of this form. The fields whose names begin with
// Claimed are of use for messages and hints alone.
// https://apidocs.bitrix24.com/settings/oauth/simple-way.html
type Placement struct {
	AccessToken      Secret
	RefreshToken     Secret
	ExpiresIn        time.Duration // of the access token
	Code             string        // such as DEFAULT or CRM_DEAL_DETAIL_TAB
	Options          Options
	ApplicationToken Secret // newer portals only
	Language         string // the portal's code of the user's language: en, de, la, br, …
	AppSID           string // names the frame in messages to the portal's page

	ClaimedDomain     string // the portal's host
	ClaimedMemberID   string
	ClaimedStatus     string
	ClaimedAuthServer string // newer portals only; a hint for [OAuth.Identify]
}

// Options are the PLACEMENT_OPTIONS: about which record the page was opened.
// The user of the page has chosen them, so check the user's right to it.
type Options map[string]json.RawMessage

// ReadPlacement reads the form of a request; see [ParsePlacement].
func ReadPlacement(r *http.Request) (Placement, error) {
	body, query, err := ReadForm(r)
	if err != nil {
		return Placement{}, err
	}
	return ParsePlacement(body, query)
}

// ParsePlacement reads the fields that were posted and those in the URL. A
// form without an access token is [ErrMalformedForm].
func ParsePlacement(body, query url.Values) (Placement, error) {
	p := Placement{
		AccessToken:       Secret(body.Get("AUTH_ID")),
		RefreshToken:      Secret(body.Get("REFRESH_ID")),
		Code:              clip(body.Get("PLACEMENT"), 100),
		ApplicationToken:  Secret(body.Get("APPLICATION_TOKEN")),
		Language:          clip(query.Get("LANG"), 10),
		AppSID:            clip(query.Get("APP_SID"), 64),
		ClaimedDomain:     clip(query.Get("DOMAIN"), 255),
		ClaimedMemberID:   clip(body.Get("member_id"), 64),
		ClaimedStatus:     clip(body.Get("status"), 10),
		ClaimedAuthServer: clip(body.Get("SERVER_ENDPOINT"), 255),
	}
	if !tokenShaped(p.AccessToken) {
		return Placement{}, fmt.Errorf("%w: no access token", ErrMalformedForm)
	}
	if p.Code == "" {
		p.Code = PlacementDefault
	}
	if seconds, err := readInt([]byte(body.Get("AUTH_EXPIRES"))); err == nil && seconds > 0 && seconds <= 1<<30 {
		p.ExpiresIn = time.Duration(seconds) * time.Second
	}
	options, err := parseOptions(body.Get("PLACEMENT_OPTIONS"))
	if err != nil {
		return Placement{}, err
	}
	p.Options = options
	return p, nil
}

// parseOptions reads the JSON text. It is missing where there is nothing to
// say; some pages send the word undefined.
func parseOptions(text string) (Options, error) {
	switch strings.TrimSpace(text) {
	case "", "undefined", "null", "false", "[]", `""`:
		return nil, nil
	}
	var all Map[json.RawMessage]
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, fmt.Errorf("%w: placement options", ErrMalformedForm)
	}
	return Options(all), nil
}

// ID returns an option that is a number or a number in a string, such as the
// "ID" of the card's record; 0 if it is missing or anything else.
func (o Options) ID(name string) ID {
	var id ID
	if raw, ok := o[name]; !ok || id.UnmarshalJSON(raw) != nil || id < 0 {
		return 0
	}
	return id
}

// Text returns an option that is a text or number, "" otherwise.
func (o Options) Text(name string) string {
	var t Text
	if raw, ok := o[name]; !ok || t.UnmarshalJSON(raw) != nil {
		return ""
	}
	return string(t)
}
