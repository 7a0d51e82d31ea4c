package gallery

import (
	"signservice/app/i18n"
	"signservice/views"
)

// defaults are the settings of a portal, decided or as they were at first.
func defaults(w *i18n.Printer, decided bool) views.Defaults {
	d := views.Defaults{
		T: w.T, Retention: "30", CodeRequired: decided,
		Fields: []views.Option{{Value: "UF_CRM_CONTRACT", Words: "Договор", Checked: decided}, {Value: "UF_CRM_1700000000", Words: "Attachments"}},
	}
	for _, l := range []string{"b", "t", "lt", "lta"} {
		d.Levels = append(d.Levels, views.Option{Value: l, Words: w.T("level." + l), Checked: l == "b" && !decided || l == "lt" && decided})
	}
	for _, name := range []string{"nobody", "everybody", "marked"} {
		d.SelfEnrolment = append(d.SelfEnrolment, views.Option{Value: name, Words: w.T("defaults.self-" + name), Checked: name == "nobody" && !decided || name == "marked" && decided})
	}
	if decided {
		d.Timestamps = "https://timestamps.example/tsp\nhttps://second.example/tsa"
		d.Changed = w.T("defaults.changed", w.Time(now()))
	} else {
		d.FieldsNote = w.T("defaults.fields-unreadable")
	}
	return d
}

// signetForm is how marks look in a portal.
func signetForm(w *i18n.Printer, picture bool) views.SignetForm {
	f := views.SignetForm{T: w.T, HasLogo: picture, MaxLogo: 256 << 10, TooLarge: w.T("settings.logo-large", 256), Pictured: true, Link: "https://acme.example/check"}
	for _, p := range []string{"first", "last"} {
		f.Pages = append(f.Pages, views.Option{Value: p, Words: w.T("page." + p + "-label"), Checked: p == "last"})
	}
	for _, p := range []string{"top-left", "top-center", "top-right", "bottom-left", "bottom-center", "bottom-right"} {
		f.Positions = append(f.Positions, views.Option{Value: p, Words: w.T("position." + p), Checked: p == "bottom-right"})
	}
	for _, p := range []string{"language", "eu", "ru", "plain"} {
		f.Presets = append(f.Presets, views.Option{Value: p, Words: w.T("preset." + p), Checked: p == "language"})
	}
	for _, p := range []string{"close", "portrait", "landscape", "rotated"} {
		f.Samples = append(f.Samples, views.Option{Value: p, Words: w.T("sample." + p)})
	}
	return f
}
