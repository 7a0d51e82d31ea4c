package portal_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/bitrix"
	"signservice/bitrix/simulator"
)

// sheet is a document of any source, on its way to be signed.
type sheet struct {
	*world
	c                *company
	visit            app.Visit
	doc              app.Document
	original, signed []byte
	in               app.Replacement
	object           int // on Drive; 0 where there is none
}

// origin puts a PDF somewhere at a deal and gives its object on Drive.
type origin struct {
	source app.Source
	admin  bool // the signer is the administrator
	put    func(s *sheet, deal int) (object int)
	target app.Target
	why    string
}

func origins() map[string]origin {
	comment := func(author func(*company) int, age time.Duration, write bool) func(*sheet, int) int {
		return func(s *sheet, deal int) int {
			s.c.AddComment(deal, simulator.Comment{Author: author(s.c), Text: "see", Files: []simulator.File{{Name: "paper.pdf", Content: s.original}}})
			line := s.c.Timeline(deal)
			object := line[len(line)-1].Files[0].ID
			if author(s.c) != s.c.mary {
				_ = s.c.ShareDriveFile(object, write, s.c.mary)
			}
			_ = s.clock.Sleep(context.Background(), age)
			return object
		}
	}
	activity := func(provider string) func(*sheet, int) int {
		return func(s *sheet, deal int) int {
			s.c.AddActivity(simulator.Activity{
				Owner: simulator.Binding{EntityType: simulator.EntityDeal, ID: deal}, Provider: provider, Subject: "Paper", Author: s.c.paul,
				Files: []simulator.File{{Name: "paper.pdf", Content: s.original}},
			})
			all := s.c.Activities(simulator.EntityDeal, deal)
			return all[len(all)-1].Files[0].ID
		}
	}
	field := func(name func(*company) string) func(*sheet, int) int {
		return func(s *sheet, deal int) int {
			s.c.PutFile(deal, name(s.c), "paper.pdf", s.original)
			return 0
		}
	}
	mary, paul := func(c *company) int { return c.mary }, func(c *company) int { return c.paul }
	return map[string]origin{
		"single field":           {source: app.SourceField, put: field(func(c *company) string { return c.single })},
		"multiple field":         {source: app.SourceField, put: field(func(c *company) string { return c.multiple })},
		"own comment":            {source: app.SourceComment, put: comment(mary, time.Hour, true), target: app.TargetVersion},
		"own comment, just made": {source: app.SourceComment, put: comment(mary, time.Minute, true), target: app.TargetComment, why: "target.just-changed"},
		"comment, may write":     {source: app.SourceComment, put: comment(paul, time.Minute, true), target: app.TargetVersion},
		"comment, may read":      {source: app.SourceComment, put: comment(paul, time.Hour, false), target: app.TargetComment, why: "target.drive-right"},
		"activity":               {source: app.SourceActivity, put: activity(simulator.ProviderTodo), target: app.TargetComment, why: "target.drive-right"},
		"activity, by admin":     {source: app.SourceActivity, put: activity(simulator.ProviderTodo), admin: true, target: app.TargetVersion},
		"e-mail":                 {source: app.SourceEmail, put: activity(simulator.ProviderEmail), target: app.TargetComment, why: "target.email"},
		"e-mail, by admin":       {source: app.SourceEmail, put: activity(simulator.ProviderEmail), admin: true, target: app.TargetComment, why: "target.email"},
		"generated document": {source: app.SourceGenerated, target: app.TargetComment, why: "target.generated", put: func(s *sheet, deal int) int {
			s.c.AddDocument(deal, simulator.GeneratedDocument{Title: "paper", Author: s.c.paul, DOCX: []byte("PK"), PDF: s.original})
			return 0
		}},
	}
}

// sheet makes a new deal with the document and fetches it, as Freeze does.
func (w *world) sheet(o origin) *sheet {
	w.t.Helper()
	c := w.acme
	deal := c.AddDeal(simulator.Deal{Title: "Delivery", Responsible: c.mary})
	signer := c.mary
	if o.admin {
		signer = c.anna
	}
	s := &sheet{world: w, c: c, original: pdf(fmt.Sprint("paper of deal ", deal))}
	s.signed = append(bytes.Clone(s.original), []byte("increment with a signature\n%%EOF\n")...)
	s.object = o.put(s, deal)
	s.visit = w.at(c, signer, deal)
	list, err := w.Documents(context.Background(), s.visit)
	if err != nil || len(list) != 1 {
		w.t.Fatalf("the list has %d documents, %v", len(list), err)
	}
	var out bytes.Buffer
	if s.doc, err = w.Fetch(context.Background(), s.visit.Portal, s.visit.User, list[0], &out, app.MaxFileSize); err != nil {
		w.t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), s.original) {
		w.t.Fatal("fetched other bytes")
	}
	s.in = app.Replacement{
		Signed: content(s.signed), Original: content(s.original), Name: s.doc.Name,
		Request: app.RequestID(fmt.Sprintf("%012x", deal)), Text: "Signed copy",
	}
	return s
}

func (s *sheet) deal() int { return int(s.doc.Entity.ID) }

func (s *sheet) replace() (string, error) {
	return s.Replace(context.Background(), s.visit.Portal, s.visit.User, s.doc, s.in)
}

func (s *sheet) ready() error {
	return s.Ready(context.Background(), s.visit.Portal, s.visit.User, s.doc)
}

// copies are the ids of files in comments that hold exactly these bytes.
func (s *sheet) copies(data []byte) (all []string) {
	for _, e := range s.c.Timeline(s.deal()) {
		for _, f := range e.Files {
			if e.Kind == simulator.EntryComment && bytes.Equal(f.Content, data) {
				all = append(all, strconv.Itoa(f.ID))
			}
		}
	}
	return all
}

// inPlace tells whether the place of the original holds these bytes.
func (s *sheet) inPlace(data []byte) bool {
	switch {
	case s.object != 0:
		f, ok := s.c.DriveFile(s.object)
		return ok && bytes.Equal(f.Content, data)
	case s.doc.Source == app.SourceField:
		return slices.ContainsFunc(s.c.DealFiles(s.deal(), s.doc.Field), func(f simulator.File) bool { return bytes.Equal(f.Content, data) })
	}
	var out bytes.Buffer
	_, err := s.Fetch(context.Background(), s.visit.Portal, s.visit.User, s.doc, &out, app.MaxFileSize)
	return err == nil && bytes.Equal(out.Bytes(), data)
}

// inHistory tells whether Drive has an earlier version with these bytes.
func (s *sheet) inHistory(data []byte) bool {
	f, _ := s.c.DriveFile(s.object)
	return slices.ContainsFunc(f.Versions, func(v simulator.File) bool { return bytes.Equal(v.Content, data) })
}

// delivered checks that the signed file is exactly where it was promised, once.
func (s *sheet) delivered(t *testing.T) {
	t.Helper()
	copies := len(s.copies(s.signed))
	switch s.doc.Target {
	case app.TargetComment:
		if copies != 1 || !s.inPlace(s.original) {
			t.Errorf("%d copies, original in its place: %v", copies, s.inPlace(s.original))
		}
	case app.TargetVersion:
		if !s.inPlace(s.signed) || !s.inHistory(s.original) {
			t.Errorf("signed in place: %v, original in the history: %v", s.inPlace(s.signed), s.inHistory(s.original))
		}
		if f, _ := s.c.DriveFile(s.object); len(f.Versions) != 2 {
			t.Errorf("%d versions", len(f.Versions))
		}
	default:
		if !s.inPlace(s.signed) || s.inPlace(s.original) || copies != 0 {
			t.Error("the slot does not hold the signed file alone")
		}
	}
}

// TestTargets is the table of sources and outcomes. After each the original's
// bytes are in the portal, or were replaced in a slot, where Replacement has
// them; and nothing that was not meant has changed.
func TestTargets(t *testing.T) {
	for name, o := range origins() {
		t.Run(name+"/target", func(t *testing.T) {
			w := newWorld(t).install()
			w.t = t
			s := w.sheet(o)
			if s.doc.Source != o.source || s.doc.Target != o.target || s.doc.Because != o.why {
				t.Fatalf("%s goes to %q because %q", s.doc.Source, s.doc.Target, s.doc.Because)
			}
			if err := s.ready(); err != nil {
				t.Fatal(err)
			}
			id, err := s.replace()
			if err != nil {
				t.Fatal(err)
			}
			s.delivered(t)
			switch o.target {
			case app.TargetComment:
				if got := s.copies(s.signed); !slices.Equal(got, []string{id}) {
					t.Errorf("the copy is %v, Replace says %s", got, id)
				}
				e := s.c.Timeline(s.deal())
				last := e[len(e)-1]
				if last.Author != int(numberOf(t, s.visit.User)) || !strings.HasPrefix(last.Text, "Signed copy (#") || last.Files[0].Name != "paper-signed.pdf" {
					t.Errorf("the comment is %+v", last)
				}
			case app.TargetVersion:
				if id != s.doc.FileID {
					t.Errorf("Replace says %s, want %s", id, s.doc.FileID)
				}
			}
			// Asked again, as after a crash, it changes nothing.
			entries := len(s.c.Timeline(s.deal()))
			if again, err := s.replace(); err != nil || again != id || len(s.c.Timeline(s.deal())) != entries {
				t.Errorf("asked again: %s, %v", again, err)
			}
			s.delivered(t)
		})
		t.Run(name+"/refused", func(t *testing.T) {
			w := newWorld(t).install()
			w.t = t
			s := w.sheet(o)
			key := "portal.no-right"
			if o.admin || o.target == app.TargetVersion { // an administrator has every right, and Drive its own
				s.c.Inject(simulator.Fault{Kind: simulator.QuotaExceeded, Method: "disk.file.uploadVersion"})
				s.c.Inject(simulator.Fault{Kind: simulator.QuotaExceeded, Method: "crm.timeline.comment.add"})
				key = "portal.refused"
				if err := s.ready(); err != nil {
					t.Errorf("ready: %v", err)
				}
			} else {
				if err := s.c.SetDealAccess(s.deal(), s.c.mary, simulator.ReadAccess); err != nil {
					t.Fatal(err)
				}
				wants(t, s.ready(), app.Forbidden, key)
			}
			_, err := s.replace()
			if kind := app.KindOf(err); kind != app.Forbidden && kind != app.Invalid || !strings.Contains(err.Error(), key) {
				t.Errorf("got %v, want %s", err, key)
			}
			if !s.inPlace(s.original) || s.inPlace(s.signed) || len(s.copies(s.signed)) != 0 {
				t.Error("something has changed")
			}
		})
		t.Run(name+"/conflict", func(t *testing.T) {
			w := newWorld(t).install()
			w.t = t
			s := w.sheet(o)
			other := pdf("another version")
			switch {
			case s.object != 0:
				if err := s.c.UpdateDriveFile(s.object, s.c.paul, other); err != nil {
					t.Fatal(err)
				}
			case o.source == app.SourceField:
				id, _ := strconv.Atoi(s.doc.FileID)
				if _, err := s.c.ReplaceFile(s.deal(), s.doc.Field, id, "other.pdf", other); err != nil {
					t.Fatal(err)
				}
			default:
				client, err := w.Client(t.Context(), s.visit.Portal, user(s.c.anna))
				if err == nil {
					_, err = bitrix.Call(t.Context(), client, bitrix.Write[bitrix.Text]("crm.documentgenerator.document.delete", bitrix.Params{"id": s.doc.Field}))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if s.doc.Version != "" || s.object == 0 {
				wants(t, s.ready(), app.Conflict, "request.conflict")
			}
			_, err := s.replace()
			wants(t, err, app.Conflict, "request.conflict")
			if o.source != app.SourceGenerated && !s.inPlace(other) || s.inPlace(s.signed) || len(s.copies(s.signed)) != 0 {
				t.Error("something has changed")
			}
		})
	}
}

func numberOf(t *testing.T, id app.UserID) int64 {
	t.Helper()
	n, err := strconv.ParseInt(string(id), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// driveOrigins are those whose signed file does not go into a field.
func driveOrigins() []origin {
	all := origins()
	return []origin{all["own comment"], all["e-mail"], all["generated document"]}
}

// TestTargetsDie lets the process die at each request, with that request
// unsent or its answer lost, and starts again.
func TestTargetsDie(t *testing.T) {
	for _, o := range driveOrigins() {
		t.Run(string(o.source), func(t *testing.T) {
			w := newWorld(t).install()
			w.t = t
			for _, lost := range []bool{false, true} {
				for n := 0; ; n++ {
					s := w.sheet(o)
					passed := w.wire.dieAt(n, lost)
					_, err := s.replace()
					finished := passed() <= n
					w.wire.set(nil)
					if finished {
						if err != nil || n < 3 {
							t.Fatalf("after %d requests: %v", n, err)
						}
						break
					}
					w.restart()
					if _, err := s.replace(); err != nil {
						t.Errorf("cut at request %d (lost %v), then: %v", n, lost, err)
					}
					s.delivered(t)
				}
			}
		})
	}
}

// TestTargetsFaults injects each fault into each call. An error must allow a
// repetition, and the repetition must end well.
func TestTargetsFaults(t *testing.T) {
	kinds := []simulator.FaultKind{
		simulator.QueryLimit, simulator.OperationLimit, simulator.Overload, simulator.ExpiredToken, simulator.InvalidToken,
		simulator.InternalError, simulator.BadGateway, simulator.Maintenance, simulator.EmptyBody, simulator.Reset,
		simulator.LostAnswer, simulator.LateGateway, simulator.Truncated, simulator.Corrupt, simulator.Twice,
	}
	for _, o := range driveOrigins() {
		t.Run(string(o.source), func(t *testing.T) {
			w := newWorld(t).install()
			w.t = t
			for _, kind := range kinds {
				for skip := 0; ; skip++ {
					s := w.sheet(o)
					method := "" // every one
					if kind == simulator.Corrupt {
						method = "download"
					}
					fault := s.c.Inject(simulator.Fault{Kind: kind, Method: method, Skip: skip, Count: 1})
					var err error
					for range 3 {
						if _, err = s.replace(); err == nil {
							break
						}
						if k := app.KindOf(err); k != app.Unavailable && k != app.Upstream {
							t.Errorf("%s at call %d: not to be repeated: %v", kind, skip, err)
							break
						}
					}
					hits := fault.Hits()
					s.c.Heal()
					if err != nil {
						t.Errorf("%s at call %d: %v", kind, skip, err)
					} else {
						s.delivered(t)
					}
					if hits == 0 || t.Failed() {
						break // the replacement has fewer calls
					}
				}
			}
		})
	}
}

// TestVersionWindow: a colleague stores a version between our reading and our
// writing. It is the content again afterwards; without a history it is told
// that it lies below.
func TestVersionWindow(t *testing.T) {
	for name, c := range map[string]struct {
		quirks simulator.Quirks
		key    string
		theirs bool
	}{
		"with history":    {simulator.Quirks{}, "request.conflict-window", true},
		"without history": {simulator.Quirks{NoDriveHistory: true}, "request.version-over", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).install()
			w.t = t
			s := w.sheet(origins()["own comment"])
			w.acme.SetQuirks(c.quirks)
			theirs := pdf("theirs")
			remove := s.c.BeforeUpdate(func(u simulator.Update) {
				if u.Method == "disk.file.uploadversion" {
					_ = s.c.UpdateDriveFile(s.object, s.c.paul, theirs)
				}
			})
			_, err := s.replace()
			remove()
			wants(t, err, app.Conflict, c.key)
			if s.inPlace(theirs) != c.theirs || !s.inHistory(s.original) {
				t.Errorf("theirs in place: %v, original in the history: %v", s.inPlace(theirs), s.inHistory(s.original))
			}
		})
	}
}

// TestVersionRightLost: the right to write on Drive is gone when the signed
// file comes; it goes into a comment.
func TestVersionRightLost(t *testing.T) {
	w := newWorld(t).install()
	w.t = t
	s := w.sheet(origins()["own comment"])
	s.c.Inject(simulator.Fault{Kind: simulator.AccessDenied, Method: "disk.file.uploadVersion"})
	if _, err := s.replace(); err != nil {
		t.Fatal(err)
	}
	if len(s.copies(s.signed)) != 1 || !s.inPlace(s.original) {
		t.Error("the signed file is not in a comment")
	}
}

// TestVersionDamaged: what has arrived is not what was sent; the original is
// put back.
func TestVersionDamaged(t *testing.T) {
	w := newWorld(t).install()
	w.t = t
	s := w.sheet(origins()["own comment"])
	s.c.Inject(simulator.Fault{Kind: simulator.Corrupt, Method: "download", Count: 2})
	_, err := s.replace()
	wants(t, err, app.Invalid, "request.restored")
	if !s.inPlace(s.original) {
		t.Error("the original is not back")
	}
}
