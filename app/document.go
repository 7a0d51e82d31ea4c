package app

import "time"

// Source tells where in the portal a document lies.
type Source string

// The sources. Files of comments, activities and e-mails are objects on Drive.
const (
	SourceField     Source = "field"     // a file field of the element, single or multiple
	SourceComment   Source = "comment"   // a comment in the element's timeline
	SourceActivity  Source = "activity"  // an activity of the element that is no e-mail
	SourceEmail     Source = "email"     // an e-mail at the element; correspondence is never altered
	SourceGenerated Source = "generated" // made by the document generator; it cannot be replaced
)

// Target tells where the signed file goes.
type Target string

// The targets.
const (
	TargetSlot    Target = ""        // the place of the original in its field
	TargetVersion Target = "version" // a new version of the same object on Drive
	TargetComment Target = "comment" // a copy in a new comment; the original stays as it is
)

// MaxFileSize is the default limit for a document from a portal, in bytes.
const MaxFileSize = 50 << 20

// Document is a PDF found at a CRM element.
type Document struct {
	Source Source `json:"source"`
	Entity Entity `json:"entity"`
	// Field is where the file lies within its source: the file field's code,
	// "UF_CRM_…", or the number of the comment, activity or generated document.
	// Label is what people call it: the field's label, the activity's subject.
	Field string `json:"field,omitempty"`
	Label string `json:"label,omitempty"`
	// Multiple is true for a field that holds several files.
	Multiple bool `json:"multiple,omitempty"`
	// FileID is the portal's id of the file. In a field, and of a generated
	// document, it is that of this very content: a new content has a new id. An
	// object on Drive keeps its id when it gets a new version.
	FileID string `json:"fileId"`
	// Version is the id of the content that an object on Drive had when it was
	// read; "" elsewhere, and where the portal does not tell it.
	Version string `json:"version,omitempty"`
	Name    string `json:"name"`
	// Size in bytes; -1 when unknown.
	Size int64 `json:"size"`
	// Author is the name of who put the file there, Date when; both are empty
	// where the portal does not tell, as for fields.
	Author string    `json:"author,omitempty"`
	Date   time.Time `json:"date,omitzero"`
	// Target is where the signed file will go, known when the document has been
	// fetched. Because is the key of the message that says why it is not the
	// place of the original.
	Target  Target `json:"target,omitempty"`
	Because string `json:"because,omitempty"`
	// Pending tells of a file in a list of which the portal has not yet told
	// what it is: it may turn out to be no PDF. See app/portal.
	Pending bool `json:"-"`
	// Unreadable is the key of the message that says why the file, though it is
	// listed, cannot be read by this user.
	Unreadable string `json:"-"`
}

// Ref is what names a document at its element.
func (d Document) Ref() string { return string(d.Source) + "/" + d.Field + "/" + d.FileID }

// Detail is what was found out of a Pending document of a list.
type Detail struct {
	Document
	// None tells that the file is no document, or cannot be asked about for a
	// reason of its own.
	None bool
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
