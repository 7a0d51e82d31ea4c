package web_test

import (
	"strings"
	"testing"
	"time"

	"signservice/app"
)

// TestState shows what the service found about itself: to each portal its own
// lines and those of the whole service, to nobody what is the operator's.
func TestState(t *testing.T) {
	w := newWorld(t)
	overview := func(c *company) string {
		t.Helper()
		return w.settings(c, c.anna).ok("GET", "/api/admin/overview", nil).field("html")
	}
	if html := overview(w.acme); !strings.Contains(html, "for the first time") {
		t.Errorf("before the first look: %s", html)
	}
	w.findings = []app.Finding{
		{Check: "files", Health: app.Broken, Subject: "/etc/canary/apps.json", Key: "doctor.file-open", Fix: "doctor.file-open-fix", Detail: "chmod 600 /etc/canary"},
		{Check: "files", Health: app.Broken, Subject: "/etc/canary/b.json", Key: "doctor.file-open", Fix: "doctor.file-open-fix"},
		{Check: "disk", Health: app.Ailing, Key: "doctor.disk-free", Args: []any{12}, Fix: "doctor.disk-fix"},
		{Check: "store", Health: app.Healthy, Key: "doctor.good"},
		{Check: "backup", Health: app.Ailing, Key: "doctor.backup-old", Args: []any{w.clock.Now().AddDate(0, 0, -9)}, Fix: "doctor.backup-old-fix"},
		{Check: "token", Health: app.Broken, Subject: "Somebody's token", Key: "token.pin-refused"},
		{Check: "clock", Health: app.Broken, Key: "doctor.clock-off", Args: []any{95 * time.Second}, Fix: "doctor.clock-fix"},
		{Check: "portal", Health: app.Broken, Subject: "bolt.example", Portal: w.bolt.id(), Key: "doctor.silent", Fix: "doctor.silent-fix", Detail: "canary: refused"},
		{Check: "portal", Health: app.Healthy, Subject: "acme.example", Portal: w.acme.id(), Key: "doctor.answers"},
		{Check: "requests", Health: app.Ailing, Portal: w.acme.id(), Key: "doctor.requests-stuck", Args: []any{3}, Fix: "doctor.requests-fix"},
	}
	w.looked = w.clock.Now()
	for c, p := range map[*company]struct{ shows, hides []string }{
		w.acme: {
			[]string{"Others on the server can read it", "badge-warn", "2 min off", "timedatectl", "(acme.example)", "It answers", "3 for more than ten minutes", "Checked at", "Last backup", "more than a day old", "systemctl status signservice-backup"},
			[]string{"bolt.example", "canary", "Somebody", "does not answer"},
		},
		w.bolt: {[]string{"(bolt.example)", "It does not answer", "look at firewall"}, []string{"acme.example", "canary", "ten minutes"}},
	} {
		html := overview(c)
		for _, want := range p.shows {
			if !strings.Contains(html, want) {
				t.Errorf("%s: no %q in %s", c.MemberID(), want, html)
			}
		}
		for _, secret := range p.hides {
			if strings.Contains(html, secret) {
				t.Errorf("%s sees %q", c.MemberID(), secret)
			}
		}
		if strings.Count(html, "Others on the server can read it") != 1 {
			t.Errorf("the files have several lines: %s", html)
		}
	}
}
