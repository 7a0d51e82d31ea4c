package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestDefaults shows the portal's own fields, keeps what was decided, and says
// at the field what is wrong.
func TestDefaults(t *testing.T) {
	w, _, _ := ready(t)
	admin := w.settings(w.acme, w.acme.anna)
	html := admin.ok("GET", "/api/admin/defaults", nil).field("html")
	for _, want := range []string{w.acme.field, "LTA: for archives", "Timestamp servers", `value="30"`} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q", want)
		}
	}
	form := object{
		"fields": []string{w.acme.field}, "codeRequired": true, "selfEnrolment": "nobody", "retention": "60", "level": "t",
		"timestamps": "https://tsa.example/", "levelStrict": true,
	}
	saved := admin.ok("POST", "/api/admin/defaults", form)
	if saved.field("notice") == "" || !strings.Contains(saved.field("html"), "https://tsa.example/") || !strings.Contains(saved.field("html"), "Last changed") {
		t.Errorf("saved: %s", saved.text())
	}
	form["retention"] = "for ever"
	wrong := admin.call("POST", "/api/admin/defaults", form)
	admin.wants(wrong, http.StatusUnprocessableEntity, "settings.retention-wrong")
	if wrong.field("field") != "retention" {
		t.Errorf("the message is at %q", wrong.field("field"))
	}
	if again := admin.ok("GET", "/api/admin/defaults", nil).field("html"); !strings.Contains(again, `value="60"`) {
		t.Error("what was refused has changed what was kept")
	}
	if a := w.tab(w.acme, w.acme.mary).call("GET", "/api/admin/defaults", nil); a.code != http.StatusForbidden {
		t.Errorf("a user who is no administrator gets %d", a.code)
	}
}
