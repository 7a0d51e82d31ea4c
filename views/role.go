package views

import "github.com/a-h/templ"

// noticeRole has failures announced at once and the rest politely.
func noticeRole(tone string) string {
	if tone == "bad" || tone == "warn" {
		return "alert"
	}
	return "status"
}

// yesNo is the value of an ARIA attribute that is true or false.
func yesNo(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// invalid marks a field that has an error.
func invalid(field string, errors map[string]string) templ.Attributes {
	if errors[field] == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true"}
}

// by gives a button a data attribute of its own, such as data-zoom-by.
func by(name, value string) templ.Attributes {
	return templ.Attributes{"data-" + name + "-by": value}
}

// batchRole has a batch that failed in part announced at once.
func batchRole(good bool) string {
	if good {
		return "status"
	}
	return "alert"
}
