package portal_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/bitrix/simulator"
)

// paper is a deal with a file to be replaced by its signed form.
type paper struct {
	*world
	c                *company
	visit            app.Visit
	doc              app.Document
	original, signed []byte
	in               app.Replacement
}

// paper makes a new deal; a multiple field gets a file before and one after.
func (w *world) paper(multiple bool) *paper {
	w.t.Helper()
	c := w.acme
	deal := c.AddDeal(simulator.Deal{Title: "Delivery", Responsible: c.mary})
	p := &paper{world: w, c: c, visit: w.at(c, c.mary, deal), original: pdf(fmt.Sprint("paper of deal ", deal))}
	p.signed = append(bytes.Clone(p.original), []byte("increment with a signature\n%%EOF\n")...)
	field := c.single
	if multiple {
		field = c.multiple
		c.PutFile(deal, field, "first.pdf", pdf("first"))
	}
	id := c.PutFile(deal, field, "Договор.pdf", p.original)
	if multiple {
		c.PutFile(deal, field, "last.pdf", pdf("last"))
	}
	p.doc = app.Document{
		Source: app.SourceField, Entity: p.visit.Entity, Field: field, Multiple: multiple,
		FileID: strconv.Itoa(id), Name: "Договор.pdf", Size: int64(len(p.original)),
	}
	p.in = app.Replacement{Signed: content(p.signed), Original: content(p.original), Name: "Договор.pdf"}
	return p
}

func (p *paper) replace() (string, error) {
	return p.Replace(context.Background(), p.visit.Portal, p.visit.User, p.doc, p.in)
}

// deal and id are what the simulated portal calls them.
func (p *paper) deal() int { return int(p.doc.Entity.ID) }

func (p *paper) id() int {
	id, err := strconv.Atoi(p.doc.FileID)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// holds tells the field's contents in words, in their order.
func (p *paper) holds() []string {
	words := []string{}
	for _, f := range p.c.DealFiles(p.deal(), p.doc.Field) {
		switch {
		case bytes.Equal(f.Content, p.original):
			words = append(words, "original")
		case bytes.Equal(f.Content, p.signed):
			words = append(words, "signed")
			if f.Name != p.in.Name {
				p.t.Errorf("the signed file is called %q", f.Name)
			}
		case bytes.Equal(f.Content, pdf("first")), bytes.Equal(f.Content, pdf("last")):
			words = append(words, strings.TrimSuffix(f.Name, ".pdf"))
		default:
			words = append(words, "foreign")
		}
	}
	return words
}

// done is what a field holds in the end.
func (p *paper) done() []string {
	if p.doc.Multiple {
		return []string{"first", "signed", "last"}
	}
	return []string{"signed"}
}

// untouched is what it held at the beginning.
func (p *paper) untouched() []string {
	if p.doc.Multiple {
		return []string{"first", "original", "last"}
	}
	return []string{"original"}
}

func (p *paper) expect(t *testing.T, want []string) {
	t.Helper()
	if d := cmp.Diff(want, p.holds()); d != "" {
		t.Errorf("the field holds: %s", d)
	}
}

func eachField(t *testing.T, run func(t *testing.T, multiple bool)) {
	t.Helper()
	t.Run("single", func(t *testing.T) { run(t, false) })
	t.Run("multiple", func(t *testing.T) { run(t, true) })
}

func TestReplace(t *testing.T) {
	eachField(t, func(t *testing.T, multiple bool) {
		p := newWorld(t).install().paper(multiple)
		p.c.ForgetCalls()
		id, err := p.replace()
		if err != nil {
			t.Fatal(err)
		}
		p.expect(t, p.done())
		files := p.c.DealFiles(p.deal(), p.doc.Field)
		if !slices.ContainsFunc(files, func(f simulator.File) bool { return strconv.Itoa(f.ID) == id && bytes.Equal(f.Content, p.signed) }) {
			t.Errorf("the id %s is not that of the signed file", id)
		}
		for _, call := range p.c.Calls() {
			if call.User != p.c.mary {
				t.Errorf("%s was called as user %d", call.Method, call.User)
			}
		}
		p.c.ForgetCalls()
		again, err := p.replace()
		if err != nil || again != id {
			t.Errorf("again: %s, %v", again, err)
		}
		for _, call := range p.c.Calls() {
			if call.Method == "crm.item.update" {
				t.Error("the second time it wrote")
			}
		}
	})
}

// TestReplaceDies lets the process die at each request of the replacement, with
// that request unsent or its answer lost, and starts again: one signed file is
// in the place of the original, the other files are untouched.
func TestReplaceDies(t *testing.T) {
	eachField(t, func(t *testing.T, multiple bool) {
		w := newWorld(t).install()
		for _, lost := range []bool{false, true} {
			for n := 0; ; n++ {
				p := w.paper(multiple)
				passed := w.wire.dieAt(n, lost)
				_, err := p.replace()
				finished := passed() <= n
				w.wire.set(nil)
				if finished {
					if err != nil {
						t.Fatalf("not cut, and yet: %v", err)
					}
					if n < 3 {
						t.Fatalf("only %d requests", n)
					}
					break
				}
				if got := p.holds(); err == nil && !slices.Equal(got, p.done()) ||
					!slices.Contains(got, "original") && !slices.Contains(got, "signed") {
					t.Errorf("cut at request %d (lost %v): %v, %v", n, lost, got, err)
				}
				w.restart()
				if _, err := p.replace(); err != nil {
					t.Errorf("cut at request %d (lost %v), then: %v", n, lost, err)
				}
				p.expect(t, p.done())
			}
		}
	})
}

// TestReplaceFaults injects each fault into each call of a replacement. An
// error must allow a repetition, and the repetition must end well.
func TestReplaceFaults(t *testing.T) {
	kinds := []simulator.FaultKind{
		simulator.QueryLimit, simulator.OperationLimit, simulator.Overload, simulator.ExpiredToken, simulator.InvalidToken,
		simulator.InternalError, simulator.BadGateway, simulator.GatewayTimeout, simulator.Maintenance,
		simulator.EmptyBody, simulator.Reset, simulator.LostAnswer, simulator.LateGateway,
		simulator.Truncated, simulator.Corrupt, simulator.Twice,
	}
	eachField(t, func(t *testing.T, multiple bool) {
		w := newWorld(t).install()
		for _, kind := range kinds {
			for skip := 0; ; skip++ {
				p := w.paper(multiple)
				method := "" // every one
				if kind == simulator.Corrupt {
					method = "crm.controller.item.getFile" // of other answers TLS takes care
				}
				fault := p.c.Inject(simulator.Fault{Kind: kind, Method: method, Skip: skip, Count: 1})
				var err error
				for range 3 {
					if _, err = p.replace(); err == nil {
						break
					}
					if k := app.KindOf(err); k != app.Unavailable && k != app.Upstream {
						t.Errorf("%s at call %d: not to be repeated: %v", kind, skip, err)
						break
					}
				}
				p.c.Heal()
				if err != nil {
					t.Errorf("%s at call %d: %v", kind, skip, err)
				}
				if got := p.holds(); !slices.Equal(got, p.done()) {
					t.Errorf("%s at call %d: the field holds %v", kind, skip, got)
				}
				if fault.Hits() == 0 {
					break // the replacement has fewer calls
				}
			}
		}
	})
}

// TestReplaceRefused: the portal says no, and nothing has changed.
func TestReplaceRefused(t *testing.T) {
	eachField(t, func(t *testing.T, multiple bool) {
		w := newWorld(t).install()
		for name, c := range map[string]struct {
			prepare func(p *paper)
			kind    app.Kind
			key     string
		}{
			"no right to change": {func(p *paper) { p.access(simulator.ReadAccess) }, app.Forbidden, "portal.no-right"},
			"no right to read":   {func(p *paper) { p.access(simulator.NoAccess) }, app.Forbidden, "portal.no-right"},
			"right lost in the window": {func(p *paper) {
				p.inWindow(1, func() { p.access(simulator.ReadAccess) })
			}, app.Forbidden, "portal.no-right"},
			"no room":  {func(p *paper) { p.fails(simulator.QuotaExceeded) }, app.Invalid, "portal.refused"},
			"too long": {func(p *paper) { p.fails(simulator.OperationLimit) }, app.Unavailable, "portal.busy"},
			"dismissed": {func(p *paper) {
				p.c.Inject(simulator.Fault{Kind: simulator.CustomError, Status: 401, Code: "authorization_error"})
			}, app.Forbidden, "visit.inactive"},
		} {
			t.Run(name, func(t *testing.T) {
				p := w.paper(multiple)
				c.prepare(p)
				_, err := p.replace()
				p.c.Heal()
				wants(t, err, c.kind, c.key)
				p.expect(t, p.untouched())
				var e *app.Error
				if as(err, &e); e.FileChanged {
					t.Error("the error says that the file has changed")
				}
			})
		}
	})
}

func (p *paper) access(a simulator.Access) {
	if err := p.c.SetDealAccess(p.deal(), p.c.mary, a); err != nil {
		p.t.Error(err)
	}
}

// fails lets every update fail.
func (p *paper) fails(kind simulator.FaultKind) {
	p.c.Inject(simulator.Fault{Method: "crm.item.update", Kind: kind})
}

// inWindow runs do between the arrival of the n-th update of this paper's deal
// and its effect.
func (p *paper) inWindow(n int, do func()) {
	var seen atomic.Int32
	p.t.Cleanup(p.c.BeforeUpdate(func(u simulator.Update) {
		if u.ID == p.deal() && u.Method == "crm.item.update" && int(seen.Add(1)) == n {
			do()
		}
	}))
}

func (p *paper) colleagueReplaces() {
	if _, err := p.c.ReplaceFile(p.deal(), p.doc.Field, p.id(), "Договор.pdf", pdf("a colleague's version")); err != nil {
		p.t.Error(err)
	}
}

func (p *paper) colleagueRemoves(id int) {
	if err := p.c.RemoveFile(p.deal(), p.doc.Field, id); err != nil {
		p.t.Error(err)
	}
}

// fileID finds a file of the field by its content.
func (p *paper) fileID(data []byte) int {
	for _, f := range p.c.DealFiles(p.deal(), p.doc.Field) {
		if bytes.Equal(f.Content, data) {
			return f.ID
		}
	}
	p.t.Error("no such file in the field")
	return 0
}

// TestReplaceConflict: a colleague was there first. Nothing is written.
func TestReplaceConflict(t *testing.T) {
	eachField(t, func(t *testing.T, multiple bool) {
		w := newWorld(t).install()
		for name, c := range map[string]struct {
			before func(p *paper)
			kind   app.Kind
			key    string
		}{
			"file replaced": {func(p *paper) { p.colleagueReplaces() }, app.Conflict, "request.conflict"},
			"file removed":  {func(p *paper) { p.colleagueRemoves(p.id()) }, app.Conflict, "request.conflict"},
			"deal deleted":  {func(p *paper) { _ = p.c.DeleteDeal(p.deal()) }, app.NotFound, "deal.gone"},
			"field unknown": {func(p *paper) { p.doc.Field = "UF_CRM_NO" }, app.NotFound, "document.gone"},
		} {
			t.Run(name, func(t *testing.T) {
				p := w.paper(multiple)
				c.before(p)
				before := p.holds()
				p.c.ForgetCalls()
				_, err := p.replace()
				wants(t, err, c.kind, c.key)
				p.expect(t, before)
				for _, call := range p.c.Calls() {
					if call.Method == "crm.item.update" {
						t.Error("it wrote")
					}
				}
			})
		}
	})
}

// TestReplaceWindow: a colleague acts between our reading and our writing.
func TestReplaceWindow(t *testing.T) {
	w := newWorld(t).install()
	for name, c := range map[string]struct {
		multiple bool
		update   int // which of our updates the colleague precedes
		act      func(p *paper)
		kind     app.Kind
		key      string
		changed  bool
		holds    []string
	}{
		"file replaced while the signed one is added": {
			true, 1, (*paper).colleagueReplaces,
			app.Conflict, "request.conflict-window", true,
			[]string{"first", "last"},
		},
		"file removed while the signed one is added": {
			true, 1, func(p *paper) { p.colleagueRemoves(p.id()) },
			app.Conflict, "request.conflict-window", true,
			[]string{"first", "last"},
		},
		"other file removed while the signed one is added": {
			true, 1, func(p *paper) { p.colleagueRemoves(p.fileID(pdf("first"))) },
			"", "", false,
			[]string{"signed", "last"},
		},
		"other file removed while the original is dropped": {
			true, 2, func(p *paper) { p.colleagueRemoves(p.fileID(pdf("last"))) },
			"", "", false,
			[]string{"first", "signed"},
		},
		"original removed while it is dropped": {
			true, 2, func(p *paper) { p.colleagueRemoves(p.id()) },
			"", "", false,
			[]string{"first", "signed", "last"},
		},
		"signed file removed while the original is dropped": {
			true, 2, func(p *paper) { p.colleagueRemoves(p.fileID(p.signed)) },
			app.Conflict, "request.conflict-window", true,
			[]string{"original", "first", "last"},
		},
		"right lost before the original is dropped": {
			true, 2, func(p *paper) { p.access(simulator.ReadAccess) },
			app.Forbidden, "request.both", true,
			[]string{"first", "signed", "original", "last"},
		},
		"deal deleted while the signed one is added": {
			true, 1, func(p *paper) { _ = p.c.DeleteDeal(p.deal()) },
			app.NotFound, "deal.gone", false,
			[]string{},
		},
		"deal deleted while the original is dropped": {
			true, 2, func(p *paper) { _ = p.c.DeleteDeal(p.deal()) },
			app.NotFound, "deal.gone", false,
			[]string{},
		},
		"single: deal deleted": {
			false, 1, func(p *paper) { _ = p.c.DeleteDeal(p.deal()) },
			app.NotFound, "deal.gone", false,
			[]string{},
		},
		"single: right lost and file removed": {
			false, 1, func(p *paper) { p.colleagueRemoves(p.id()); p.access(simulator.ReadAccess) },
			app.Conflict, "request.conflict", true,
			[]string{},
		},
		// The one thing that no answer shows: see Replace.
		"single: file replaced": {
			false, 1, (*paper).colleagueReplaces,
			"", "", false,
			[]string{"signed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.paper(c.multiple)
			p.inWindow(c.update, func() { c.act(p) })
			_, err := p.replace()
			wants(t, err, c.kind, c.key)
			p.expect(t, c.holds)
			var e *app.Error
			if as(err, &e); e != nil && e.FileChanged != c.changed {
				t.Errorf("FileChanged is %v", e.FileChanged)
			}
		})
	}
}

// After "request.both" the same replacement, with the right given back, drops
// the original.
func TestReplaceContinues(t *testing.T) {
	p := newWorld(t).install().paper(true)
	p.inWindow(2, func() { p.access(simulator.ReadAccess) })
	_, err := p.replace()
	wants(t, err, app.Forbidden, "request.both")
	p.access(simulator.UpdateAccess)
	if _, err := p.replace(); err != nil {
		t.Fatal(err)
	}
	p.expect(t, p.done())
}

// Files that a colleague adds between our calls stay.
func TestReplaceKeepsUploads(t *testing.T) {
	w := newWorld(t).install()
	for n := range 9 {
		p := w.paper(true)
		var count atomic.Int32
		w.wire.set(func(r *http.Request) (*http.Response, error) {
			// Not directly before a write: that is the window of one call.
			if int(count.Add(1))-1 == n && !strings.HasSuffix(r.URL.Path, "crm.item.update") {
				p.c.PutFile(p.deal(), p.doc.Field, "addition.pdf", pdf("an addition"))
			}
			return nil, nil
		})
		_, err := p.replace()
		w.wire.set(nil)
		got := p.holds()
		if err != nil || !slices.Equal(slices.DeleteFunc(got, func(s string) bool { return s == "foreign" }), p.done()) {
			t.Errorf("addition before call %d: %v, %v", n, got, err)
		}
	}
}

// TestReplaceDamaged lets the upload arrive with another byte in it.
func TestReplaceDamaged(t *testing.T) {
	damage := func(w *world, times int32) {
		var count atomic.Int32
		w.wire.set(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "crm.item.update") || count.Add(1) > times {
				return nil, nil
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			// "%PDF-1" in base64 begins so; "%PDF-2" has the same length.
			body = bytes.Replace(body, []byte("JVBERi0x"), []byte("JVBERi0y"), 1)
			r.Body = io.NopCloser(bytes.NewReader(body))
			return nil, nil
		})
	}
	t.Run("multiple", func(t *testing.T) {
		w := newWorld(t).install()
		p := w.paper(true)
		damage(w, 1)
		_, err := p.replace()
		wants(t, err, app.Upstream, "request.damaged")
		p.expect(t, p.untouched())
		if _, err := p.replace(); err != nil {
			t.Error(err)
		}
		p.expect(t, p.done())
	})
	t.Run("single", func(t *testing.T) {
		w := newWorld(t).install()
		p := w.paper(false)
		damage(w, 1)
		_, err := p.replace()
		wants(t, err, app.Invalid, "request.restored")
		p.expect(t, p.untouched())
		// The restored file has another id, and the very bytes that were signed.
		if _, err := p.replace(); err != nil {
			t.Error(err)
		}
		p.expect(t, p.done())
	})
	t.Run("single, restoration damaged as well", func(t *testing.T) {
		w := newWorld(t).install()
		p := w.paper(false)
		damage(w, 100)
		_, err := p.replace()
		if err == nil {
			t.Error("no error")
		}
	})
}

// TestReplaceTrap is the portal's known trap: an upload that fails is answered
// with an error, and the old file of a single field is gone all the same.
func TestReplaceTrap(t *testing.T) {
	for name, c := range map[string]struct {
		updates int // how many are refused
		kind    app.Kind
		key     string
		changed bool
		holds   []string
	}{
		"upload fails once":        {1, app.Invalid, "request.restored", false, []string{"original"}},
		"restoration fails once":   {2, app.Invalid, "request.restored", false, []string{"original"}},
		"restoration never passes": {100, app.Invalid, "request.not-restored", true, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).install()
			p := w.paper(false)
			var count atomic.Int32
			w.wire.set(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, "crm.item.update") || int(count.Add(1)) > c.updates {
					return nil, nil
				}
				if count.Load() == 1 { // the effect, without the upload
					_ = p.c.RemoveFile(p.deal(), p.doc.Field, p.id())
				}
				return answer(400, `{"error":"100","error_description":"Could not save file"}`), nil
			})
			_, err := p.replace()
			w.wire.set(nil)
			wants(t, err, c.kind, c.key)
			p.expect(t, c.holds)
			var e *app.Error
			if as(err, &e); e.FileChanged != c.changed {
				t.Errorf("FileChanged is %v", e.FileChanged)
			}
		})
	}
}

func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// A shutdown in the middle of the writing does not cut it in half.
func TestReplaceShutdown(t *testing.T) {
	eachField(t, func(t *testing.T, multiple bool) {
		p := newWorld(t).install().paper(multiple)
		ctx, cancel := context.WithCancel(t.Context())
		p.inWindow(1, cancel)
		if _, err := p.Replace(ctx, p.visit.Portal, p.visit.User, p.doc, p.in); err != nil {
			t.Fatal(err)
		}
		p.expect(t, p.done())
	})
}

// Two papers of one field, and one paper twice, at the same time.
func TestReplaceTogether(t *testing.T) {
	w := newWorld(t).install()
	p := w.paper(true)
	q := *p
	q.original = pdf("another paper of the same deal")
	q.signed = append(bytes.Clone(q.original), "its signature"...)
	q.doc.FileID = strconv.Itoa(p.c.PutFile(p.deal(), p.doc.Field, "Договор.pdf", q.original))
	q.in = app.Replacement{Signed: content(q.signed), Original: content(q.original), Name: "Договор.pdf"}
	var all sync.WaitGroup
	for _, one := range []*paper{p, &q, p, &q} {
		all.Go(func() {
			if _, err := one.replace(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	p.expect(t, []string{"first", "signed", "last", "foreign"})
	q.expect(t, []string{"first", "foreign", "last", "signed"})
}

func TestReplaceIncomplete(t *testing.T) {
	p := newWorld(t).install().paper(false)
	for name, change := range map[string]func(*paper){
		"no signed file": func(p *paper) { p.in.Signed = app.Content{} },
		"no original":    func(p *paper) { p.in.Original = app.Content{} },
		"no file id":     func(p *paper) { p.doc.FileID = "" },
		"no source":      func(p *paper) { p.doc.Source = "" },
	} {
		q := *p
		change(&q)
		_, err := q.replace()
		if app.KindOf(err) != app.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.expect(t, p.untouched())
}
