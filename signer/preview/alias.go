package preview

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Documents name fonts of a system that is rarely the one we run on, and often
// do not embed them: Arial, Times New Roman and their like. PDFium asks for them
// by these very names, and its own stand-ins have Latin letters only, so that a
// Russian contract would show as blanks. The fonts that Linux systems have in
// their place are therefore shown to it a second time under those names.

// An alias is a family of fonts in the place of another. The file names are
// those of the four styles without their ending.
type alias struct {
	family string
	styles [4]string // regular, bold, italic, bold italic
}

// styleNames are the names of the four styles in a font's name table.
func styleNames() [4]string { return [4]string{"Regular", "Bold", "Italic", "Bold Italic"} }

// aliases lists stand-ins, those of the same widths first.
func aliases() []alias {
	styled := func(base string) [4]string {
		return [4]string{base + "-Regular", base + "-Bold", base + "-Italic", base + "-BoldItalic"}
	}
	oblique := func(base string) [4]string {
		return [4]string{base, base + "-Bold", base + "-Oblique", base + "-BoldOblique"}
	}
	sans, serif := styled("LiberationSans"), styled("LiberationSerif")
	return []alias{
		{"Arial", sans},
		{"Times New Roman", serif},
		{"Courier New", styled("LiberationMono")},
		{"Calibri", styled("Carlito")},
		{"Calibri", sans},
		{"Cambria", styled("Caladea")},
		{"Cambria", serif},
		{"Verdana", oblique("DejaVuSans")},
		{"Tahoma", oblique("DejaVuSansCondensed")},
		{"Arial", oblique("DejaVuSans")},
		{"Times New Roman", oblique("DejaVuSerif")},
		{"Courier New", oblique("DejaVuSansMono")},
	}
}

// A standIn is a font file that is shown under another name.
type standIn struct{ path, name, family, style string }

// findStandIns gives the aliases that the files allow, by the name of a file
// that does not exist. A family that is here itself needs none.
func findStandIns(files map[string]string) map[string]standIn {
	have := map[string]bool{}
	for name := range files {
		have[strings.ToLower(name)] = true
	}
	out := map[string]standIn{}
	for _, a := range aliases() {
		compact := strings.ReplaceAll(a.family, " ", "")
		if have[strings.ToLower(compact)+".ttf"] || have[shortName(a.family)+".ttf"] {
			continue
		}
		for i, style := range styleNames() {
			name := compact + "-" + strings.ReplaceAll(style, " ", "") + ".alias.ttf"
			real, ok := files[a.styles[i]+".ttf"]
			if _, taken := out[name]; ok && !taken {
				out[name] = standIn{path: real, name: name, family: a.family, style: style}
			}
		}
	}
	return out
}

// shortName is what Windows calls the file of a family where it is not its name.
func shortName(family string) string {
	switch family {
	case "Times New Roman":
		return "times"
	case "Courier New":
		return "cour"
	}
	return strings.ToLower(family)
}

// open gives the font with another name table: the old file with a new head,
// and the new table behind it. The font is not read for that.
func (s standIn) open() (fs.File, error) {
	file, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	renamed, err := s.rename(file)
	if err != nil {
		file.Close() //nolint:errcheck // nothing was written
		return nil, &fs.PathError{Op: "rename", Path: s.path, Err: err}
	}
	return renamed, nil
}

// A renamedFont is three pieces behind each other: head, the file from there
// on, and tail.
type renamedFont struct {
	*io.SectionReader
	file *os.File
	info renamedInfo
}

// Stat implements fs.File.
func (f renamedFont) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close implements fs.File.
func (f renamedFont) Close() error { return f.file.Close() }

// renamedInfo is what is known of the file, apart from its name and size.
type renamedInfo struct {
	fs.FileInfo
	name string
	size int64
}

// Name implements fs.FileInfo.
func (i renamedInfo) Name() string { return i.name }

// Size implements fs.FileInfo.
func (i renamedInfo) Size() int64 { return i.size }

// rename reads the table directory of a font (OpenType, "Table Directory").
func (s standIn) rename(file *os.File) (fs.File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	start := make([]byte, 12)
	if _, err := file.ReadAt(start, 0); err != nil {
		return nil, err
	}
	head := make([]byte, 12+16*int(binary.BigEndian.Uint16(start[4:])))
	if _, err := file.ReadAt(head, 0); err != nil {
		return nil, err
	}
	table := nameTable(s.family, s.style)
	size := info.Size()
	for row := head[12:]; ; row = row[16:] {
		if len(row) == 0 {
			return nil, fmt.Errorf("font without names: %w", fs.ErrInvalid)
		}
		if string(row[:4]) == "name" {
			binary.BigEndian.PutUint32(row[8:], uint32(size))
			binary.BigEndian.PutUint32(row[12:], uint32(len(table)))
			break
		}
	}
	pieces := joined{bytes.NewReader(head), io.NewSectionReader(file, int64(len(head)), size-int64(len(head))), bytes.NewReader(table)}
	whole := io.NewSectionReader(pieces, 0, size+int64(len(table)))
	return renamedFont{SectionReader: whole, file: file, info: renamedInfo{info, s.name, whole.Size()}}, nil
}

// nameTable gives a name table with family and style, in the oldest form, which
// PDFium reads first.
func nameTable(family, style string) []byte {
	texts := map[uint16]string{1: family, 2: style, 4: family + " " + style, 6: strings.ReplaceAll(family, " ", "") + "-" + strings.ReplaceAll(style, " ", "")}
	ids := []uint16{1, 2, 4, 6}
	table := binary.BigEndian.AppendUint16(nil, 0)
	table = binary.BigEndian.AppendUint16(table, uint16(len(ids)))
	table = binary.BigEndian.AppendUint16(table, uint16(6+12*len(ids)))
	var storage []byte
	for _, id := range ids {
		for _, v := range []uint16{1, 0, 0, id, uint16(len(texts[id])), uint16(len(storage))} { // Macintosh, Roman, English
			table = binary.BigEndian.AppendUint16(table, v)
		}
		storage = append(storage, texts[id]...)
	}
	return append(table, storage...)
}

// joined reads readers as one.
type joined []interface {
	io.ReaderAt
	Size() int64
}

// ReadAt implements io.ReaderAt.
func (j joined) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	for _, part := range j {
		if at >= part.Size() {
			at -= part.Size()
			continue
		}
		m, err := part.ReadAt(p[n:], at)
		n += m
		if n == len(p) {
			return n, nil
		}
		if err != nil && err != io.EOF {
			return n, err
		}
		at = 0
	}
	return n, io.EOF
}
