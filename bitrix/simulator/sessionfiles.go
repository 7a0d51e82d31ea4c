package simulator

import (
	"net/http"
	"strings"
)

// ajaxFile serves the addresses of files that are meant for people: without a
// session they lead to the sign-in page, as a download by a program shows.
func (p *Portal) ajaxFile(w http.ResponseWriter, r *http.Request) {
	q := &array{}
	if err := parseForm(q, r.URL.RawQuery); err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	p.cloud.mu.Lock()
	v := p.visitor(r)
	if v == nil {
		p.cloud.mu.Unlock()
		toLogin(w, r)
		return
	}
	b := p.ajaxBlob(v, q)
	p.cloud.mu.Unlock()
	if b == nil {
		p.message(w, http.StatusNotFound, "Not here", "The file was not found, or you may not see it.")
		return
	}
	f := p.fileAnswer(b)
	f.strict = false
	f.inline = q.str("inline") == "Y"
	f.serve(w, r)
}

func (p *Portal) ajaxBlob(v *visit, q *array) *blob {
	switch strings.ToLower(q.str("action")) {
	case "crm.controller.item.getfile":
		it := p.items[itemKey{q.num("entityTypeId"), q.num("id")}]
		if it == nil || p.may(v.user.ID, it) > ReadAccess {
			return nil
		}
		return p.fieldBlob(it, q.str("fieldName"), q.num("fileId"))
	case "crm.documentgenerator.document.download", "crm.documentgenerator.document.getpdf":
		return p.documentBlob(v.user.ID, q.num("id"), strings.HasSuffix(strings.ToLower(q.str("action")), "getpdf"))
	}
	return nil
}
