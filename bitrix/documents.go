package bitrix

import (
	"context"
	"encoding/json"
	"iter"
)

// Document is a document made by the document generator at a CRM record. It
// cannot be replaced. Its PDF is made a while after it: until then PDFID is 0.
type Document struct {
	ID       ID     `json:"id"`
	Entity   ID     `json:"entityTypeId"` // of the record it is made for
	EntityID ID     `json:"entityId"`
	Title    Text   `json:"title"`
	Number   Text   `json:"number"`
	Created  Time   `json:"createTime"`
	Updated  Time   `json:"updateTime"`
	AuthorID ID     `json:"createdBy"`
	FileID   ID     `json:"fileId"` // of the DOCX
	PDFID    ID     `json:"pdfId"`
	PDFLink  Secret `json:"pdfUrlMachine"` // for [Client.Download]; dies with the access token
}

// ListDocuments is the command for the first page of [Client.Documents].
func ListDocuments(entity EntityType, id ID) Command[List[Document]] {
	cmd := Read[List[Document]]("crm.documentgenerator.document.list", Params{
		// entityTypeId must not be among the selected fields: error 100.
		"filter": Params{"entityTypeId": entity, "entityId": id},
		"order":  Params{"id": "DESC"},
	})
	cmd.decode = func(raw json.RawMessage) (List[Document], error) {
		var in struct {
			Documents List[Document] `json:"documents"`
		}
		if isEmpty(raw) || string(raw) == "[]" {
			return nil, nil
		}
		err := json.Unmarshal(raw, &in)
		return in.Documents, err
	}
	return cmd
}

// Documents returns the generated documents of a CRM record, the newest first.
// https://apidocs.bitrix24.com/api-reference/crm/document-generator/documents/crm-document-generator-document-list.html
func (c *Client) Documents(ctx context.Context, entity EntityType, id ID) iter.Seq2[Document, error] {
	return pages(ctx, c, ListDocuments(entity, id))
}

// GetDocument is the command for [Client.Document].
func GetDocument(id ID) Command[Document] {
	return inside("document", Read[Document]("crm.documentgenerator.document.get", Params{"id": id}))
}

// Document returns a generated document.
// https://apidocs.bitrix24.com/api-reference/crm/document-generator/documents/crm-document-generator-document-get.html
func (c *Client) Document(ctx context.Context, id ID) (Document, error) {
	return Call(ctx, c, GetDocument(id))
}
