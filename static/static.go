package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed files
var files embed.FS

// Prefix begins the path of every file.
const Prefix = "/static/"

// file is one embedded file, ready to be sent.
type file struct {
	plain, zipped []byte
	contentType   string
	imports       []string // other files, of a module
}

// bundle is all files and the hash over their names and contents.
type bundle struct {
	hash  string
	files map[string]file
}

// load reads the embedded files once.
var load = sync.OnceValue(func() bundle {
	b := bundle{files: map[string]file{}}
	sum := sha256.New()
	err := fs.WalkDir(files, "files", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := files.ReadFile(p)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(p, "files/")
		sum.Write([]byte(name + "\x00" + strconv.Itoa(len(content)) + "\x00"))
		sum.Write(content)
		f := file{plain: content, zipped: zipped(content), contentType: contentType(name)}
		for _, m := range imported.FindAllStringSubmatch(string(content), -1) {
			f.imports = append(f.imports, m[1]+m[2])
		}
		b.files[name] = f
		return nil
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	b.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	return b
})

// zipped compresses a file, or gives nil where that saves nothing.
func zipped(content []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(content); err != nil {
		return nil
	}
	if w.Close() != nil || out.Len() >= len(content) {
		return nil
	}
	return out.Bytes()
}

// contentType is by the file's extension, the same on every machine.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// Path is the path of a file on the server: Path("app.css") gives
// "/static/HASH/app.css". A name that is not embedded is a mistake of the
// program and panics.
func Path(name string) string {
	b := load()
	if _, ok := b.files[name]; !ok {
		panic("static: no file " + name)
	}
	return Prefix + b.hash + "/" + name
}

// Names lists the embedded files.
func Names() []string {
	var names []string
	for name := range load().files {
		names = append(names, name)
	}
	return names
}

// imported finds what a module imports from beside it.
var imported = regexp.MustCompile(`(?m)\bfrom "\./([^"]+)";$|^import "\./([^"]+)";$`)

// Modules lists what a module imports, and what that imports in turn, each once.
func Modules(name string) []string {
	b := load()
	var list []string
	var visit func(string)
	visit = func(name string) {
		for _, next := range b.files[name].imports {
			if !slices.Contains(list, next) {
				list = append(list, next)
				visit(next)
			}
		}
	}
	visit(name)
	slices.Sort(list)
	return list
}

// Handler serves the files at the paths that [Path] gives. Anything else is
// 404, an older hash too: a page of an older build is loaded anew.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := load()
		f, ok := b.files[strings.TrimPrefix(r.URL.Path, Prefix+b.hash+"/")]
		if !ok || r.URL.RawPath != "" {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.contentType)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Vary", "Accept-Encoding")
		content := f.plain
		if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			content = f.zipped
		}
		h.Set("Content-Length", strconv.Itoa(len(content)))
		if r.Method == http.MethodGet {
			w.Write(content) //nolint:errcheck // the reader has gone
		}
	})
}
