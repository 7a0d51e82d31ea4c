package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestTooMany refuses an address and a user that call far too often, in their
// language and with the time to wait; others go on.
func TestTooMany(t *testing.T) {
	w := newWorld(t)
	settings := w.settings(w.acme, w.acme.anna)
	var last *answer
	for range 1000 {
		if last = settings.call("GET", "/api/admin/journal", nil); last.code != http.StatusOK {
			break
		}
	}
	settings.wants(last, http.StatusTooManyRequests, "call.too-many")
	if last.header.Get("Retry-After") == "" || last.field("after") == "" {
		t.Errorf("no time to wait: %v %s", last.header, last.text())
	}
	w.settings(w.bolt, w.bolt.anna).ok("GET", "/api/admin/journal", nil) // another user
	w.clock.forward(time.Second)
	settings.ok("GET", "/api/admin/journal", nil)

	for range 1000 {
		if last = w.get("/enrol/" + strings.Repeat("x", 43)); last.code != http.StatusNotFound {
			break
		}
	}
	if last.code != http.StatusTooManyRequests || !strings.Contains(last.text(), "too often") {
		t.Errorf("links are guessed: %d %s", last.code, last.text())
	}
	for range 1000 {
		if a := w.get("/livez"); a.code != http.StatusOK {
			t.Fatalf("the health check answers %d", a.code)
		}
	}
}
