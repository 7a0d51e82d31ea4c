package simulator

import (
	"slices"
)

type dealLine struct{ Title, Path, Stage string }

func (p *Portal) homePage(v *visit) (view, error) {
	var deals []dealLine
	for _, it := range p.itemsOf(EntityDeal) {
		if p.may(v.user.ID, it) <= ReadAccess {
			deals = append(deals, dealLine{it.Title, itemPath(EntityDeal, it.ID), stageTitle(it.Stage)})
		}
	}
	slices.Reverse(deals)
	return view{name: "home", title: "Home", content: struct {
		Deals   []dealLine
		Notices []noticeLine
	}{deals[:min(len(deals), 8)], p.noticeLines(v.user.ID)}}, nil
}

func stageTitle(stage string) string {
	for _, s := range stages() {
		if s[0] == stage {
			return s[1]
		}
	}
	return stage
}

// stages are those of the one pipeline that the pages show.
func stages() [][2]string {
	return [][2]string{
		{"NEW", "New"}, {"PREPARATION", "Preparing documents"}, {"EXECUTING", "In progress"}, {"FINAL_INVOICE", "Final invoice"}, {"WON", "Won"},
	}
}
