package web

import (
	"net/url"
	"regexp"
	"time"

	"github.com/a-h/templ"

	"signservice/app"
	"signservice/views"
)

// identifier is a Request's or an Order's id.
var identifier = regexp.MustCompile(`^[0-9a-f]{32}$`)

func isID(s string) bool { return identifier.MatchString(s) }

// requestID is the id in the address; what cannot be one does not exist.
func (c *call) requestID() (app.RequestID, error) {
	id := c.Param("id")
	if !isID(id) {
		return "", app.Fail(app.NotFound, "find request", "request.unknown")
	}
	return app.RequestID(id), nil
}

// found gives the visitor's Request in the address.
func (s *Server) found(c *call) (app.Request, error) {
	id, err := c.requestID()
	if err != nil {
		return app.Request{}, err
	}
	r, err := s.config.Signing.Request(c.Request().Context(), c.visit, id)
	return r, app.Wrap("find request", err)
}

// request shows a Request as it is now.
func (s *Server) request(c *call) error {
	r, err := s.found(c)
	if err != nil {
		return err
	}
	if r.State == app.Frozen {
		return s.form(c, nil, r)
	}
	return c.progress(r)
}

// retry delivers again what is signed but could not be delivered.
func (s *Server) retry(c *call) error {
	id, err := c.requestID()
	if err != nil {
		return err
	}
	r, err := s.config.Signing.Retry(c.Request().Context(), c.visit, id)
	if err != nil {
		return app.Wrap("retry", err)
	}
	return c.progress(r)
}

// cancel gives up a Request that waits for its order.
func (s *Server) cancel(c *call) error {
	id, err := c.requestID()
	if err != nil {
		return err
	}
	if err := s.config.Signing.Cancel(c.Request().Context(), c.visit, id); err != nil {
		return app.Wrap("cancel", err)
	}
	return s.signStart(c)
}

// progress shows how far a Request has come, or how it ended.
func (c *call) progress(r app.Request) error {
	sc, component := c.progressScreen(r)
	return c.show(sc, component)
}

// progressScreen is the screen of a Request that has an order.
func (c *call) progressScreen(r app.Request) (screen, templ.Component) {
	sc := screen{Screen: "running", Request: r.ID}
	switch {
	case working(r.State):
		return sc, views.Running(c.running(r))
	case r.State == app.Done:
		sc.Screen, sc.Changed = "done", true
		return sc, views.Outcome(c.signedHeading(r), c.done(r))
	case r.State == app.Conflicted:
		sc.Screen, sc.Changed = "conflict", true
		return sc, views.Outcome(c.heading(r), c.conflict(r))
	case r.State == app.Failed && r.Failure != nil && r.Failure.Retryable:
		sc.Screen = "undelivered"
		return sc, views.Outcome(c.heading(r), c.undelivered(r))
	}
	sc.Screen = "failed"
	return sc, views.Outcome(c.heading(r), c.failed(r))
}

// signedHeading is the document of a Request that is done, to be checked, and what
// leads on from it.
func (c *call) signedHeading(r app.Request) views.Document {
	d := c.heading(r)
	d.Next, d.Check = "/api/sign/unsigned", requestPath(r.ID)+"/check"
	if c.pictured {
		d.Picture, d.PictureWords = requestPath(r.ID)+"/signed-picture", c.T("picture.signed", r.Document.Name)
	}
	return d
}

// running names the steps of a Request on its way.
func (c *call) running(r app.Request) views.Progress {
	p := views.Progress{T: c.T, Document: c.heading(r), Path: requestPath(r.ID), Title: c.T("running.title")}
	order := []app.State{app.Authorized, app.Prepared, app.Signed, app.Delivered}
	p.Steps = []views.Step{{Words: c.T("running.code"), State: "done", StateWords: c.T("step.done")}}
	passed := true
	for _, state := range order {
		step := views.Step{Words: c.T("running." + string(state)), State: "todo", StateWords: c.T("step.todo")}
		switch {
		case state == r.State:
			passed = false
			step.State, step.StateWords = "now", c.T("step.now")
			step.Note = c.again(r)
		case passed:
			step.State, step.StateWords = "done", c.T("step.done")
		}
		p.Steps = append(p.Steps, step)
	}
	// Half an hour of attempts must not keep a person from the next document, nor
	// from the file that is signed already.
	back := c.toDocuments()
	back.Plain = true
	p.Actions = []views.Action{back}
	if r.State == app.Signed && r.Attempts > 0 {
		p.Actions = append(p.Actions, c.signedFile("undelivered.download", r))
	}
	return p
}

// again says that the present step did not work yet, why, and when it is begun
// anew; "" where nothing failed.
func (c *call) again(r app.Request) string {
	if r.Attempts == 0 || r.RetryAt.IsZero() {
		return ""
	}
	note := c.T("running.again", r.Attempts, c.words.Clock(r.RetryAt))
	if r.Delay != nil {
		note += " " + c.reason(r.Delay)
	}
	return note
}

// signedFile downloads the signed file of a Request.
func (c *call) signedFile(words string, r app.Request) views.Action {
	return views.Action{Words: c.T(words), Icon: "download", Download: requestPath(r.ID) + "/signed"}
}

// done is calm success: who signed when, and both versions.
func (c *call) done(r app.Request) views.Notice {
	n := views.Notice{
		T: c.T, Icon: "check", Tone: "good", Title: c.T("done.title"),
		Text:  c.T("done.text", r.UserName, c.words.Time(r.SignedAt)),
		Facts: []string{c.delivered(r)},
		Actions: []views.Action{
			{Words: c.T("done.open"), Icon: "document", Open: requestPath(r.ID) + "/signed"},
			c.signedFile("done.download", r),
			{Words: c.T("done.previous"), Icon: "clock", Download: requestPath(r.ID) + "/original"},
			{Words: c.T("sign.all-documents"), Icon: "back", Get: "/api/sign?list=1", Plain: true},
		},
	}
	if r.OwnerName != "" && r.OwnerName != r.UserName {
		n.Text = c.T("done.text-for", r.UserName, r.OwnerName, c.words.Time(r.SignedAt))
	}
	if r.Failure != nil { // signed and delivered, but the timeline could not be told
		n.Facts = append(n.Facts, c.why(r))
	}
	n.Facts = append(n.Facts, c.T("done.kept", r.KeepFor()))
	return n
}

// why is the reason of a Request's failure in the person's words.
func (c *call) why(r app.Request) string {
	if r.Failure == nil {
		return c.T("request.ended-" + string(r.State))
	}
	return c.reason(r.Failure)
}

// reason is why something failed, in the person's words.
func (c *call) reason(f *app.Failure) string { return message(f.Key, f.Kind, f.Args, c.words) }

// failed says why, and that the file is as it was.
func (c *call) failed(r app.Request) views.Notice {
	n := views.Notice{
		T: c.T, Icon: "alert", Tone: "bad", Title: c.T("failed.title"), Text: c.why(r),
		Actions: []views.Action{
			{Words: c.T("failed.again"), Icon: "retry", Post: "/api/sign/documents", Body: bodyOf(refOf(r.Document))},
			c.toDocuments(),
		},
	}
	if r.State == app.Expired || r.State == app.Cancelled {
		n.Icon, n.Tone, n.Title = "clock", "warn", c.T("failed.ended")
		n.Facts = []string{c.T("fate.file-unchanged")}
		return n
	}
	changed := r.Failure != nil && r.Failure.FileChanged
	byCode := r.Order != "" && r.Method != app.ByPortal
	n.Facts = fates(fateCode, "", changed, byCode, c.words)
	if !byCode && r.Order != "" {
		n.Facts = n.Facts[:1] // there was no code
	}
	if until, ok := c.retryable(r); ok {
		again := views.Action{Words: c.T("failed.again-now"), Icon: "retry", Post: requestPath(r.ID) + "/retry"}
		if byCode {
			n.Facts[len(n.Facts)-1] = c.T("fate.code-counts", c.words.Clock(until))
			again.Words = c.T("failed.again-same", c.words.Clock(until))
		}
		n.Actions = append([]views.Action{again}, n.Actions...)
	}
	if r.Failure != nil && r.Failure.Kind == app.Internal {
		n.Number = c.T("fate.number", string(r.ID))
	}
	return n
}

// retryable tells until when a failed Request can be begun anew as it was ordered.
func (c *call) retryable(r app.Request) (until time.Time, ok bool) {
	if r.Failure == nil || !c.now.Before(r.Failure.RetryUntil) {
		return time.Time{}, false
	}
	return r.Failure.RetryUntil, true
}

// undelivered says that the signature exists and only the portal lacks it.
// Where the deal is not as it was, the original can be fetched as well.
func (c *call) undelivered(r app.Request) views.Notice {
	n := views.Notice{
		T: c.T, Icon: "alert", Tone: "warn", Title: c.T("undelivered.title"), Text: c.why(r),
		Facts: append([]string{c.T("undelivered.kept")}, fates(fateFile, "", r.Failure.FileChanged, false, c.words)...),
		Actions: []views.Action{
			{Words: c.T("undelivered.retry"), Icon: "retry", Post: requestPath(r.ID) + "/retry"},
			c.signedFile("undelivered.download", r),
		},
	}
	if r.Failure.FileChanged {
		n.Title = c.T("undelivered.title-changed")
		n.Actions = append(n.Actions, views.Action{
			Words: c.T("done.previous"), Icon: "clock", Download: requestPath(r.ID) + "/original",
		})
	}
	n.Actions = append(n.Actions, c.toDocuments())
	return n
}

// conflict says that somebody was faster and nothing was replaced.
func (c *call) conflict(r app.Request) views.Notice {
	n := views.Notice{
		T: c.T, Icon: "alert", Tone: "warn", Title: c.T("conflict.title", c.words.When(r.UpdatedAt, c.now)), Text: c.why(r),
		Facts: []string{c.T("conflict.nothing-replaced"), c.T("fate.code-used")},
		Actions: []views.Action{
			{Words: c.T("conflict.show-new"), Icon: "document", Get: "/api/sign?" + url.Values{"in": {r.Document.Field}}.Encode()},
		},
	}
	if r.Document.Source != app.SourceField {
		n.Actions[0].Get = "/api/sign?list=1"
	}
	if r.ResultSHA256 != "" {
		n.Actions = append(n.Actions, c.signedFile("conflict.download", r))
	}
	n.Actions = append(n.Actions, c.toDocuments())
	return n
}
