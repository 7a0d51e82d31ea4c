package bitrix

import (
	"fmt"
	"net/url"
)

// AuthCode is what a portal sends the browser back with after
// [OAuth.AuthorizeURL]. Whoever opens the address can write it: compare State
// with the visitor's, and learn portal and user from [OAuth.Exchange].
// https://apidocs.bitrix24.com/settings/oauth/index.html
type AuthCode struct {
	Code  Secret
	State string

	ClaimedDomain     string
	ClaimedMemberID   string
	ClaimedAuthServer string // a hint for [OAuth.Exchange]
}

// ParseCode reads the query of the request. One without a code is
// [ErrMalformedForm].
func ParseCode(query url.Values) (AuthCode, error) {
	c := AuthCode{
		Code:            Secret(query.Get("code")),
		State:           clip(query.Get("state"), 500),
		ClaimedDomain:   clip(query.Get("domain"), 255),
		ClaimedMemberID: clip(query.Get("member_id"), 64),
	}
	if !tokenShaped(c.Code) {
		return AuthCode{}, fmt.Errorf("%w: no code", ErrMalformedForm)
	}
	if server := query.Get("server_domain"); server != "" {
		c.ClaimedAuthServer = "https://" + clip(server, 255)
	}
	return c, nil
}
