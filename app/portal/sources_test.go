package portal_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/bitrix/simulator"
)

// TestSources lists a deal whose PDFs lie in all five sources.
func TestSources(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	deal := simulator.Binding{EntityType: simulator.EntityDeal, ID: c.deal}
	c.PutFile(c.deal, c.single, "contract.pdf", pdf("contract"))
	c.PutFile(c.deal, c.multiple, "photo.png", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 2000)...))
	later := func(d time.Duration) { _ = w.clock.Sleep(t.Context(), d) }
	later(time.Hour)
	hers := c.AddComment(c.deal, simulator.Comment{Author: c.mary, Text: "look", Files: []simulator.File{
		{Name: "hers.pdf", Content: pdf("hers")}, {Name: "hers.txt", Content: []byte("no")},
	}})
	later(time.Hour)
	his := c.AddComment(c.deal, simulator.Comment{Author: c.paul, Text: "mine", Files: []simulator.File{{Name: "his.pdf", Content: pdf("his")}}})
	later(time.Hour)
	mail := c.AddActivity(simulator.Activity{
		Owner: deal, Provider: simulator.ProviderEmail, Subject: "Your order", Incoming: true, Author: c.paul,
		Files: []simulator.File{{Name: "order.pdf", Content: pdf("order")}, {Name: "logo.gif", Content: []byte("GIF89a")}},
	})
	later(time.Hour)
	todo := c.AddActivity(simulator.Activity{
		Owner: deal, Provider: simulator.ProviderTodo, Subject: "Check", Author: c.anna,
		Files: []simulator.File{{Name: "check.pdf", Content: pdf("check")}},
	})
	later(time.Hour)
	offer := c.AddDocument(c.deal, simulator.GeneratedDocument{Title: "Offer 7", Author: c.mary, DOCX: []byte("PK"), PDF: pdf("offer")})
	c.AddDocument(c.deal, simulator.GeneratedDocument{Title: "Not yet", Author: c.mary, DOCX: []byte("PK"), PDF: pdf("later"), PDFAfter: time.Hour})

	v := w.at(c, c.mary, c.deal)
	c.ForgetCalls()
	quick, err := w.List(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	requests := 0
	for _, call := range c.Calls() {
		if !call.Batch {
			requests++
		}
	}
	if requests > 3 {
		t.Errorf("the list took %d calls", requests)
	}
	pending := 0
	for _, d := range quick {
		if d.Pending {
			pending++
		}
	}
	// contract.pdf, photo.png, the files of mail and to-do, the offer's size
	if len(quick) != 8 || pending != 6 {
		t.Errorf("the quick list has %d documents, %d pending", len(quick), pending)
	}
	type row struct{ Source, Name, Author, Label, Unreadable string }
	rows := func(list []app.Document) (all []row) {
		for _, d := range list {
			all = append(all, row{string(d.Source), fmt.Sprintf("%s %d", d.Name, d.Size), d.Author, d.Label, d.Unreadable})
		}
		return all
	}
	size := func(name, text string) string { return fmt.Sprintf("%s %d", name, len(pdf(text))) }
	want := []row{
		{"field", size("contract.pdf", "contract"), "", "Contract", ""},
		{"generated", size("Offer 7.pdf", "offer"), "Мария Иванова", "Offer 7", ""},
		{"activity", size("check.pdf", "check"), "Anna Berg", "Check", ""},
		{"email", size("order.pdf", "order"), "Paul Ott", "Your order", ""},
		{"comment", size("his.pdf", "his"), "Paul Ott", "", "document.drive-right"},
		{"comment", size("hers.pdf", "hers"), "Мария Иванова", "", ""},
	}
	told := map[string]bool{}
	for d, err := range w.Details(t.Context(), v) {
		if err != nil {
			t.Fatal(err)
		}
		if !d.None {
			told[d.Name] = true
		}
	}
	if want := map[string]bool{"contract.pdf": true, "check.pdf": true, "order.pdf": true, "Offer 7.pdf": true}; !cmp.Equal(want, told) {
		t.Errorf("details told of %v", told)
	}
	full, err := w.List(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, rows(full)); d != "" {
		t.Error(d)
	}
	for i, number := range []int{0, offer, todo, mail, his, hers} {
		if number != 0 && full[i].Field != strconv.Itoa(number) {
			t.Errorf("%s lies in %s, want %d", full[i].Name, full[i].Field, number)
		}
		if i > 1 && !full[i].Date.Before(full[i-1].Date) {
			t.Errorf("%s of %s is not older than the one before", full[i].Name, full[i].Date)
		}
	}
	// Nothing is left to be asked.
	c.ForgetCalls()
	for d := range w.Details(t.Context(), v) {
		t.Errorf("asked again about %s", d.Name)
	}
	// An administrator reads what lies on other people's Drive.
	list, err := w.Documents(t.Context(), w.at(c, c.anna, c.deal))
	if err != nil || len(list) != len(want) || slices.ContainsFunc(list, func(d app.Document) bool { return d.Unreadable != "" }) {
		t.Errorf("the administrator sees %v, %v", rows(list), err)
	}
	// Everything listed can be fetched, and what cannot says why.
	for _, d := range full {
		var out bytes.Buffer
		got, err := w.Fetch(t.Context(), v.Portal, v.User, d, &out, app.MaxFileSize)
		if d.Unreadable != "" {
			wants(t, err, app.Forbidden, d.Unreadable)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != d.Name || int64(out.Len()) != d.Size || got.Size != d.Size || !bytes.HasPrefix(out.Bytes(), []byte("%PDF-")) {
			t.Errorf("fetched %s of %d bytes, want %s of %d", got.Name, out.Len(), d.Name, d.Size)
		}
	}
}

// TestManySources: fifty files are listed, the newest ones, in two calls.
func TestManySources(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	for i := range 60 {
		_ = w.clock.Sleep(t.Context(), time.Minute)
		c.AddComment(c.deal, simulator.Comment{Author: c.mary, Text: "x", Files: []simulator.File{{Name: fmt.Sprintf("%02d.pdf", i), Content: pdf(strconv.Itoa(i))}}})
	}
	c.PutFile(c.deal, c.single, "contract.pdf", pdf("contract"))
	v := w.at(c, c.mary, c.deal)
	c.ForgetCalls()
	list, err := w.List(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 50 || list[1].Name != "59.pdf" || list[49].Name != "11.pdf" {
		t.Errorf("%d documents, from %s to %s", len(list), list[1].Name, list[len(list)-1].Name)
	}
	n := 0
	for _, call := range c.Calls() {
		if !call.Batch {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d calls", n)
	}
}

// TestForeignNumbers: a page may name any comment, activity or document; those
// of other elements are not there.
func TestForeignNumbers(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	other := c.AddDeal(simulator.Deal{Title: "Other", Responsible: c.mary})
	comment := c.AddComment(other, simulator.Comment{Author: c.mary, Text: "x", Files: []simulator.File{{Name: "x.pdf", Content: pdf("x")}}})
	mail := c.AddActivity(simulator.Activity{
		Owner: simulator.Binding{EntityType: simulator.EntityDeal, ID: other}, Provider: simulator.ProviderEmail, Author: c.mary,
		Files: []simulator.File{{Name: "m.pdf", Content: pdf("m")}},
	})
	made := c.AddDocument(other, simulator.GeneratedDocument{Title: "G", Author: c.mary, PDF: pdf("g")})
	there, err := w.Documents(t.Context(), w.at(c, c.mary, other))
	if err != nil || len(there) != 3 {
		t.Fatalf("%d documents, %v", len(there), err)
	}
	v := w.at(c, c.mary, c.deal)
	for _, d := range there {
		d.Entity = v.Entity
		_, err := w.Fetch(t.Context(), v.Portal, v.User, d, &bytes.Buffer{}, app.MaxFileSize)
		wants(t, err, app.NotFound, "document.gone")
	}
	for _, d := range []app.Document{
		{Source: app.SourceComment, Field: strconv.Itoa(comment), FileID: "1"},
		{Source: app.SourceComment, Field: "x", FileID: "1"},
		{Source: app.SourceComment, Field: "999", FileID: "1"},
		{Source: app.SourceEmail, Field: strconv.Itoa(mail), FileID: "1"},
		{Source: app.SourceActivity, Field: "999", FileID: "1"},
		{Source: app.SourceActivity, Field: "", FileID: "1"},
		{Source: app.SourceGenerated, Field: strconv.Itoa(made), FileID: "1"},
		{Source: app.SourceGenerated, Field: "999", FileID: "1"},
		{Source: "elsewhere", Field: "1", FileID: "1"},
		{Source: app.SourceField, Field: c.single, FileID: "-1"},
	} {
		d.Entity = v.Entity
		if d.Field == strconv.Itoa(comment) || d.Field == strconv.Itoa(mail) || d.Field == strconv.Itoa(made) {
			d.Entity.ID = int64(other)
		}
		_, err := w.Fetch(t.Context(), v.Portal, v.User, d, &bytes.Buffer{}, app.MaxFileSize)
		wants(t, err, app.NotFound, "document.gone")
	}
}

// TestSourcesFaults: a source that a portal has not is left out, one that
// fails for now is not.
func TestSourcesFaults(t *testing.T) {
	for name, c := range map[string]struct {
		fault simulator.Fault
		kind  app.Kind
		key   string
		want  string
	}{
		"no generator":           {simulator.Fault{Kind: simulator.CustomError, Status: 404, Code: "ERROR_METHOD_NOT_FOUND", Method: "crm.documentgenerator.*"}, "", "", "comment"},
		"no right to comments":   {simulator.Fault{Kind: simulator.AccessDenied, Method: "crm.timeline.comment.list"}, "", "", "generated"},
		"no permission on Drive": {simulator.Fault{Kind: simulator.CustomError, Status: 401, Code: "insufficient_scope", Method: "disk.file.get"}, "", "", "generated comment!"},
		"comments once":          {simulator.Fault{Kind: simulator.QueryLimit, Method: "crm.timeline.comment.list", Count: 1}, "", "", "generated comment"},
		"token ends in Drive":    {simulator.Fault{Kind: simulator.ExpiredToken, Method: "disk.file.get", Count: 1}, "", "", "generated comment"},
		"comments for ever":      {simulator.Fault{Kind: simulator.QueryLimit, Method: "crm.timeline.comment.list"}, app.Unavailable, "portal.busy", ""},
		"Drive for ever":         {simulator.Fault{Kind: simulator.QueryLimit, Method: "disk.file.get"}, app.Unavailable, "portal.busy", ""},
		"Drive forgets":          {simulator.Fault{Kind: simulator.CustomError, Status: 400, Code: "ERROR_NOT_FOUND", Method: "disk.file.get"}, "", "", "generated"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).install()
			a := w.acme
			a.AddComment(a.deal, simulator.Comment{Author: a.mary, Text: "x", Files: []simulator.File{{Name: "x.pdf", Content: pdf("x")}}})
			_ = w.clock.Sleep(t.Context(), time.Minute)
			a.AddDocument(a.deal, simulator.GeneratedDocument{Title: "G", Author: a.mary, PDF: pdf("g")})
			v := w.at(a, a.mary, a.deal)
			a.Inject(c.fault)
			list, err := w.List(t.Context(), v)
			wants(t, err, c.kind, c.key)
			var got []string
			for _, d := range list {
				word := string(d.Source)
				if d.Unreadable != "" {
					word += "!"
				}
				got = append(got, word)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("listed %q, want %q", s, c.want)
			}
		})
	}
}
