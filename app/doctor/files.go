package doctor

import (
	"io/fs"
	"os"
	"path/filepath"

	"signservice/app"
	"signservice/app/i18n"
)

// files looks at the files of the configuration and of the data from outside.
func (d *Doctor) files() []app.Finding {
	files := d.config.Files
	if d.config.Dir != "" {
		files = append([]File{{Path: d.config.Dir, Private: true}}, files...)
		for _, name := range []string{"signservice.db", "spool", "pins"} {
			if path := filepath.Join(d.config.Dir, name); exists(path) {
				files = append(files, File{Path: path, Private: true})
			}
		}
	}
	if len(files) == 0 {
		return nil
	}
	var list []app.Finding
	for _, file := range files {
		info, err := os.Stat(file.Path)
		if err != nil {
			list = append(list, app.Finding{
				Check: "files", Health: app.Broken, Subject: file.Path, Key: "doctor.file-missing", Fix: "doctor.file-missing-fix", Detail: err.Error(),
			})
			continue
		}
		if mode := private(info); file.Private && mode != "" {
			list = append(list, app.Finding{
				Check: "files", Health: app.Broken, Subject: file.Path, Key: "doctor.file-open", Fix: "doctor.file-open-fix",
				Detail: "chmod " + mode + " " + file.Path,
			})
		}
	}
	if len(list) == 0 {
		list = append(list, app.Finding{Check: "files", Health: app.Healthy, Key: "doctor.good"})
	}
	return list
}

// private gives the mode that keeps others out, or "" where they are out.
func private(info fs.FileInfo) string {
	switch {
	case info.Mode().Perm()&0o077 == 0:
		return ""
	case info.IsDir():
		return "700"
	}
	return "600"
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// The room on the disk, in bytes: a document is kept twice, and at less than
// lowDisk some dozen large ones may fill it.
const (
	lowDisk  = 1 << 30
	fullDisk = 200 << 20
)

// disk measures the room for the store and the spool.
func (d *Doctor) disk() []app.Finding {
	if d.config.Dir == "" {
		return nil
	}
	free, ok := room(d.config.Dir)
	if !ok {
		return nil
	}
	f := app.Finding{Check: "disk", Health: app.Healthy, Key: "doctor.disk-free", Args: []any{i18n.Size(free)}}
	switch {
	case free < fullDisk:
		f.Health, f.Fix = app.Broken, "doctor.disk-fix"
	case free < lowDisk:
		f.Health, f.Fix = app.Ailing, "doctor.disk-fix"
	}
	return []app.Finding{f}
}
