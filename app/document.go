package app

import "time"

// Source tells where in the portal a document lies.
type Source string

// The sources.
const (
	SourceField Source = "field" // a file field of the element, single or multiple
)

// MaxFileSize is the default limit for a document from a portal, in bytes.
const MaxFileSize = 50 << 20

// Document is a PDF found at a CRM element.
type Document struct {
	Source Source `json:"source"`
	Entity Entity `json:"entity"`
	// Field is the file field's code, "UF_CRM_…"; Label what people call it.
	Field string `json:"field,omitempty"`
	Label string `json:"label,omitempty"`
	// Multiple is true for a field that holds several files.
	Multiple bool `json:"multiple,omitempty"`
	// FileID is the portal's id of this very content: a new content has a new id.
	FileID string `json:"fileId"`
	Name   string `json:"name"`
	// Size in bytes; -1 when unknown.
	Size int64 `json:"size"`
}

// Original is what is known of a document's bytes when they lie in the spool.
type Original struct {
	// SHA256 of the bytes, hexadecimal.
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	// Pages counts the pages.
	Pages int `json:"pages"`
	// Signatures counts the signatures the file already has.
	Signatures int `json:"signatures"`
	// Repaired is true where the file's structure was damaged and could be read
	// only after a repair in memory.
	Repaired bool      `json:"repaired,omitempty"`
	At       time.Time `json:"at"`
}
