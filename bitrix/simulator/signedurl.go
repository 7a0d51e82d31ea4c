package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
)

// specialURL is a link to a method that any holder of it may call while the
// token lives with which it was made:
//
//	/rest/<method>.json?auth=<token>&token=<scope>|<query>|<signature>
//
// The signature covers the token, so the link dies with it. A call that had
// its token in a header gets links without one. (rest_util.php getSpecialUrl)
func (c *call) specialURL(method, scope string, query url.Values) string {
	query.Set("_", c.p.cloud.hex(16))
	q := base64.StdEncoding.EncodeToString([]byte(query.Encode()))
	token := scope + "|" + q + "|" + c.p.linkSignature(method, scope, q, c.auth)
	if c.webhook != nil {
		return c.p.base() + "/rest/" + itoa(c.webhook.user) + "/" + c.webhook.secret + "/" + method + "/?token=" + url.QueryEscape(token)
	}
	return c.p.base() + "/rest/" + method + ".json?auth=" + c.auth + "&token=" + url.QueryEscape(token)
}

// linkSignature is base64(JSON of what is signed) "." base64(HMAC-SHA256).
func (p *Portal) linkSignature(method, scope, query, auth string) string {
	signed, err := json.Marshal(strings.ToLower(method) + "|" + scope + "|" + query + "|" + auth)
	if err != nil {
		panic(err) // a string
	}
	mac := hmac.New(sha256.New, []byte(p.key))
	mac.Write(signed)
	return base64.StdEncoding.EncodeToString(signed) + "." + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// linkQuery checks the link of this call and returns what it holds.
func (c *call) linkQuery() (*array, *restError) {
	parts := strings.SplitN(c.params.str("token"), "|", 3)
	if len(parts) != 3 {
		return nil, &restError{Status: 403, Code: "ACCESS_DENIED", Desc: "Access denied! Link check failed"}
	}
	if !hmac.Equal([]byte(c.p.linkSignature(c.name, parts[0], parts[1], c.auth)), []byte(parts[2])) {
		return nil, &restError{Status: 403, Code: "ACCESS_DENIED", Desc: "Access denied! Link check failed"}
	}
	raw, err := base64.StdEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, &restError{Status: 403, Code: "ACCESS_DENIED", Desc: "Access denied! Link check failed"}
	}
	out := &array{}
	if err := parseForm(out, string(raw)); err != nil {
		return nil, bad("INVALID_REQUEST", "Malformed link")
	}
	return out, nil
}
