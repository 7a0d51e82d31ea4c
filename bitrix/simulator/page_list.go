package simulator

import (
	"encoding/json"
	"fmt"
)

// appButton opens an app's placement in the side panel.
type appButton struct {
	App           int
	Title         string
	Params, Extra string // JSON
}

type listRow struct {
	ID                              int
	Title, Path, Stage, Responsible string
	Files                           int
	Menu                            []appButton
}

func (p *Portal) listPage(v *visit, kind string) (view, error) {
	typ, err := p.kindOf(kind)
	if err != nil {
		return view{}, err
	}
	var rows []listRow
	for _, it := range p.itemsOf(typ) {
		if p.may(v.user.ID, it) > ReadAccess {
			continue
		}
		row := listRow{ID: it.ID, Title: it.Title, Path: itemPath(typ, it.ID), Stage: stageTitle(it.Stage), Responsible: p.userName(it.Responsible)}
		for _, ids := range it.files {
			row.Files += len(ids)
		}
		row.Menu = p.buttons(v.user.ID, "CRM_"+entityName(typ)+"_LIST_MENU", map[string]any{"ID": itoa(it.ID)})
		rows = append(rows, row)
	}
	return view{name: "list", title: p.kindTitle(typ), content: struct {
		Type int
		Rows []listRow
	}{typ, rows}}, nil
}

// shown are the bound placements of a kind that a user sees: those of
// installed apps which the user may use.
func (p *Portal) shown(user int, placement string) (out []shownPlacement) {
	for _, a := range p.apps {
		if !a.Installed || !a.allows(user) {
			continue
		}
		for _, pl := range a.Placements {
			if pl.Placement == placement {
				out = append(out, shownPlacement{ID: pl.ID, App: a.ID, Placement: placement, Title: p.placementTitle(a, pl, user)})
			}
		}
	}
	return out
}

type shownPlacement struct {
	ID, App          int
	Placement, Title string
}

// buttons are the placements of a kind as buttons for the side panel.
func (p *Portal) buttons(user int, placement string, options map[string]any) (out []appButton) {
	for _, s := range p.shown(user, placement) {
		out = append(out, appButton{App: s.App, Title: s.Title, Params: toJSON(options), Extra: toJSON(obj{"PLACEMENT": placement, "PLACEMENT_ID": s.ID})})
	}
	return out
}

func toJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("simulator: %v", err)) // plain values
	}
	return string(raw)
}
