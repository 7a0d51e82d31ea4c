package portal_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"signservice/app"
	"signservice/bitrix/simulator"
)

// after runs do once, after the n-th request whose path ends so was answered.
func (w *world) after(path string, n int32, do func()) {
	var count atomic.Int32
	w.wire.set(func(r *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(r.URL.Path, path) || count.Add(1) != n {
			return nil, nil
		}
		resp, err := w.wire.under.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			return nil, err
		}
		do()
		resp.Body = io.NopCloser(strings.NewReader(string(body)))
		return resp, nil
	})
}

const update = "crm.item.update"

// TestReplaceAfterwards: a colleague acts as soon as we have written, before
// we look.
func TestReplaceAfterwards(t *testing.T) {
	w := newWorld(t).install()
	foreign := pdf("a colleague's version")
	for name, c := range map[string]struct {
		multiple bool
		n        int32
		act      func(p *paper)
		kind     app.Kind
		key      string
		holds    []string
	}{
		"single: replaced again": {
			false, 1, func(p *paper) { p.c.PutFile(p.deal(), p.doc.Field, "newer.pdf", foreign) },
			app.Conflict, "request.conflict",
			[]string{"foreign"},
		},
		"single: removed": {
			false, 1, func(p *paper) { p.colleagueRemoves(p.fileID(p.signed)) },
			app.Conflict, "request.conflict",
			[]string{},
		},
		"signed file removed before it is read back": {
			true, 1, func(p *paper) { p.colleagueRemoves(p.fileID(p.signed)) },
			app.Conflict, "request.conflict",
			[]string{"first", "original", "last"},
		},
		"original removed before it is dropped": {
			true, 1, func(p *paper) { p.colleagueRemoves(p.id()) },
			"", "",
			[]string{"first", "signed", "last"},
		},
		"everything removed but the signed file": {
			true, 1, func(p *paper) {
				for _, f := range p.c.DealFiles(p.deal(), p.doc.Field) {
					if len(f.Content) != len(p.signed) {
						p.colleagueRemoves(f.ID)
					}
				}
			},
			"", "",
			[]string{"signed"},
		},
		"signed file replaced after the original was dropped": {
			true, 2, func(p *paper) {
				if _, err := p.c.ReplaceFile(p.deal(), p.doc.Field, p.fileID(p.signed), "newer.pdf", foreign); err != nil {
					p.t.Error(err)
				}
			},
			"", "",
			[]string{"first", "foreign", "last"}, // after our time: as any later change
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.paper(c.multiple)
			w.after(update, c.n, func() { c.act(p) })
			_, err := p.replace()
			w.wire.set(nil)
			wants(t, err, c.kind, c.key)
			p.expect(t, c.holds)
		})
	}
}

// TestReplaceLate: the portal carries a write out long after the connection
// broke. Waiting a little finds it; a portal that is slower still ends in one
// signed file all the same.
func TestReplaceLate(t *testing.T) {
	eachField(t, func(t *testing.T, multiple bool) {
		w := newWorld(t).install()
		for reads := range int32(7) {
			p := w.paper(multiple)
			var held atomic.Pointer[http.Request]
			var seen atomic.Int32
			w.wire.set(func(r *http.Request) (*http.Response, error) {
				switch {
				case strings.HasSuffix(r.URL.Path, update) && held.Load() == nil:
					body, err := r.GetBody()
					if err != nil {
						return nil, err
					}
					late := r.Clone(t.Context())
					late.Body = body
					held.Store(late)
					return nil, errCut // sent, and no answer
				case strings.HasSuffix(r.URL.Path, "batch") && held.Load() != nil && seen.Add(1) == reads+1:
					resp, err := w.wire.under.RoundTrip(held.Load())
					if err != nil {
						return nil, err
					}
					_ = resp.Body.Close()
				}
				return nil, nil
			})
			_, err := p.replace()
			if err != nil {
				if k := app.KindOf(err); k != app.Unavailable && k != app.Upstream {
					t.Errorf("carried out at reading %d: not to be repeated: %v", reads, err)
				}
				_, err = p.replace()
			}
			w.wire.set(nil)
			if err != nil {
				t.Errorf("carried out at reading %d: %v", reads, err)
			}
			p.expect(t, p.done())
		}
	})
}

// Answers that name no files are looked up.
func TestReplaceShapeless(t *testing.T) {
	eachField(t, func(t *testing.T, multiple bool) {
		w := newWorld(t).install()
		for _, body := range []string{`{"result":{"item":{"id":1}}}`, `{"result":[]}`, `{"result":{"item":{}}}`} {
			p := w.paper(multiple)
			w.wire.set(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, update) {
					return nil, nil
				}
				resp, err := w.wire.under.RoundTrip(r)
				if err != nil {
					return nil, err
				}
				_ = resp.Body.Close()
				return answer(http.StatusOK, body), nil
			})
			_, err := p.replace()
			w.wire.set(nil)
			if err != nil {
				t.Errorf("answer %s: %v", body, err)
			}
			p.expect(t, p.done())
		}
	})
}

// A portal that accepts writes and does nothing is not believed.
func TestReplaceIgnored(t *testing.T) {
	eachField(t, func(t *testing.T, multiple bool) {
		w := newWorld(t).install()
		p := w.paper(multiple)
		w.wire.set(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, update) {
				return answer(http.StatusOK, `{"result":{"item":{"id":1}}}`), nil
			}
			return nil, nil
		})
		_, err := p.replace()
		w.wire.set(nil)
		wants(t, err, app.Invalid, "portal.refused")
		p.expect(t, p.untouched())
	})
	t.Run("the original stays", func(t *testing.T) {
		w := newWorld(t).install()
		p := w.paper(true)
		var count atomic.Int32
		w.wire.set(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, update) && count.Add(1) == 2 {
				return answer(http.StatusOK, `{"result":{"item":{"id":1}}}`), nil
			}
			return nil, nil
		})
		_, err := p.replace()
		wants(t, err, app.Upstream, "portal.answer")
		if _, err := p.replace(); err != nil {
			t.Error(err)
		}
		p.expect(t, p.done())
	})
}

// Two signed copies, left by a write that was carried out twice, become one.
func TestReplaceCopies(t *testing.T) {
	w := newWorld(t).install()
	p := w.paper(true)
	p.c.PutFile(p.deal(), p.doc.Field, p.in.Name, p.signed)
	p.c.PutFile(p.deal(), p.doc.Field, p.in.Name, p.signed)
	if _, err := p.replace(); err != nil {
		t.Fatal(err)
	}
	p.expect(t, []string{"first", "last", "signed"})
}

// A file of the same size as the signed one is not mistaken for it.
func TestReplaceSameSize(t *testing.T) {
	w := newWorld(t).install()
	p := w.paper(true)
	twin := append([]byte("%PDF-2.0"), p.signed[8:]...)
	p.c.PutFile(p.deal(), p.doc.Field, p.in.Name, twin)
	if _, err := p.replace(); err != nil {
		t.Fatal(err)
	}
	p.expect(t, []string{"first", "signed", "last", "foreign"})
}

// The same bytes put back under another id by a colleague are the same paper.
func TestReplaceReattached(t *testing.T) {
	eachField(t, func(t *testing.T, multiple bool) {
		w := newWorld(t).install()
		p := w.paper(multiple)
		if _, err := p.c.ReplaceFile(p.deal(), p.doc.Field, p.id(), "Договор.pdf", p.original); err != nil {
			t.Fatal(err)
		}
		if _, err := p.replace(); err != nil {
			t.Fatal(err)
		}
		p.expect(t, p.done())
	})
}

// With two such copies nobody can tell which one was meant.
func TestReplaceAmbiguous(t *testing.T) {
	w := newWorld(t).install()
	p := w.paper(true)
	p.colleagueRemoves(p.id())
	p.c.PutFile(p.deal(), p.doc.Field, "a.pdf", p.original)
	p.c.PutFile(p.deal(), p.doc.Field, "b.pdf", p.original)
	_, err := p.replace()
	wants(t, err, app.Conflict, "request.conflict")
	p.expect(t, []string{"first", "last", "original", "original"})
}

// A file that cannot be read back is not taken for right, nor for wrong.
func TestReplaceUnreadable(t *testing.T) {
	eachField(t, func(t *testing.T, multiple bool) {
		w := newWorld(t).install()
		for _, kind := range []simulator.FaultKind{simulator.ExpiredToken, simulator.Reset, simulator.Maintenance, simulator.Truncated} {
			p := w.paper(multiple)
			p.c.Inject(simulator.Fault{Method: "crm.controller.item.getFile", Kind: kind})
			_, err := p.replace()
			if k := app.KindOf(err); k != app.Unavailable && k != app.Upstream {
				t.Errorf("%s: not to be repeated: %v", kind, err)
			}
			p.c.Heal()
			if _, err := p.replace(); err != nil {
				t.Errorf("%s, then: %v", kind, err)
			}
			p.expect(t, p.done())
		}
	})
}
