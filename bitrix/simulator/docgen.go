package simulator

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

// GeneratedDocument is one that the document generator makes from a template.
type GeneratedDocument struct {
	Title  string
	Number string
	Author int
	DOCX   []byte
	PDF    []byte
	// PDFAfter is how long the transformer takes to make the PDF.
	PDFAfter time.Duration
}

type document struct {
	id, typ, entity int
	title, number   string
	author          int
	created         time.Time
	docx, pdf       int // blobs; pdf 0 when there will be none
	pdfAt           time.Time
}

// AddDocument adds a generated document to a deal and returns its id.
func (p *Portal) AddDocument(deal int, d GeneratedDocument) int {
	return p.AddItemDocument(EntityDeal, deal, d)
}

// AddItemDocument is [Portal.AddDocument] for items of any kind.
func (p *Portal) AddItemDocument(entityType, id int, d GeneratedDocument) int {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return p.addDocument(entityType, id, d).id
}

func (p *Portal) addDocument(typ, id int, d GeneratedDocument) *document {
	now := p.cloud.now()
	x := &document{
		id: p.next("document"), typ: typ, entity: id, title: d.Title, author: d.Author, created: now, pdfAt: now.Add(d.PDFAfter),
	}
	x.number = or(d.Number, itoa(x.id))
	x.docx = p.addBlob(d.Title+".docx", bytes.Clone(d.DOCX)).id
	if len(d.PDF) > 0 {
		x.pdf = p.addBlob(d.Title+".pdf", bytes.Clone(d.PDF)).id
	}
	p.docs = append(p.docs, x)
	return x
}

// ready tells whether the transformer has made the PDF.
func (d *document) ready(now time.Time) bool { return d.pdf != 0 && !now.Before(d.pdfAt) }

func (p *Portal) document(id int) *document {
	i := slices.IndexFunc(p.docs, func(d *document) bool { return d.id == id })
	if i < 0 {
		return nil
	}
	return p.docs[i]
}

// documentBlob is a document's file for a user who may see its item.
func (p *Portal) documentBlob(user, id int, pdf bool) *blob {
	d := p.document(id)
	if d == nil {
		return nil
	}
	it := p.items[itemKey{d.typ, d.entity}]
	if it == nil || p.may(user, it) > ReadAccess {
		return nil
	}
	if !pdf {
		return p.blobs[d.docx]
	}
	if !d.ready(p.cloud.now()) {
		return nil
	}
	return p.blobs[d.pdf]
}

// documentView is a document in the card, with the buttons that apps have bound.
type documentView struct {
	Title, Link string
	Menu        []appButton
}

func (p *Portal) documentViews(v *visit, it *item) []documentView {
	var out []documentView
	for _, d := range p.docs {
		if d.typ != it.typ || d.entity != it.ID {
			continue
		}
		view := documentView{Title: d.title, Menu: p.buttons(v.user.ID, "CRM_"+entityName(it.typ)+"_DOCUMENTGENERATOR_BUTTON", map[string]any{
			"ID": itoa(it.ID), "DOCUMENT_ID": itoa(d.id), "ENTITY_TYPE_ID": itoa(it.typ), "ENTITY_ID": itoa(it.ID),
		})}
		if d.ready(p.cloud.now()) {
			view.Link = documentPath("getPdf", d.id)
		}
		out = append(out, view)
	}
	return out
}

func documentPath(action string, id int) string {
	return fmt.Sprintf("/bitrix/services/main/ajax.php?action=crm.documentgenerator.document.%s&SITE_ID=s1&id=%d", action, id)
}
