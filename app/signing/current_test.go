package signing_test

import (
	"testing"
	"time"

	"signservice/app"
	"signservice/app/signing"
	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// TestReadForLong: who has read a contract for hours signs it with one code, from
// the same form: the bytes are fetched anew, and are the same.
func TestReadForLong(t *testing.T) {
	for name, wait := range map[string]func(w *world){
		"too long": func(w *world) { w.clock.forward(app.FrozenLife) },
		"cleared away": func(w *world) {
			w.clock.forward(3 * time.Hour)
			w.sweep()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			v := w.enter(w.mary)
			r := w.freeze(v)
			wait(w)
			if _, err := w.Sheet(t.Context(), v, r.ID, signing.PageLook{Page: 2}); err != nil {
				t.Errorf("the next page: %v", err)
			}
			in := w.input(w.mary, r.ID)
			in.Places = map[app.RequestID]app.Placement{r.ID: {Page: app.FirstPage, Position: app.TopLeft}}
			o, err := w.Sign(t.Context(), v, in)
			w.must(err)
			done := w.run(o.Requests[0])
			if done.State != app.Done || done.Original.SHA256 != r.Original.SHA256 {
				t.Errorf("%s: %+v", done.State, done.Failure)
			}
			if done.Signet.Placement.Position != app.TopLeft {
				t.Errorf("the signet is at %v", done.Signet.Placement)
			}
			w.signedOnce()
		})
	}
}

// sweep clears away what is due, as the service does.
func (w *world) sweep() {
	w.t.Helper()
	due, err := w.store.Stale(w.t.Context(), w.clock.Now())
	w.must(err)
	for _, r := range due.Removable {
		for _, name := range []string{"/original", "/signed"} {
			w.must(w.spool.Delete(w.t.Context(), string(r.ID)+name))
		}
		w.must(w.store.Cleared(w.t.Context(), r.Portal, r.ID))
	}
}

// TestChangedWhileRead: a file on Drive keeps its id when it gets another version.
// What was not read is not signed, and no code is used up.
func TestChangedWhileRead(t *testing.T) {
	w := newWorld(t)
	w.portal.AddComment(w.deal, simulator.Comment{Author: w.mary, Text: "see", Files: []simulator.File{{Name: "Anlage.pdf", Content: w.original}}})
	v := w.enter(w.mary)
	list, err := w.portals.Documents(t.Context(), v)
	w.must(err)
	var ref signing.DocumentRef
	for _, d := range list {
		if d.Source == app.SourceComment {
			ref = signing.DocumentRef{Source: d.Source, Field: d.Field, FileID: d.FileID}
		}
	}
	r, err := w.Freeze(t.Context(), v, ref)
	w.must(err)
	w.clock.forward(time.Hour)
	entries := w.portal.Timeline(w.deal)
	object := entries[len(entries)-1].Files[0].ID
	w.must(w.portal.UpdateDriveFile(object, w.paul, signertest.PDF{Pages: 3}.Bytes()))
	before := w.lastStep(w.mary)
	_, err = w.Sign(t.Context(), v, w.input(w.mary, r.ID))
	wants(t, err, app.Conflict, "request.changed")
	if w.lastStep(w.mary) != before {
		t.Error("a code was used up")
	}
}
