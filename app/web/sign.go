package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"signservice/app"
	"signservice/app/signing"
	"signservice/views"
)

// screen is what the Sign tab shows next.
type screen struct {
	// Screen is its name, such as "form" or "done".
	Screen string `json:"screen"`
	HTML   string `json:"html"`
	// Request is the Request that the screen is about.
	Request app.RequestID `json:"request,omitempty"`
	// Open is the document to be opened at once; the screen says so meanwhile.
	Open *documentRef `json:"open,omitempty"`
	// Notice is a word about what was just done.
	Notice string `json:"notice,omitempty"`
	// Changed tells that the deal's card should be read anew.
	Changed bool `json:"changed,omitempty"`
}

// documentRef names a document of the deal, as scripts send it.
type documentRef struct {
	Source app.Source `json:"source"`
	Field  string     `json:"field"`
	FileID string     `json:"fileId"`
	// Name is what the page calls it, for the case that it is gone.
	Name string `json:"name,omitempty"`
}

func refOf(d app.Document) documentRef {
	return documentRef{Source: d.Source, Field: d.Field, FileID: d.FileID}
}

// show answers with a screen.
func (c *call) show(s screen, parts ...templ.Component) error {
	text, err := html(c.Request().Context(), parts...)
	if err != nil {
		return err
	}
	s.HTML = text
	if s.Notice == "" {
		s.Notice = c.notice
	}
	if c.streams {
		return c.send(s)
	}
	return c.JSON(http.StatusOK, s)
}

// signStart decides what the tab shows when it opens: what is in the way of
// signing, a signature on its way, the only document, or the list.
// ?list asks for the list in any case.
func (s *Server) signStart(c *call) error {
	ctx := c.Request().Context()
	choices, err := s.config.Signing.Choices(ctx, c.visit)
	if notice, name := c.hindrance(choices, err); notice != nil {
		if err := s.wayOut(c, notice, name); err != nil {
			return err
		}
		return s.hindered(c, *notice, name)
	}
	if err != nil {
		return app.Wrap("find choices", err)
	}
	recent, err := s.config.Signing.Recent(ctx, c.visit)
	if err != nil {
		return app.Wrap("find requests", err)
	}
	list := c.QueryParam("list") != ""
	if r, ok := underWay(recent); ok && !list {
		return s.underWay(c, r)
	}
	if i, ok := s.asked(c); ok && !list {
		return c.opening(i.Document)
	}
	documents, err := s.documents(c)
	if err != nil {
		return err
	}
	if d, ok := made(documents); ok && !list && c.visit.Slot.OfGenerator() {
		return c.opening(d)
	}
	if d, ok := only(documents, c.QueryParam("in")); ok {
		return c.opening(d)
	}
	switch {
	case len(documents) == 0:
		return c.noDocuments(recent)
	case len(documents) == 1 && !list && opens(documents[0]) && !known(recent, documents[0]):
		if r, ok := c.untold(recent); ok {
			return c.progress(r)
		}
		return c.opening(documents[0])
	}
	return s.showList(c, screen{Screen: "documents"}, documents, recent)
}

// opening has a document opened at once, and says so meanwhile.
func (c *call) opening(d app.Document) error {
	ref := refOf(d)
	return c.show(screen{Screen: "opening", Open: &ref}, views.Skeleton(d.Name, c.T("sign.opening", d.Name)))
}

// only gives the one document of a file field that can be opened, if there is
// just one; ?in=FIELD of the tab's first call asks for it.
func only(documents []app.Document, field string) (app.Document, bool) {
	var found []app.Document
	for _, d := range documents {
		if field != "" && d.Source == app.SourceField && d.Field == field && opens(d) {
			found = append(found, d)
		}
	}
	if len(found) != 1 {
		return app.Document{}, false
	}
	return found[0], true
}

// outcomeLife is how long a failure is shown first to who comes back: the tab
// promised to show the result here. What is signed and not delivered never ends
// to be shown, since a new code for it would be asked in vain.
const outcomeLife = time.Hour

// untold is the visitor's latest order, where it failed and is to be shown before
// anything is begun anew.
func (c *call) untold(recent []app.Request) (app.Request, bool) {
	for _, r := range recent {
		switch {
		case r.State == app.Frozen || r.State == app.Expired || r.State == app.Cancelled:
			continue
		case r.State == app.Failed && r.Failure != nil && r.Failure.Retryable:
			return r, true
		case r.State == app.Failed || r.State == app.Conflicted:
			return r, c.now.Before(r.UpdatedAt.Add(outcomeLife))
		}
		break
	}
	return app.Request{}, false
}

// hindrance is what keeps the visitor from signing anything; nil where nothing
// does.
func (c *call) hindrance(choices signing.Choices, err error) (*views.Notice, string) {
	var failure *app.Error
	key, icon := "", "person"
	switch {
	case errors.As(err, &failure) && (failure.Key == "account.none" || failure.Key == "account.blocked"):
		key = strings.Replace(failure.Key, "account.", "", 1)
	case err != nil:
		return nil, ""
	case !choices.HasPhone && !choices.Account.CodeOff:
		key, icon = "no-phone", "phone"
	case len(choices.Certificates) == 0:
		key, icon = "no-certificate", "key"
	default:
		return nil, ""
	}
	name := map[string]string{"none": "no-account", "blocked": "blocked"}[key]
	if name == "" {
		name = key
	}
	return &views.Notice{
		T: c.T, Icon: icon, Title: c.T("hindrance." + name), Text: c.T("hindrance." + name + "-text"),
		Actions: []views.Action{{Words: c.T("hindrance.again"), Icon: "retry", Get: "/api/sign"}},
	}, name
}

// documents lists the deal's PDFs; the few that the portal has to be asked about
// are asked about first.
func (s *Server) documents(c *call) ([]app.Document, error) {
	ctx := c.Request().Context()
	list, err := s.config.Signing.Documents(ctx, c.visit)
	if err != nil {
		return nil, app.Wrap("list documents", err)
	}
	if n := pending(list); n == 0 || n > soon {
		return list, nil
	}
	return s.complete(ctx, c, list)
}

// hindered shows what is in the way, and below it the documents with who has
// signed them: whoever may see the deal may know that.
func (s *Server) hindered(c *call, notice views.Notice, name string) error {
	documents, err := s.documents(c)
	if err != nil || len(documents) == 0 {
		return c.show(screen{Screen: name}, views.NoticeCard(notice))
	}
	list := views.Documents{T: c.T}
	for _, d := range documents {
		row, _ := c.documentRow(d, nil)
		row.Open, row.Tick = nil, ""
		list.List = append(list.List, row)
	}
	invited, err := s.invitationList(c)
	if err != nil {
		return err
	}
	return c.show(screen{Screen: name}, views.NoticeCard(notice), invited, views.DocumentRows(list))
}

// unsigned leads on to the first document of the deal that nobody has signed, as
// far as that is known without reading the files.
func (s *Server) unsigned(c *call) error {
	ctx := c.Request().Context()
	recent, err := s.config.Signing.Recent(ctx, c.visit)
	if err != nil {
		return app.Wrap("find requests", err)
	}
	documents, err := s.documents(c)
	if err != nil {
		return err
	}
	var first *app.Document
	count := 0
	for _, d := range s.newestUnsigned(c, documents, recent) {
		if _, mine := latest(recent, d); mine || s.signedAlready(c, d, recent) || s.unusable(c, d) || d.Pending {
			continue
		}
		if count++; first == nil {
			first = &d
		}
	}
	if first == nil {
		return c.section("")
	}
	return c.section("", views.Button(views.Action{
		Words: c.T("done.next", count), Icon: "signature", Post: "/api/sign/documents", Body: bodyOf(refOf(*first)),
	}, "button button-tinted"))
}

// noDocuments says where to attach a PDF and has the tab look again by itself.
func (c *call) noDocuments(recent []app.Request) error {
	notice := views.Notice{
		T: c.T, Icon: "folder", Title: c.T("documents.none"), Text: c.T("documents.none-text"), Watch: true,
	}
	return c.show(screen{Screen: "no-documents"}, views.DocumentList(views.Documents{
		T: c.T, Notice: &notice, Recent: c.recent(recent),
	}))
}

// underWay shows a Request that is being carried out, with those of the same
// Order.
func (s *Server) underWay(c *call, r app.Request) error {
	batch, err := s.config.Signing.Batch(c.Request().Context(), c.visit, r.Order)
	if err != nil || len(batch) < 2 {
		return c.progress(r)
	}
	sc, component := c.batchScreen(r.Order, batch)
	return c.show(sc, component)
}

// underWay gives the latest Request that is being carried out.
func underWay(list []app.Request) (app.Request, bool) {
	for _, r := range list {
		if working(r.State) {
			return r, true
		}
	}
	return app.Request{}, false
}

// working tells whether a Request in this state is being carried out.
func working(state app.State) bool {
	switch state {
	case app.Authorized, app.Prepared, app.Signed, app.Delivered:
		return true
	}
	return false
}

// known tells whether the visitor has signed this very file.
func known(recent []app.Request, d app.Document) bool {
	for _, r := range recent {
		if r.DeliveredID == d.FileID && r.DeliveredID != "" {
			return true
		}
	}
	return false
}

// freeze opens a document: its bytes are kept as they are now, and looked at
// whether they can be signed, before any code is asked.
func (s *Server) freeze(c *call) error {
	var in documentRef
	if err := c.read(&in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	r, err := s.config.Signing.Freeze(ctx, c.visit, signing.DocumentRef{Source: in.Source, Field: in.Field, FileID: in.FileID})
	if kind := app.KindOf(err); kind == app.Unsupported || kind == app.TooLarge {
		return c.unsignable(err)
	}
	if err != nil {
		return app.Wrap("freeze document", err)
	}
	return s.form(c, nil, r)
}

// unsignable says why a document cannot be signed, and what to do.
func (c *call) unsignable(err error) error {
	failure := asFailure(err)
	return c.show(screen{Screen: "unsignable"}, views.NoticeCard(views.Notice{
		T: c.T, Icon: "document", Tone: "warn", Title: c.T("unsignable.title"),
		Text:    message(failure.MessageKey(), failure.Kind, failure.Args, c.words),
		Facts:   fates(fateFile, failure.MessageKey(), failure.FileChanged, false, c.words),
		Actions: []views.Action{c.toDocuments()},
	}))
}

// toDocuments leads back to the list.
func (c *call) toDocuments() views.Action {
	return views.Action{Words: c.T("sign.all-documents"), Icon: "back", Get: "/api/sign?list=1"}
}

// form shows the form for frozen Requests, at least one; left are those that
// were chosen with them but cannot be signed.
func (s *Server) form(c *call, left []views.Left, list ...app.Request) error {
	choices, err := s.config.Signing.Choices(c.Request().Context(), c.visit)
	if notice, name := c.hindrance(choices, err); notice != nil {
		return c.show(screen{Screen: name}, views.NoticeCard(*notice))
	}
	if err != nil {
		return app.Wrap("find choices", err)
	}
	f := s.formOf(c, list, choices)
	f.Left = left
	return c.show(screen{Screen: "form", Request: list[0].ID}, s.banner(c, list), views.SignForm(f))
}

// orderForm is the form as the script sends it.
type orderForm struct {
	signetForm
	Requests []app.RequestID `json:"requests"`
	// Places are those of single documents, where they differ.
	Places  map[app.RequestID]placeForm `json:"places"`
	Code    string                      `json:"code"`
	Confirm bool                        `json:"confirm"`
}

// input turns the form into the order.
func (f orderForm) input(c *call) signing.OrderInput {
	in := signing.OrderInput{
		Requests: f.Requests, Certificate: f.Certificate, Code: f.Code, Confirm: f.Confirm, Address: c.RealIP(),
		Signet: f.signet(c.words.Language()),
	}
	for id, p := range f.Places {
		if in.Places == nil {
			in.Places = map[app.RequestID]app.Placement{}
		}
		in.Places[id] = p.placement()
	}
	return in
}

// order takes the order to sign and shows how it is carried out.
func (s *Server) order(c *call) error {
	var in orderForm
	if err := c.read(&in); err != nil {
		return err
	}
	for _, id := range in.Requests {
		if !isID(string(id)) {
			return app.Fail(app.NotFound, "order", "request.unknown")
		}
	}
	ctx := c.Request().Context()
	o, err := s.config.Signing.Sign(ctx, c.visit, in.input(c))
	if err != nil {
		return app.Wrap("order", err)
	}
	if len(o.Requests) > 1 {
		list, err := s.config.Signing.Batch(ctx, c.visit, o.ID)
		if err != nil {
			return app.Wrap("find order", err)
		}
		sc, component := c.batchScreen(o.ID, list)
		return c.show(sc, component)
	}
	r, err := s.config.Signing.Request(ctx, c.visit, o.Requests[0])
	if err != nil {
		return app.Wrap("find request", err)
	}
	return c.progress(r)
}
