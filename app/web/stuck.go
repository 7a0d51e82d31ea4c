package web

import (
	"net/http"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// stuck lists the documents that do not go on by themselves.
func (s *Server) stuck(c *call, accounts []admin.AccountView) ([]views.StuckRow, error) {
	list, err := s.config.Signing.Stuck(c.Request().Context(), c.visit)
	if err != nil {
		return nil, app.Wrap("list stuck requests", err)
	}
	names := c.namesFrom(accounts, nil)
	var rows []views.StuckRow
	for _, r := range list {
		rows = append(rows, c.stuckRow(r, names))
	}
	return rows, nil
}

// stuckRow is such a document: what it waits for, since when, and why.
func (c *call) stuckRow(r app.Request, names map[string]string) views.StuckRow {
	row := views.StuckRow{
		Name:  r.Document.Name,
		State: views.Tag{Tone: "warn", Words: c.T("stuck.signing")},
		Retry: views.Action{Words: c.T("stuck.retry"), Icon: "retry", Post: "/api/admin/requests/" + string(r.ID) + "/push"},
	}
	switch r.State {
	case app.Signed:
		row.State.Words = c.T("stuck.delivering")
	case app.Delivered:
		row.State.Words = c.T("stuck.telling")
	case app.Failed:
		row.State = views.Tag{Tone: "bad", Words: c.T("stuck.undelivered")}
	}
	if place := c.entity(r.Document.Entity); place != "" {
		row.Facts = append(row.Facts, place)
	}
	who := r.UserName
	if who == "" {
		who = c.who(r.User, names)
	}
	row.Facts = append(row.Facts, who, c.T("stuck.since", c.words.Time(r.CreatedAt)))
	why := r.Delay
	if r.Failure != nil {
		why = r.Failure
	}
	switch {
	case why != nil:
		row.Why = c.reason(why)
	default:
		row.Why = c.T("stuck.unknown")
	}
	if r.RetryAt.After(r.UpdatedAt) && r.Failure == nil {
		row.Facts = append(row.Facts, c.T("stuck.next", c.words.Clock(r.RetryAt)))
	}
	return row
}

// push has the queue take up such a document now.
func (s *Server) push(c *call) error {
	id, err := c.requestID()
	if err != nil {
		return err
	}
	if err := c.read(&struct{}{}); err != nil {
		return err
	}
	if _, err := s.config.Signing.Push(c.Request().Context(), c.visit, id); err != nil {
		return app.Wrap("push request", err)
	}
	return s.overviewSection(c, c.T("stuck.pushed"))
}

// stuckRoutes are the calls about documents that do not go on.
func (s *Server) stuckRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/api/admin/requests/:id/push", door: doorAdmin, held: s.push},
	}
}
