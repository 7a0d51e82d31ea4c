package web

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"signservice/app"
	"signservice/views"
)

// documentList is the list of the deal's PDFs with what the visitor has done
// to each.
func (s *Server) documentList(c *call, documents []app.Document, recent []app.Request) views.Documents {
	list := views.Documents{T: c.T}
	seen := map[string]bool{}
	for _, d := range s.newestUnsigned(c, documents, recent) {
		row, request := c.documentRow(d, recent)
		seen[string(request)] = true
		list.List = append(list.List, row)
		list.Pending = list.Pending || d.Pending
	}
	var others []app.Request
	for _, r := range recent {
		if !seen[string(r.ID)] {
			others = append(others, r)
		}
	}
	list.Recent = c.recent(others)
	return list
}

// newestUnsigned puts what nobody has signed first, as far as that is known
// without reading the files, and of the rest what is newer. The portal tells no
// date of files in fields, which are what the tab is for: they come first, and the
// higher number is the newer file.
func (s *Server) newestUnsigned(c *call, documents []app.Document, recent []app.Request) []app.Document {
	list := slices.Clone(documents)
	rank := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b app.Document) int {
		return cmp.Or(
			rank(s.signedAlready(c, a, recent))-rank(s.signedAlready(c, b, recent)),
			rank(s.unusable(c, a))-rank(s.unusable(c, b)),
			rank(!a.Date.IsZero())-rank(!b.Date.IsZero()),
			b.Date.Compare(a.Date),
			cmp.Compare(serial(b), serial(a)),
		)
	})
	return list
}

// serial is a file's number in the portal, which grows; 0 where it has none.
func serial(d app.Document) int64 {
	n, err := strconv.ParseInt(d.FileID, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// unusable tells whether the document is known not to be signable.
func (s *Server) unusable(c *call, d app.Document) bool {
	return d.Unreadable != "" || s.config.Signing.Refused(c.visit, d)
}

// signedAlready tells whether somebody has signed the document, as far as it is known.
func (s *Server) signedAlready(c *call, d app.Document, recent []app.Request) bool {
	if r, ok := latest(recent, d); ok && r.State == app.Done {
		return true
	}
	n, looked := s.config.Signing.Known(c.visit, d)
	return looked && n > 0
}

// documentRow is a document's row, with the visitor's Request that it shows.
func (c *call) documentRow(d app.Document, recent []app.Request) (views.Document, app.RequestID) {
	row := views.Document{Ref: d.Ref(), Name: d.Name, Facts: c.sourceFacts(d)}
	switch {
	case d.Unreadable != "":
		row.Note = c.T(d.Unreadable)
		return row, ""
	case d.Pending:
		row.Pending, row.Facts = true, append(row.Facts, c.T("document.pending"))
	}
	open := views.Action{Words: c.T("documents.open"), Post: "/api/sign/documents", Body: bodyOf(refOf(d))}
	r, ok := latest(recent, d)
	if ok {
		c.rowState(&row, &open, r)
	}
	row.Open = &open
	c.addMore(&row, d)
	if c.asks {
		c.askable(&row, d)
	}
	return row, r.ID
}

// addMore names the document of a row for the script, which asks who has signed it;
// one that is not being signed can be ticked.
func (c *call) addMore(row *views.Document, d app.Document) {
	if d.Pending {
		return // the row is written anew
	}
	ref := refOf(d)
	ref.Name = d.Name
	row.Data = bodyOf(ref)
	if row.Open != nil && row.Open.Post != "" {
		row.Tick = c.T("documents.tick", d.Name)
	}
}

// latest is the visitor's newest Request that made this file or works on it.
func latest(recent []app.Request, d app.Document) (app.Request, bool) {
	for _, r := range recent {
		if r.State == app.Frozen || r.State == app.Expired || r.State == app.Cancelled {
			continue
		}
		if r.DeliveredID == d.FileID || r.DeliveredID == "" && r.Document.FileID == d.FileID {
			return r, true
		}
	}
	return app.Request{}, false
}

// rowState marks a row with what the visitor has done to the file.
func (c *call) rowState(row *views.Document, open *views.Action, r app.Request) {
	switch {
	case working(r.State):
		row.Tone, row.State = "busy", c.T("document.running")
		*open = views.Action{Words: c.T("documents.watch"), Get: requestPath(r.ID)}
	case r.State == app.Done:
		row.Tone, row.State = "good", c.T("document.signed", c.words.Time(r.SignedAt))
		open.Words = c.T("documents.open-again")
		row.Extra = []views.Action{{Words: c.T("documents.result"), Get: requestPath(r.ID)}}
	case r.Failure != nil && r.Failure.Retryable:
		row.Tone, row.State = "warn", c.T("document.undelivered")
		*open = views.Action{Words: c.T("documents.see"), Get: requestPath(r.ID)}
	case r.State == app.Failed || r.State == app.Conflicted:
		row.Tone, row.State = "bad", c.T("document.failed")
		row.Extra = []views.Action{{Words: c.T("documents.why"), Get: requestPath(r.ID)}}
	}
}

// recent are the visitor's latest signatures at this deal that no file of the
// list shows.
func (c *call) recent(requests []app.Request) []views.Document {
	var list []views.Document
	for _, r := range requests {
		row := views.Document{Name: r.Document.Name, Facts: []string{c.words.Time(r.UpdatedAt)}}
		see := views.Action{Words: c.T("documents.see"), Get: requestPath(r.ID)}
		switch {
		case working(r.State):
			row.Tone, row.State = "busy", c.T("document.running")
		case r.State == app.Done:
			row.Tone, row.State = "good", c.T("document.signed-before")
		case r.Failure != nil && r.Failure.Retryable:
			row.Tone, row.State = "warn", c.T("document.undelivered")
		case r.State == app.Failed || r.State == app.Conflicted:
			row.Tone, row.State = "bad", c.T("document.failed")
		default:
			continue
		}
		row.Open = &see
		list = append(list, row)
		if len(list) == 5 {
			break
		}
	}
	return list
}

// bodyOf is a button's JSON body.
func bodyOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "{}" // made of our own structs
	}
	return string(text)
}
