package simulator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Placement is one row of placement.get: a handler bound to a place in the portal.
type Placement struct {
	ID        int
	Placement string // "CRM_DEAL_DETAIL_TAB"
	Handler   string
	Title     string
	// Titles by language of the viewer, from LANG_ALL.
	Titles map[string]string
}

// placementMethods: api-reference/widgets, rest/lib/api/placement.php.
func placementMethods() registry {
	return registry{
		"placement.bind":   {scope: "placement", appOnly: true, admin: true, run: placementBind},
		"placement.unbind": {scope: "placement", appOnly: true, admin: true, run: placementUnbind},
		"placement.get":    {scope: "placement", appOnly: true, admin: true, run: placementGet},
		"placement.list":   {scope: "placement", appOnly: true, run: placementList},
	}
}

// crmPlacement are the codes that the scope crm brings with it.
var crmPlacement = regexp.MustCompile(`^CRM_(LEAD|DEAL|CONTACT|COMPANY|QUOTE|SMART_INVOICE|ORDER|DYNAMIC_\d+)_` +
	`(DETAIL_TAB|DETAIL_TOOLBAR|DETAIL_ACTIVITY|ACTIVITY_TIMELINE_MENU|DOCUMENTGENERATOR_BUTTON|LIST_MENU|LIST_TOOLBAR|ROBOT_DESIGNER_TOOLBAR)$`)

// generalPlacements need only the scope placement.
func generalPlacements() []string {
	return []string{"DEFAULT", "LEFT_MENU", "USER_PROFILE_MENU", "USER_PROFILE_TOOLBAR", "REST_APP_URI", "PAGE_BACKGROUND_WORKER"}
}

func (c *call) placementKnown(code string) bool {
	if slices.Contains(generalPlacements(), code) {
		return code != "DEFAULT"
	}
	if !crmPlacement.MatchString(code) || !c.tokenScope("crm") {
		return false
	}
	if strings.HasSuffix(code, "_DOCUMENTGENERATOR_BUTTON") && !c.tokenScope("documentgenerator") {
		return false
	}
	if n, ok := strings.CutPrefix(code, "CRM_DYNAMIC_"); ok {
		return c.p.typeTitle(integer(n)) != ""
	}
	return true
}

func placementBind(c *call) (any, *restError) {
	q := c.params.upper()
	pl := Placement{Placement: strings.ToUpper(q.str("PLACEMENT")), Handler: q.str("HANDLER"), Title: q.str("TITLE")}
	switch {
	case pl.Placement == "":
		return nil, errArgument("PLACEMENT", "Argument 'PLACEMENT' is null or empty")
	case pl.Handler == "":
		return nil, errArgument("HANDLER", "Argument 'HANDLER' is null or empty")
	case !c.placementKnown(pl.Placement):
		return nil, bad("ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
	}
	if fail := checkHandler(pl.Handler); fail != nil {
		return nil, fail
	}
	bound := 0
	for _, have := range c.app.Placements {
		if have.Placement != pl.Placement {
			continue
		}
		bound++
		if have.Handler == pl.Handler {
			return nil, bad("ERROR_CORE", "Unable to set placement handler: Handler already binded")
		}
	}
	if limit := c.p.cfg.Quirks.PlacementMax; limit > 0 && bound >= limit {
		return nil, bad("ERROR_PLACEMENT_MAX_COUNT", "Placement max count has been reached")
	}
	pl.Titles = titles(q.arr("LANG_ALL"))
	pl.ID = c.p.next("placement")
	c.app.Placements = append(c.app.Placements, pl)
	return true, nil
}

func titles(langs *array) map[string]string {
	out := map[string]string{}
	if langs == nil {
		return out
	}
	for _, lang := range langs.keys {
		out[lang] = langs.arr(lang).upper().str("TITLE")
	}
	return out
}

// placementUnbind counts every removed row twice, as the core does.
func placementUnbind(c *call) (any, *restError) {
	q := c.params.upper()
	code, handler := strings.ToUpper(q.str("PLACEMENT")), q.str("HANDLER")
	if code == "" {
		return nil, errArgument("PLACEMENT", "Argument 'PLACEMENT' is null or empty")
	}
	before := len(c.app.Placements)
	c.app.Placements = slices.DeleteFunc(c.app.Placements, func(pl Placement) bool {
		return pl.Placement == code && (handler == "" || pl.Handler == handler)
	})
	return obj{"count": 2 * (before - len(c.app.Placements))}, nil
}

func placementGet(c *call) (any, *restError) {
	out := []any{}
	for _, pl := range c.app.Placements {
		langs := obj{}
		for lang, title := range pl.Titles {
			langs[lang] = obj{"TITLE": title, "DESCRIPTION": "", "GROUP_NAME": ""}
		}
		out = append(out, obj{
			"id": pl.ID, "placement": pl.Placement, "userId": 0, "handler": pl.Handler, "options": []any{},
			"title": pl.Title, "description": "", "langAll": phpMap(langs),
		})
	}
	return out, nil
}

func placementList(c *call) (any, *restError) {
	out := []string{}
	for _, code := range generalPlacements() {
		if code != "DEFAULT" {
			out = append(out, code)
		}
	}
	if !c.tokenScope("crm") {
		return out, nil
	}
	entities := []string{"LEAD", "DEAL", "CONTACT", "COMPANY", "QUOTE", "SMART_INVOICE"}
	for _, t := range c.p.dynamicTypes() {
		entities = append(entities, fmt.Sprintf("DYNAMIC_%d", t))
	}
	for _, e := range entities {
		for _, place := range []string{"DETAIL_TAB", "DETAIL_TOOLBAR", "DETAIL_ACTIVITY", "ACTIVITY_TIMELINE_MENU", "LIST_MENU", "LIST_TOOLBAR"} {
			out = append(out, "CRM_"+e+"_"+place)
		}
	}
	return out, nil
}

// title is what the viewer sees: own language, portal's language, TITLE, app's name.
func (p *Portal) placementTitle(a *app, pl Placement, user int) string {
	for _, t := range []string{pl.Titles[p.language(user)], pl.Titles[p.cfg.Language], pl.Title, a.Title} {
		if t != "" {
			return t
		}
	}
	return "App"
}
