package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/app/signing"
	"signservice/views"
)

// Invitations has colleagues asked to sign; *signing.Invitations is it.
type Invitations interface {
	Invite(ctx context.Context, v app.Visit, in signing.InviteInput) (app.Invitation, error)
	InviteByRobot(ctx context.Context, call app.RobotCall) error
	// At lists those at the visit's element that concern the visitor.
	At(ctx context.Context, v app.Visit) ([]app.Invitation, error)
	Find(ctx context.Context, v app.Visit, id app.InvitationID) (app.Invitation, error)
	Decline(ctx context.Context, v app.Visit, id app.InvitationID, reason string) (app.Invitation, error)
	Withdraw(ctx context.Context, v app.Visit, id app.InvitationID) (app.Invitation, error)
	// People searches for colleagues, with the visitor's own rights.
	People(ctx context.Context, v app.Visit, query string) ([]app.User, error)
}

// invitationRoutes are the calls of the Sign tab about Invitations.
func (s *Server) invitationRoutes() []route {
	const one = "/api/sign/invitations/:id"
	return []route{
		{method: "POST", path: "/bx/robot", door: doorEvent, open: s.robot},
		{method: "GET", path: "/api/sign/people", door: doorDeal, held: s.colleagues},
		{method: "POST", path: "/api/sign/invite", door: doorDeal, held: s.inviteForm},
		{method: "POST", path: "/api/sign/invitations", door: doorDeal, held: s.invite},
		{method: "GET", path: one + "/decline", door: doorDeal, held: s.declineForm},
		{method: "POST", path: one + "/decline", door: doorDeal, held: s.decline},
		{method: "POST", path: one + "/withdraw", door: doorDeal, held: s.withdraw},
	}
}

// robot takes the call of a portal's workflow.
func (s *Server) robot(c echo.Context) error {
	if err := c.Request().ParseForm(); err != nil {
		return unreadable(err)
	}
	ctx := c.Request().Context()
	call, err := s.config.Visitors.Robot(ctx, c.Request().PostForm)
	if err != nil {
		return app.Wrap("take robot's call", err)
	}
	if err := s.config.Invitations.InviteByRobot(ctx, call); err != nil {
		return app.Wrap("take robot's call", err)
	}
	return c.NoContent(http.StatusOK)
}

// askable adds to a document's row the way to ask a colleague.
func (c *call) askable(row *views.Document, d app.Document) {
	if d.Pending || d.Unreadable != "" {
		return
	}
	ref := refOf(d)
	ref.Name = d.Name
	row.Extra = append(row.Extra, views.Action{
		Words: c.T("invite.ask"), Icon: "person", Post: "/api/sign/invite", Body: bodyOf(ref), Plain: true,
	})
}

// inviteForm shows the form that asks a colleague. The document's name is the
// page's own word; the one that is kept is the portal's.
func (s *Server) inviteForm(c *call) error {
	var in documentRef
	if err := c.read(&in); err != nil {
		return err
	}
	return c.show(screen{Screen: "invite"}, views.InviteForm(views.Invite{
		T: c.T, Max: strconv.Itoa(app.MaxInvitationText),
		Document: views.Document{Name: in.Name, Extra: []views.Action{c.toDocuments()}},
		Data:     bodyOf(documentRef{Source: in.Source, Field: in.Field, FileID: in.FileID}),
	}))
}

// colleagues searches for people who can be asked.
func (s *Server) colleagues(c *call) error {
	query := c.QueryParam("q")
	if len(query) > 200 {
		return app.Fail(app.Invalid, "search people", "")
	}
	users, err := s.config.Invitations.People(c.Request().Context(), c.visit, query)
	if err != nil {
		return app.Wrap("search people", err)
	}
	list := []person{}
	for _, u := range users {
		if u.ID == c.visit.User || len(list) == maxPeople {
			continue
		}
		list = append(list, person{ID: u.ID, Name: u.Name, More: u.Position})
	}
	return c.JSON(http.StatusOK, list)
}

// invite asks the colleague.
func (s *Server) invite(c *call) error {
	var in struct {
		Document documentRef `json:"document"`
		User     app.UserID  `json:"user"`
		Note     string      `json:"note"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	i, err := s.config.Invitations.Invite(c.Request().Context(), c.visit, signing.InviteInput{
		Document: signing.DocumentRef{Source: in.Document.Source, Field: in.Document.Field, FileID: in.Document.FileID},
		To:       in.User, Note: in.Note,
	})
	if err != nil {
		return app.Wrap("invite", err)
	}
	return s.list(c, c.T("invite.sent", i.ToName, i.Document.Name))
}

// list shows the list of documents, with a word about what was just done.
func (s *Server) list(c *call, notice string) error {
	ctx := c.Request().Context()
	c.notice = notice
	choices, err := s.config.Signing.Choices(ctx, c.visit)
	if hindrance, name := c.hindrance(choices, err); hindrance != nil {
		return s.hindered(c, *hindrance, name)
	}
	recent, err := s.config.Signing.Recent(ctx, c.visit)
	if err != nil {
		return app.Wrap("find requests", err)
	}
	documents, err := s.documents(c)
	if err != nil {
		return err
	}
	return s.showList(c, screen{Screen: "documents"}, documents, recent)
}

// showList shows the documents, and above them the invitations.
func (s *Server) showList(c *call, sc screen, documents []app.Document, recent []app.Request) error {
	invited, err := s.invitationList(c)
	if err != nil {
		return err
	}
	return c.show(sc, invited, views.DocumentList(s.documentList(c, documents, recent)))
}

// invitationList draws the visitor's invitations at the element; nothing where
// there are none.
func (s *Server) invitationList(c *call) (templ.Component, error) {
	if s.config.Invitations == nil {
		return templ.NopComponent, nil
	}
	all, err := s.config.Invitations.At(c.Request().Context(), c.visit)
	if err != nil {
		return nil, app.Wrap("find invitations", err)
	}
	var list views.Invitations
	for _, i := range all {
		switch {
		case i.To == c.visit.User && i.Open():
			list.Mine = append(list.Mine, c.askedRow(i))
		case i.From == c.visit.User && len(list.Theirs) < 5:
			list.Theirs = append(list.Theirs, c.askingRow(i))
		}
	}
	return views.InvitationList(c.T, list), nil
}

// askedRow is an invitation to the visitor.
func (c *call) askedRow(i app.Invitation) views.Document {
	ref := refOf(i.Document)
	return views.Document{
		Name: i.Document.Name, Facts: []string{c.T("invite.by", i.FromName, c.words.Time(i.CreatedAt))}, Note: i.Note,
		Open:  &views.Action{Words: c.T("invite.open"), Icon: "signature", Post: "/api/sign/documents", Body: bodyOf(ref)},
		Extra: []views.Action{{Words: c.T("invite.decline"), Get: invitationPath(i.ID) + "/decline", Plain: true}},
	}
}

// askingRow is an invitation by the visitor.
func (c *call) askingRow(i app.Invitation) views.Document {
	row := views.Document{
		Name: i.Document.Name, Facts: []string{c.T("invite.for", i.ToName, c.words.Time(i.CreatedAt))}, Note: i.Reason,
		Tone: "plain", State: c.T("invitation.state-" + string(i.State)),
	}
	switch i.State {
	case app.InvitationOpen:
		row.Tone = "busy"
		row.Extra = []views.Action{{Words: c.T("invite.withdraw"), Post: invitationPath(i.ID) + "/withdraw", Plain: true}}
	case app.InvitationSigned:
		row.Tone = "good"
	case app.InvitationDeclined:
		row.Tone = "bad"
	}
	return row
}

func invitationPath(id app.InvitationID) string { return "/api/sign/invitations/" + string(id) }

// invitation gives the Invitation that a call names.
func (s *Server) namedInvitation(c *call) (app.Invitation, error) {
	if !isID(c.Param("id")) {
		return app.Invitation{}, app.Fail(app.NotFound, "find invitation", "invitation.unknown")
	}
	return s.config.Invitations.Find(c.Request().Context(), c.visit, app.InvitationID(c.Param("id")))
}

// declineForm asks for the reason.
func (s *Server) declineForm(c *call) error {
	i, err := s.namedInvitation(c)
	if err != nil {
		return err
	}
	return c.show(screen{Screen: "decline"}, views.DeclineForm(views.Invite{
		T: c.T, Max: strconv.Itoa(app.MaxInvitationText), Path: invitationPath(i.ID) + "/decline",
		Document: views.Document{
			Name: i.Document.Name, Facts: []string{c.T("invite.by", i.FromName, c.words.Time(i.CreatedAt))},
			Extra: []views.Action{c.toDocuments()},
		},
	}))
}

func (s *Server) decline(c *call) error {
	var in struct {
		Reason string `json:"reason"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	i, err := s.namedInvitation(c)
	if err != nil {
		return err
	}
	if _, err := s.config.Invitations.Decline(c.Request().Context(), c.visit, i.ID, in.Reason); err != nil {
		return app.Wrap("decline", err)
	}
	return s.list(c, "")
}

func (s *Server) withdraw(c *call) error {
	i, err := s.namedInvitation(c)
	if err != nil {
		return err
	}
	if _, err := s.config.Invitations.Withdraw(c.Request().Context(), c.visit, i.ID); err != nil {
		return app.Wrap("withdraw", err)
	}
	return s.list(c, "")
}

// asked gives the open Invitation that the page was opened by.
func (s *Server) asked(c *call) (app.Invitation, bool) {
	if s.config.Invitations == nil || c.visit.Invitation == "" {
		return app.Invitation{}, false
	}
	i, err := s.config.Invitations.Find(c.Request().Context(), c.visit, c.visit.Invitation)
	return i, err == nil && i.Open() && i.To == c.visit.User
}

// banner says above the form that somebody has asked for this signature.
func (s *Server) banner(c *call, list []app.Request) templ.Component {
	if s.config.Invitations == nil || len(list) != 1 {
		return templ.NopComponent
	}
	all, err := s.config.Invitations.At(c.Request().Context(), c.visit)
	if err != nil {
		s.logError(c, err, app.KindOf(err), 0) // the form works without
		return templ.NopComponent
	}
	for _, i := range all {
		if i.To == c.visit.User && i.Open() && i.Document.Ref() == list[0].Document.Ref() {
			return views.InvitationBanner(views.Banner{
				Words: c.T("invite.banner", i.FromName), Note: i.Note,
				Decline: views.Action{Words: c.T("invite.decline"), Get: invitationPath(i.ID) + "/decline"},
			})
		}
	}
	return templ.NopComponent
}
