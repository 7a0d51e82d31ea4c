package web_test

import (
	"strings"
	"testing"
	"time"
)

// TestAuthorityState has the state tell of the authority what is to be done.
func TestAuthorityState(t *testing.T) {
	w, admin, root, _ := authority(t)
	says := func(texts ...string) {
		t.Helper()
		html := w.settings(w.acme, w.acme.anna).ok("GET", "/api/admin/overview", nil).field("html")
		for _, text := range texts {
			if !strings.Contains(html, text) {
				t.Errorf("the state does not say %q", text)
			}
		}
	}
	says("Internal CA: Acme Root CA", "Issues until 23 Nov 2031", "The root key is on this server", "Export the root key")
	if theirs := w.settings(w.bolt, w.bolt.anna).ok("GET", "/api/admin/overview", nil).field("html"); strings.Contains(theirs, "Internal CA: ") {
		t.Error("a company without an authority reads of one")
	}
	const password = "correct horse 42"
	base := "/api/admin/authority/roots/" + root
	_, file := admin.ok("POST", base+"/export", object{"password": password, "repeat": password}).file(t)
	admin.ok("POST", base+"/remove", object{"file": file, "password": password})
	says("Issues until")
	w.clock.forward(8 * 24 * time.Hour) // nobody makes lists in this test
	says("The revocation list has expired", "Look into the log")
	w.clock.forward(5 * 366 * 24 * time.Hour)
	says("Issues nothing", "Begin the next issuing authority")
}
