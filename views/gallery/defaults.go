package gallery

import (
	"signservice/app/i18n"
	"signservice/views"
)

// defaults are the settings of a portal, decided or as they were at first.
func defaults(w *i18n.Printer, decided bool) views.Defaults {
	d := views.Defaults{
		T: w.T, Retention: "30", SelfEnrolment: decided, CodeRequired: decided,
		Fields: []views.Option{{Value: "UF_CRM_CONTRACT", Words: "Договор", Checked: decided}, {Value: "UF_CRM_1700000000", Words: "Attachments"}},
	}
	for _, l := range []string{"b", "t", "lt", "lta"} {
		d.Levels = append(d.Levels, views.Option{Value: l, Words: w.T("level." + l), Checked: l == "b" && !decided || l == "lt" && decided})
	}
	for _, p := range []string{"first", "last"} {
		d.Pages = append(d.Pages, views.Option{Value: p, Words: w.T("page." + p + "-label"), Checked: p == "last"})
	}
	for _, p := range []string{"top-left", "top-center", "top-right", "bottom-left", "bottom-center", "bottom-right"} {
		d.Positions = append(d.Positions, views.Option{Value: p, Words: w.T("position." + p), Checked: p == "bottom-right"})
	}
	for _, p := range []string{"language", "eu", "ru", "plain"} {
		d.Presets = append(d.Presets, views.Option{Value: p, Words: w.T("preset." + p), Checked: p == "language"})
	}
	if decided {
		d.Timestamps = "https://timestamps.example/tsp\nhttps://second.example/tsa"
		d.Changed = w.T("defaults.changed", w.Time(now()))
	} else {
		d.FieldsNote = w.T("defaults.fields-unreadable")
	}
	return d
}
