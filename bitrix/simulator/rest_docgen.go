package simulator

import (
	"net/url"
	"slices"
)

// documentMethods are crm.documentgenerator.document.*: there is no way to put
// another PDF in a document's place.
func documentMethods() registry {
	const prefix = "crm.documentgenerator.document."
	return registry{
		prefix + "list":     {scope: "crm", run: documentList},
		prefix + "get":      {scope: "crm", run: documentGet},
		prefix + "upload":   {scope: "crm", run: documentUpload},
		prefix + "delete":   {scope: "crm", run: documentDelete},
		prefix + "download": {scope: "crm", run: documentFile(false)},
		prefix + "getpdf":   {scope: "crm", run: documentFile(true)},
	}
}

// documentRow lacks everything about the PDF until it is made.
func (c *call) documentRow(d *document) obj {
	id := url.Values{"id": {itoa(d.id)}}
	out := obj{
		"id": itoa(d.id), "title": d.title, "number": d.number, "templateId": "1", "fileId": itoa(d.docx),
		"imageId": nil, "pdfId": nil, "createTime": c.p.stamp(d.created), "updateTime": c.p.stamp(d.created),
		"values": obj{"stampsEnabled": false}, "createdBy": itoa(d.author), "updatedBy": nil, "stampsEnabled": false,
		"entityId": itoa(d.entity), "entityTypeId": itoa(d.typ),
		"downloadUrl":        c.p.base() + documentPath("download", d.id),
		"downloadUrlMachine": c.specialURL("crm.documentgenerator.document.download", "crm", id),
	}
	if d.ready(c.p.cloud.now()) {
		out["pdfId"] = itoa(d.pdf)
		out["pdfUrl"] = c.p.base() + documentPath("getPdf", d.id)
		out["pdfUrlMachine"] = c.specialURL("crm.documentgenerator.document.getPdf", "crm", url.Values{"id": {itoa(d.id)}})
	}
	return out
}

func documentList(c *call) (any, *restError) {
	if slices.ContainsFunc(c.params.arr("select").values(), func(v any) bool { return scalar(v) == "entityTypeId" }) {
		return nil, bad("100", "Unknown field definition `entityTypeId`")
	}
	filter := c.params.arr("filter")
	rows := []any{}
	for _, d := range c.p.docs {
		it := c.p.items[itemKey{d.typ, d.entity}]
		if it == nil || c.p.may(c.user, it) > ReadAccess {
			continue
		}
		if v, ok := filter.get("entityTypeId"); ok && !anyOf(v, itoa(d.typ)) {
			continue
		}
		if v, ok := filter.get("entityId"); ok && !anyOf(v, itoa(d.entity)) {
			continue
		}
		rows = append(rows, c.documentRow(d))
	}
	page, next := paged(c, rows, 50)
	return list{items: obj{"documents": page}, total: len(rows), next: next}, nil
}

func (c *call) documentFor(id int, want Access) (*document, *restError) {
	d := c.p.document(id)
	if d == nil {
		return nil, bad("DOCGEN_ACCESS_ERROR", "Document not found")
	}
	it := c.p.items[itemKey{d.typ, d.entity}]
	if it == nil || c.p.may(c.user, it) > want {
		return nil, bad("DOCGEN_ACCESS_ERROR", "You do not have permissions to access this document")
	}
	return d, nil
}

func documentGet(c *call) (any, *restError) {
	d, fail := c.documentFor(c.params.num("id"), ReadAccess)
	if fail != nil {
		return nil, fail
	}
	return obj{"document": c.documentRow(d)}, nil
}

// documentUpload makes a new document.
func documentUpload(c *call) (any, *restError) {
	f := c.params.arr("fields")
	it := c.p.items[itemKey{f.num("entityTypeId"), f.num("entityId")}]
	if it == nil || c.p.may(c.user, it) > UpdateAccess {
		return nil, bad("DOCGEN_ACCESS_ERROR", "Access denied")
	}
	docx := uploadOrText(f, "fileContent")
	if len(docx) == 0 {
		return nil, bad("100", "Empty required field 'fileContent'")
	}
	d := c.p.addDocument(it.typ, it.ID, GeneratedDocument{
		Title: f.str("title"), Number: f.str("number"), Author: c.user, DOCX: docx, PDF: uploadOrText(f, "pdfContent"),
	})
	return obj{"document": c.documentRow(d)}, nil
}

// uploadOrText reads base64 alone or as a pair with a name.
func uploadOrText(f *array, key string) []byte {
	if _, data, ok := upload(anyValue(f, key)); ok {
		return data
	}
	return lenientBase64(f.str(key))
}

func documentDelete(c *call) (any, *restError) {
	d, fail := c.documentFor(c.params.num("id"), UpdateAccess)
	if fail != nil {
		return nil, fail
	}
	c.p.docs = slices.DeleteFunc(c.p.docs, func(x *document) bool { return x == d })
	return nil, nil //nolint:nilnil // the portal answers null
}

// documentFile is behind downloadUrlMachine and pdfUrlMachine.
func documentFile(pdf bool) func(*call) (any, *restError) {
	return func(c *call) (any, *restError) {
		q, fail := c.linkQuery()
		if fail != nil {
			return nil, fail
		}
		b := c.p.documentBlob(c.user, q.num("id"), pdf)
		if b == nil {
			return nil, bad("DOCGEN_ACCESS_ERROR", "File not found")
		}
		return c.p.fileAnswer(b), nil
	}
}
