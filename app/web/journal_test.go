package web_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"signservice/app"
	"signservice/signer/signertest"
)

// TestJournalFilter narrows the journal by person, topic, days and document.
func TestJournalFilter(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.settled(request)
	admin := w.settings(w.acme, w.acme.anna)
	today := w.clock.Now().UTC().Format("2006-01-02")
	for _, c := range []struct {
		name, query   string
		has, lacks    []string
		wantsNarrowed bool
	}{
		{"everything", "", []string{"Done", "Account saved", "App installed"}, nil, false},
		{"topic", "topic=signing", []string{"Done", "Key about to sign"}, []string{"Account saved", "App installed"}, true},
		{"certificates", "topic=certificates", []string{"Certificate assigned", "Certificate created"}, []string{"Done", "Account saved"}, true},
		{"person who did it", "who=" + itoa(w.acme.mary), []string{"Done"}, []string{"App installed"}, true},
		{"person whom it concerns", "who=" + itoa(w.acme.mary) + "&topic=people", []string{"Account saved"}, []string{"Done"}, true},
		{"document", "file=" + url.QueryEscape("договор"), []string{"Done", "Document opened"}, []string{"Account saved"}, true},
		{"no such document", "file=nothing", []string{"Nothing in the journal fits"}, []string{">Done<"}, true},
		{"today", "from=" + today + "&until=" + today, []string{"Done", "Account saved"}, nil, true},
		{"before", "until=2001-01-01", []string{"Nothing in the journal fits"}, []string{">Done<"}, true},
	} {
		html := admin.ok("GET", "/api/admin/journal?"+c.query, nil).field("html")
		for _, want := range c.has {
			if !strings.Contains(html, want) {
				t.Errorf("%s: no %q", c.name, want)
			}
		}
		for _, never := range c.lacks {
			if strings.Contains(html, ">"+never+"<") {
				t.Errorf("%s: there is %q", c.name, never)
			}
		}
		if strings.Contains(html, "Show everything") != c.wantsNarrowed {
			t.Errorf("%s: a way back to everything is wrong", c.name)
		}
	}
	for _, wrong := range []string{"who=x", "topic=x", "from=yesterday", "until=2026-13-01", "file=" + strings.Repeat("x", 101), "file=%ff"} {
		admin.wants(admin.call("GET", "/api/admin/journal?"+wrong, nil), http.StatusUnprocessableEntity, "journal.filter-wrong")
	}
}

// TestJournalExport gives what the filter shows as CSV that no spreadsheet
// takes for a program, and as JSON lines that keep the chain's hashes.
func TestJournalExport(t *testing.T) {
	w, phone, certificate := ready(t)
	w.acme.PutFile(w.acme.deal, w.acme.field, `=cmd|' ,"x"!A1.pdf`, signertest.PDF{}.Bytes())
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.settled(request)
	admin := w.settings(w.acme, w.acme.anna)

	a := admin.ok("GET", "/api/admin/journal/export?format=csv&topic=signing", nil)
	text := a.text()
	if !strings.HasPrefix(text, "\ufeff") || !strings.Contains(text, "\r\n") {
		t.Errorf("the file begins with %q", text[:min(len(text), 20)])
	}
	if got := a.header.Get("Content-Disposition"); !strings.Contains(got, "Journal.csv") {
		t.Errorf("the file is called %s", got)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	formula := false
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
			formula = formula || strings.HasPrefix(cell, "'=cmd|")
		}
	}
	if !formula || len(rows) < 6 {
		t.Errorf("the rows are %q", rows)
	}

	lines := strings.Split(strings.TrimSpace(admin.ok("GET", "/api/admin/journal/export?format=jsonl", nil).text()), "\n")
	var last app.AuditEntry
	for i, line := range lines {
		var e app.AuditEntry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if i == 0 && e.Action != app.ActExported {
			t.Errorf("the newest entry is %s", e.Action)
		}
		// The chain is the node's: entries of no portal, or another, lie between.
		if i > 0 && (last.Seq <= e.Seq || last.Seq == e.Seq+1 && last.Previous != e.Hash) {
			t.Errorf("entry %d does not follow entry %d", last.Seq, e.Seq)
		}
		last = e
	}
	if last.Seq != 1 {
		t.Errorf("the oldest entry is %d", last.Seq)
	}
	admin.wants(admin.call("GET", "/api/admin/journal/export?format=exe", nil), http.StatusUnprocessableEntity, "journal.filter-wrong")
	mary := w.tab(w.acme, w.acme.mary)
	if a := mary.call("GET", "/api/admin/journal/export?format=csv", nil); a.code != http.StatusForbidden {
		t.Errorf("a user who is no administrator gets %d", a.code)
	}
}

// TestJournalTopics: every action can be found by a choice of the filter.
func TestJournalTopics(t *testing.T) {
	source, err := os.ReadFile("../audit.go")
	if err != nil {
		t.Fatal(err)
	}
	filter, err := os.ReadFile("journalfilter.go")
	if err != nil {
		t.Fatal(err)
	}
	actions := regexp.MustCompile(`Action = "([a-z-]+)\.`).FindAllStringSubmatch(string(source), -1)
	if len(actions) < 30 {
		t.Fatalf("only %d actions found", len(actions))
	}
	for _, a := range actions {
		if !strings.Contains(string(filter), `"`+a[1]+`"`) {
			t.Errorf("no choice of the journal finds actions of %q", a[1])
		}
	}
}
