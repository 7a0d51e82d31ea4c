package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"signservice/app"
	"signservice/views"
)

// sourceFacts are the short words below a document's name in the list: what it
// is and since when, who has put it there, and in which field or activity.
func (c *call) sourceFacts(d app.Document) []string {
	facts := c.documentFacts(d)
	switch d.Source {
	case app.SourceComment:
		facts = append(facts, c.T("source.comment"))
	case app.SourceActivity:
		facts = append(facts, c.T("source.activity"))
	case app.SourceEmail:
		facts = append(facts, c.T("source.email"))
	case app.SourceGenerated:
		facts = append(facts, c.T("source.generated"))
	}
	if d.Author != "" {
		facts = append(facts, c.T("document.by", d.Author))
	}
	if !d.Date.IsZero() {
		facts = append(facts, c.words.Time(d.Date))
	}
	return facts
}

// promise says before the signing where the signed file will go.
func (c *call) promise(r app.Request) string {
	switch d := r.Document; d.Target {
	case app.TargetVersion:
		return c.T("sign.promise-version", r.KeepFor())
	case app.TargetComment:
		return c.T("sign.promise-copy", c.T(d.Because))
	}
	return c.T("sign.promise", r.KeepFor())
}

// delivered says afterwards where it is. A version that Drive refused has
// become a copy: then the delivered id is another one.
func (c *call) delivered(r app.Request) string {
	switch {
	case r.Document.Target == app.TargetVersion && r.DeliveredID == r.Document.FileID:
		return c.T("done.version")
	case r.Document.Target != app.TargetSlot:
		return c.T("done.copy")
	}
	return c.T("done.replaced")
}

// pending counts the documents of which the portal has not told yet.
func pending(list []app.Document) (n int) {
	for _, d := range list {
		if d.Pending {
			n++
		}
	}
	return n
}

// made gives the newest document of the generator.
func made(list []app.Document) (app.Document, bool) {
	for _, d := range list { // the newest first
		if d.Source == app.SourceGenerated && opens(d) {
			return d, true
		}
	}
	return app.Document{}, false
}

// opens tells whether a document can be opened at once.
func opens(d app.Document) bool { return !d.Pending && d.Unreadable == "" }

// promises says where the signed files of an order will go, each sentence once.
func (c *call) promises(list []app.Request) string {
	var all []string
	for _, r := range list {
		if p := c.promise(r); !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return strings.Join(all, " ")
}

// soon is how many files are asked about before the list is shown: as many as
// are asked at the same time, so that a usual deal shows no half-filled list.
const soon = 4

// complete asks about the few documents that are still pending. Where that
// fails the list stays as it is: the page asks again and is told why.
func (s *Server) complete(ctx context.Context, c *call, list []app.Document) ([]app.Document, error) {
	known := map[string]app.Document{}
	none := map[string]bool{}
	for d, err := range s.config.Signing.Details(ctx, c.visit) {
		if err != nil {
			return nil, app.Wrap("ask about documents", err)
		}
		known[d.Ref()], none[d.Ref()] = d.Document, d.None
	}
	kept := list[:0:0]
	for _, d := range list {
		if found, ok := known[d.Ref()]; ok {
			d = found
		}
		if !none[d.Ref()] {
			kept = append(kept, d)
		}
	}
	return kept, nil
}

// detail is one event of the stream: a row of the list as it is now, or that
// there is no such row.
type detail struct {
	Ref  string `json:"ref"`
	HTML string `json:"html,omitempty"`
	// End tells that nothing more comes.
	End bool `json:"end,omitempty"`
}

// details streams what the portal tells of the pending documents, each as it
// becomes known.
func (s *Server) details(c *call) error {
	recent, err := s.config.Signing.Recent(c.Request().Context(), c.visit)
	if err != nil {
		return app.Wrap("find requests", err)
	}
	ctx, cancel := s.life(c)
	defer cancel()
	begun := false
	for d, err := range s.config.Signing.Details(ctx, c.visit) {
		if err != nil && !begun {
			return app.Wrap("ask about documents", err)
		}
		if err != nil {
			s.logError(c, err, app.KindOf(err), http.StatusOK)
			return nil // the reader finds the stream without an end, and asks again
		}
		if !begun {
			if err := s.open(c); err != nil {
				return err
			}
			begun = true
		}
		if err := c.sendDetail(d.Document, d.None, recent); err != nil {
			return nil //nolint:nilerr // the reader has gone
		}
	}
	if !begun {
		if err := s.open(c); err != nil {
			return err
		}
	}
	_ = c.send(detail{End: true})
	return nil
}

func (c *call) sendDetail(d app.Document, none bool, recent []app.Request) error {
	event := detail{Ref: d.Ref()}
	if !none {
		row, _ := c.documentRow(d, recent)
		text, err := html(c.Request().Context(), views.DocumentRow(row))
		if err != nil {
			return err
		}
		event.HTML = text
	}
	return c.send(event)
}
