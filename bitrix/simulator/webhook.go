package simulator

import (
	"slices"
	"strings"
)

// webhook is an incoming webhook: a secret in the address in place of a token.
type webhook struct {
	user   int
	secret string
	scopes []string
}

// AddWebhook makes an incoming webhook of a user and returns the address to which
// a method's name is added. Webhooks cannot bind placements or events.
func (p *Portal) AddWebhook(user int, scopes ...string) string {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	w := &webhook{user: user, secret: p.cloud.alnum(16), scopes: slices.Clone(scopes)}
	p.webhooks[w.secret] = w
	return p.base() + "/rest/" + itoa(user) + "/" + w.secret + "/"
}

func (c *call) authorizeWebhook(m method) *restError {
	w := c.p.webhooks[c.webhook.secret]
	if w == nil || w.user != c.webhook.user || !c.p.activeUser(w.user) {
		return &restError{Status: 401, Code: "INVALID_CREDENTIALS", Desc: "Invalid request credentials"}
	}
	if m.scope != "" && !slices.ContainsFunc(strings.Split(m.scope, "|"), func(s string) bool { return slices.Contains(w.scopes, s) }) {
		return c.refusal("insufficient_scope", "The request requires higher privileges than provided by the webhook token")
	}
	c.user, c.app, c.auth = w.user, nil, ""
	return nil
}
