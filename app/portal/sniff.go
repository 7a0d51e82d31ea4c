package portal

import (
	"bytes"
	"mime"
	"strings"
)

// headSize is how much of a file's beginning tells what it is: readers accept
// the header of a PDF anywhere in the first 1024 bytes (ISO 32000-1, annex H.3
// note 13).
const headSize = 1024

// isPDF tells whether the first bytes of a file are those of a PDF.
func isPDF(head []byte) bool {
	return bytes.Contains(head[:min(len(head), headSize)], []byte("%PDF-"))
}

// namedPDF tells whether name and media type both say PDF: then the file is
// shown as a document even when its bytes are not those of one, so that the
// person learns why it cannot be signed.
func namedPDF(name, mediaType string) bool {
	t, _, err := mime.ParseMediaType(mediaType)
	return err == nil && t == "application/pdf" && strings.HasSuffix(strings.ToLower(name), ".pdf")
}
