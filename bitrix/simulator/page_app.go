package simulator

import "fmt"

// appPage is an app's own page, or the installation of it.
func (p *Portal) appPage(v *visit) (view, error) {
	a := p.appByID(integer(v.r.PathValue("id")))
	if a == nil {
		return view{}, unknown("app", v.r.PathValue("id"))
	}
	content := struct {
		ID     int
		Notice string
		Good   bool
	}{ID: a.ID}
	switch v.r.URL.Query().Get("install_finished") {
	case "Y":
		content.Notice, content.Good = "The application is installed.", true
	case "N":
		content.Notice = "The application could not be marked as installed."
	}
	return view{name: "app", title: or(a.Title, fmt.Sprintf("Application %d", a.ID)), content: content}, nil
}
