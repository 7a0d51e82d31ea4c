package simulator

import (
	"fmt"
	"io"
	"net/http"
	"slices"
)

// maxUpload of a file that somebody adds in the card.
const maxUpload = 200 << 20

// cardAction is what the forms of the card do: a person works in the portal.
func (p *Portal) cardAction(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	name, content, err := uploaded(r)
	if err != nil {
		p.message(w, http.StatusBadRequest, "Not saved", err.Error())
		return
	}
	p.cloud.mu.Lock()
	v := p.visitor(r)
	if v == nil || r.FormValue("sessid") != v.s.sessid {
		p.cloud.mu.Unlock()
		toLogin(w, r)
		return
	}
	to, err := p.act(v, name, content)
	p.cloud.mu.Unlock()
	if err != nil {
		p.message(w, http.StatusForbidden, "Not done", err.Error())
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// uploaded reads the form's file, where there is one.
func uploaded(r *http.Request) (string, []byte, error) {
	f, head, err := r.FormFile("file")
	if err != nil {
		return "", nil, nil //nolint:nilerr // no file came with the form
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(f)
	if err != nil {
		return "", nil, fmt.Errorf("read upload: %w", err)
	}
	return head.Filename, content, nil
}

// act carries out one action and tells where to go.
func (p *Portal) act(v *visit, name string, content []byte) (string, error) {
	r := v.r
	typ := integer(r.FormValue("type"))
	if r.FormValue("action") == "add" {
		if !p.typeExists(typ) {
			return "", unknown("kind of items", typ)
		}
		it := p.addItem(typ, Item{Title: fmt.Sprintf("%s no. %d", entityName(typ), p.ids["item"+itoa(typ)]+1), Responsible: v.user.ID})
		return itemPath(typ, it.ID), nil
	}
	it := p.items[itemKey{typ, integer(r.FormValue("id"))}]
	if it == nil || p.may(v.user.ID, it) != UpdateAccess {
		return "", fmt.Errorf("you may not change this item")
	}
	return itemPath(typ, it.ID), p.change(v, it, name, content)
}

func (p *Portal) change(v *visit, it *item, name string, content []byte) error {
	f := p.field(it.typ, v.r.FormValue("field"))
	switch action := v.r.FormValue("action"); action {
	case "upload":
		if f == nil || len(content) == 0 {
			return fmt.Errorf("no file was chosen, or it is empty")
		}
		if !f.Multiple {
			p.dropFiles(it.files[f.Name])
			it.files[f.Name] = nil
		}
		it.files[f.Name] = append(it.files[f.Name], p.addBlob(name, content).id)
	case "remove":
		id := integer(v.r.FormValue("file"))
		if f == nil || !slices.Contains(it.files[f.Name], id) {
			return unknown("file", id)
		}
		delete(p.blobs, id)
		it.files[f.Name] = slices.DeleteFunc(it.files[f.Name], func(n int) bool { return n == id })
	case "comment":
		return p.commentByHand(v, it, name, content)
	case "robot":
		return p.robotByHand(v, it)
	case "restevent":
		return p.pressButton(v, it)
	default:
		return unknown("action", action)
	}
	it.updated, it.updatedBy = p.cloud.now(), v.user.ID
	p.fire(itemEvent(it.typ, "UPDATE"), itemEventData(it), v.user.ID)
	return nil
}
