package backup

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// format is the number of the format that Create writes.
const format = 1

// note is what a backup begins with, so that other files are known at once.
type note struct {
	Format int `json:"format"`
	// Version is that of the program that wrote it.
	Version string    `json:"version"`
	At      time.Time `json:"at"`
}

// Manifest is what a backup says of itself, at its end.
type Manifest struct {
	note
	// Migrations is the number that the store has done.
	Migrations int `json:"migrations"`
	// Seq and Hash are of the newest audit entry; 0 and "" where there is none.
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
	// Files are all the files, in their order.
	Files []File `json:"files"`
}

// File is a file in a backup.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Bytes is the length of all files together.
func (m Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// maxJSON is more than the manifest of two million files needs.
const maxJSON = 512 << 20

// readJSON reads one value of a backup.
func readJSON(r io.Reader, v any) error {
	data, err := io.ReadAll(io.LimitReader(r, maxJSON))
	if err != nil {
		return damaged(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	return nil
}
