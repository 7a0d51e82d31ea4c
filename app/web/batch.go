package web

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"

	"signservice/app"
	"signservice/app/signing"
	"signservice/views"
)

// orderPath is the address of an Order's calls.
func orderPath(id app.OrderID) string { return "/api/sign/orders/" + string(id) }

// orderID is the id in the address; what cannot be one does not exist.
func (c *call) orderID() (app.OrderID, error) {
	id := c.Param("id")
	if !isID(id) {
		return "", app.Fail(app.NotFound, "find order", "request.unknown")
	}
	return app.OrderID(id), nil
}

// selection is what was ticked in the list.
type selection struct {
	Documents []documentRef `json:"documents"`
}

// maxSelection is how many documents can be chosen at once.
const maxSelection = 50

// freezeAll opens several documents for one order. Those that cannot be signed
// are named with the reason; where none can be, the list says why of each. A
// caller that takes events is told how many are read, then the screen.
func (s *Server) freezeAll(c *call) error {
	var in selection
	if err := c.read(&in); err != nil {
		return err
	}
	if len(in.Documents) == 0 || len(in.Documents) > maxSelection {
		return app.Fail(app.Invalid, "freeze documents", "order.documents", maxSelection)
	}
	ctx, cancel := s.life(c)
	defer cancel()
	if !strings.Contains(c.Request().Header.Get("Accept"), eventStream) {
		list, err := s.frozen(ctx, c, in.Documents, func(int) error { return nil })
		if err != nil {
			return err
		}
		return s.chosen(c, in.Documents, list)
	}
	if err := s.open(c); err != nil {
		return err
	}
	c.streams = true
	list, err := s.frozen(ctx, c, in.Documents, func(n int) error { return c.send(map[string]int{"read": n}) })
	if err == nil {
		err = s.chosen(c, in.Documents, list)
	}
	if err != nil {
		return s.endWith(c, err)
	}
	return nil
}

// frozen freezes the documents and gives what became of each, in their order. told
// is called with how many are known: at once, after each, and when nothing has
// happened for a while.
func (s *Server) frozen(ctx context.Context, c *call, documents []documentRef, told func(int) error) ([]signing.Frozen, error) {
	var refs []signing.DocumentRef
	for _, d := range documents {
		refs = append(refs, signing.DocumentRef{Source: d.Source, Field: d.Field, FileID: d.FileID})
	}
	ctx, cancel := context.WithCancel(ctx)
	known := make(chan signing.Frozen)
	go func() {
		defer close(known)
		for f := range s.config.Signing.FreezeAll(ctx, c.visit, refs) {
			known <- f
		}
	}()
	defer func() {
		cancel()
		for range known { // until the last one has stopped
		}
	}()
	alive := time.NewTicker(beat)
	defer alive.Stop()
	list := make([]signing.Frozen, len(refs))
	for n := 0; n < len(refs); {
		if err := told(n); err != nil {
			return nil, app.Wrap("tell of documents", err)
		}
		select {
		case f, ok := <-known:
			if !ok {
				return nil, app.Fail(app.Unavailable, "freeze documents", "").Because(context.Cause(ctx))
			}
			list[f.Index] = f
			n++
		case <-alive.C:
		}
	}
	return list, nil
}

// chosen shows the form for what can be signed of the documents.
func (s *Server) chosen(c *call, documents []documentRef, list []signing.Frozen) error {
	var frozen []app.Request
	var left []views.Left
	for i, f := range list {
		switch app.KindOf(f.Err) {
		case app.Unsupported, app.TooLarge, app.NotFound:
			failure := asFailure(f.Err)
			left = append(left, views.Left{Name: documents[i].Name, Why: message(failure.MessageKey(), failure.Kind, failure.Args, c.words)})
			continue
		}
		if f.Err != nil {
			return app.Wrap("freeze document", f.Err)
		}
		frozen = append(frozen, f.Request)
	}
	if len(frozen) == 0 {
		return c.noneSignable(left)
	}
	return s.form(c, left, frozen...)
}

// noneSignable says of each chosen document why it cannot be signed.
func (c *call) noneSignable(left []views.Left) error {
	n := views.Notice{
		T: c.T, Icon: "document", Tone: "warn", Title: c.T("unsignable.none"), Actions: []views.Action{c.toDocuments()},
	}
	for _, l := range left {
		n.Facts = append(n.Facts, l.Name+": "+l.Why)
	}
	n.Facts = append(n.Facts, c.T("fate.file-unchanged"))
	return c.show(screen{Screen: "unsignable"}, views.NoticeCard(n))
}

// batch shows the documents of an Order as they are now.
func (s *Server) batch(c *call) error {
	id, err := c.orderID()
	if err != nil {
		return err
	}
	list, err := s.config.Signing.Batch(c.Request().Context(), c.visit, id)
	if err != nil {
		return app.Wrap("find order", err)
	}
	sc, component := c.batchScreen(id, list)
	return c.show(sc, component)
}

// batchEvents follows an Order as a stream of screens.
func (s *Server) batchEvents(c *call) error {
	id, err := c.orderID()
	if err != nil {
		return err
	}
	list, err := s.config.Signing.Batch(c.Request().Context(), c.visit, id)
	if err != nil {
		return app.Wrap("find order", err)
	}
	draw := func() (screen, templ.Component) { return c.batchScreen(id, list) }
	return s.follow(c, true, signing.Settled(list), draw, func(ctx context.Context) (changed, ended bool, err error) {
		now, err := s.config.Signing.NextOf(ctx, c.visit, id, list, beat)
		if err != nil {
			return false, true, err
		}
		for i := range now {
			changed = changed || now[i].State != list[i].State || now[i].Attempts != list[i].Attempts
		}
		list = now
		return changed, signing.Settled(list), nil
	})
}

// batchScreen is the screen of an Order of several documents.
func (c *call) batchScreen(id app.OrderID, list []app.Request) (screen, templ.Component) {
	b := views.Batch{T: c.T, Title: c.T("batch.running", len(list)), Running: !signing.Settled(list), Path: orderPath(id)}
	sc, done := screen{Screen: "running"}, 0
	for _, r := range list {
		if r.State == app.Done {
			done++
		}
		b.Rows = append(b.Rows, c.batchRow(r))
	}
	if b.Running {
		b.Actions = []views.Action{c.toDocuments()}
		return sc, views.BatchProgress(b)
	}
	sc.Screen, sc.Changed = "done", done > 0
	b.Good, b.Title = done == len(list), c.T("batch.done", done, len(list))
	b.Text = c.T("batch.kept")
	if !b.Good {
		sc.Screen, b.Text = "failed", c.T("batch.some")
	}
	b.Actions, b.Next = []views.Action{c.toDocuments()}, "/api/sign/unsigned"
	return sc, views.BatchProgress(b)
}

// batchRow is a document of an Order, with its step or its end.
func (c *call) batchRow(r app.Request) views.BatchRow {
	row := views.BatchRow{Name: r.Document.Name, State: "now"}
	see := views.Action{Words: c.T("documents.see"), Get: requestPath(r.ID)}
	switch {
	case working(r.State):
		row.Words = c.T("running." + string(r.State))
		row.Note = c.again(r)
	case r.State == app.Done:
		row.State, row.Words = "done", c.T("batch.signed", c.words.When(r.SignedAt, c.now))
		see.Words = c.T("documents.result")
		row.Actions = []views.Action{see}
	default:
		row.State, row.Words, row.Note = "failed", c.T("document.failed"), c.why(r)
		if r.Failure != nil && r.Failure.Retryable {
			row.Words = c.T("document.undelivered")
		}
		row.Actions = []views.Action{see}
	}
	return row
}
