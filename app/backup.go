package app

import "time"

// Backup is a copy of the store and the spool that was written into a file.
type Backup struct {
	// At is the moment that the copy shows.
	At time.Time `json:"at"`
	// Seq and Hash are of the newest audit entry in the copy; 0 and "" where there
	// was none.
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
	// File is the name of the file without its folder; Size and SHA256 are of the
	// file as it was written, encrypted.
	File   string `json:"file"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}
