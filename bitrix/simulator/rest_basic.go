package simulator

import (
	"maps"
	"slices"
	"strings"
)

// basicMethods need no scope (api-reference/common of the documentation).
func basicMethods() registry {
	return registry{
		"app.info":    {run: appInfo},
		"profile":     {run: profile},
		"user.admin":  {run: func(c *call) (any, *restError) { return c.p.isAdmin(c.user), nil }},
		"server.time": {run: func(c *call) (any, *restError) { return c.p.stamp(c.p.cloud.now()), nil }},
		"methods":     {run: methodList},
		"scope":       {run: scopeList},
		"method.get":  {run: methodGet},
		"user.access": {run: userAccess},
		"app.option.get": {appOnly: true, run: func(c *call) (any, *restError) {
			return phpMap(maps.Clone(c.app.options)), nil
		}},
		"app.option.set": {appOnly: true, admin: true, run: setAppOptions},
		"user.option.get": {appOnly: true, run: func(c *call) (any, *restError) {
			return phpMap(maps.Clone(c.app.userOptions[c.user])), nil
		}},
	}
}

// appInfo is the portal's own app.info: it proves only what this host says.
func appInfo(c *call) (any, *restError) {
	lang, _, _ := strings.Cut(c.p.cfg.License, "_")
	out := obj{
		"LICENSE": c.p.cfg.License, "LICENSE_TYPE": strings.TrimPrefix(c.p.cfg.License, lang+"_"),
		"LICENSE_FAMILY": strings.TrimPrefix(c.p.cfg.License, lang+"_"),
		"LANGUAGE_ID":    c.p.cfg.Language,
		"user_id":        c.user,
	}
	if c.app == nil {
		return out, nil
	}
	maps.Copy(out, obj{
		"ID": c.app.ID, "CODE": c.app.ClientID, "VERSION": 1, "STATUS": "L",
		"INSTALLED": c.app.Installed, "PAYMENT_EXPIRED": "N", "DAYS": nil,
	})
	return out, nil
}

func profile(c *call) (any, *restError) {
	u := c.p.user(c.user)
	return obj{
		"ID": itoa(u.ID), "ADMIN": u.Admin, "NAME": u.Name, "LAST_NAME": u.LastName,
		"PERSONAL_GENDER": "", "TIME_ZONE": c.p.cfg.Location.String(),
	}, nil
}

func methodList(c *call) (any, *restError) {
	out := []string{}
	for name, m := range c.p.cloud.reg {
		if c.p.withoutMethod(name) || m.scope != "" && !c.tokenScope(m.scope) {
			continue
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out, nil
}

// methodGet tells whether a method is there and may be called.
func methodGet(c *call) (any, *restError) {
	name := methodName(c.params.upper().str("NAME"))
	m, ok := c.p.cloud.reg[name]
	ok = ok && !c.p.withoutMethod(name)
	return obj{"isExisting": ok, "isAvailable": ok && (m.scope == "" || c.tokenScope(m.scope))}, nil
}

// userAccess tells whether the user has one of the rights "U1", "AU", "G1".
func userAccess(c *call) (any, *restError) {
	own := []string{"AU", "U" + itoa(c.user)}
	if c.p.isAdmin(c.user) {
		own = append(own, "G1")
	}
	want := anyValue(c.params.upper(), "ACCESS")
	return slices.ContainsFunc(own, func(right string) bool { return anyOf(want, right) }), nil
}

func scopeList(c *call) (any, *restError) {
	if yes(c.params.upper().vals["FULL"]) {
		seen := map[string]bool{}
		for _, m := range c.p.cloud.reg {
			for s := range strings.SplitSeq(m.scope, "|") {
				seen[s] = s != ""
			}
		}
		out := slices.Sorted(maps.Keys(seen))
		return slices.DeleteFunc(out, func(s string) bool { return !seen[s] }), nil
	}
	if c.app == nil {
		return slices.Clone(c.p.webhooks[c.webhook.secret].scopes), nil
	}
	return slices.Clone(c.app.Scopes), nil
}

func setAppOptions(c *call) (any, *restError) {
	opts := c.params.arr("options")
	if opts.len() == 0 {
		return nil, errArgument("options", "Argument 'options' is null or empty")
	}
	for _, k := range opts.keys {
		c.app.options[k] = plain(opts.vals[k])
	}
	return true, nil
}
