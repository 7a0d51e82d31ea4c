package app

import "io"

// Content is a file's bytes where they lie, with what is known of them.
type Content struct {
	Reader io.ReaderAt
	Size   int64
	// SHA256 of the bytes, hexadecimal.
	SHA256 string
}

// Replacement is a signed file on its way to the place of its original.
type Replacement struct {
	Signed   Content
	Original Content
	// Name is the file name in the portal.
	Name string
	// Request marks what is written, so that it is found again after a crash;
	// Text goes with the copy where the signed file is put into a comment.
	Request RequestID
	Text    string
}

// Story is what the timeline is told of a signed document, in words.
type Story struct {
	Request RequestID
	Title   string
	Text    string
}
