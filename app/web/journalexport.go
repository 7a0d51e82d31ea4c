package web

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"signservice/app"
)

// exportSpan is how long an export may be silent.
const exportSpan = 30 * time.Second

// exportJournal gives the entries that the filter asks for as a file: CSV for
// spreadsheets, or JSON lines with all that the audit log holds of each, its
// hash and that of the entry before included.
func (s *Server) exportJournal(c *call) error {
	f, err := c.journalFilter()
	if err != nil {
		return err
	}
	names, err := s.names(c)
	if err != nil {
		return err
	}
	var write func(io.Writer) (func(app.AuditEntry) error, func() error)
	var kind string
	switch format := c.QueryParam("format"); format {
	case "csv":
		kind = "text/csv; charset=utf-8"
		write = func(w io.Writer) (func(app.AuditEntry) error, func() error) { return c.csvJournal(w, names) }
	case "jsonl":
		kind = "application/jsonl"
		write = func(w io.Writer) (func(app.AuditEntry) error, func() error) {
			lines := json.NewEncoder(w)
			lines.SetEscapeHTML(false)
			return func(e app.AuditEntry) error { return lines.Encode(e) }, func() error { return nil }
		}
	default:
		return app.Fail(app.Invalid, "export journal", "journal.filter-wrong")
	}
	return s.stream(c, f, kind, write)
}

// stream writes the entries one by one, so that a journal of years needs no
// memory.
func (s *Server) stream(c *call, f journalFilter, kind string, format func(io.Writer) (func(app.AuditEntry) error, func() error)) error {
	w := c.Response()
	deadline := http.NewResponseController(w)
	put, finish := format(w)
	n := 0
	for e, err := range s.config.Admin.ExportJournal(c.Request().Context(), c.visit, f.query) {
		if err != nil {
			if n == 0 {
				return app.Wrap("export journal", err)
			}
			s.logError(c, err, app.KindOf(err), http.StatusOK)
			panic(http.ErrAbortHandler) // a cut file must not look whole
		}
		if n%1000 == 0 { // not every writer has a deadline to extend
			if err := deadline.SetWriteDeadline(time.Now().Add(exportSpan)); err != nil && !errors.Is(err, http.ErrNotSupported) {
				return app.Wrap("extend write deadline", err)
			}
		}
		if n == 0 {
			c.exportHead(kind)
		}
		if err := put(e); err != nil {
			panic(http.ErrAbortHandler) // the reader has gone
		}
		n++
	}
	if n == 0 {
		c.exportHead(kind)
	}
	if err := finish(); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// exportHead begins the answer.
func (c *call) exportHead(kind string) {
	ext, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(kind, "text/"), "application/"), ";")
	h := c.Response().Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", attachment(c.T("journal.title")+"."+ext))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	c.Response().WriteHeader(http.StatusOK)
}

// csvJournal writes entries as rows in the reader's words (RFC 4180), with the
// byte order mark without which a spreadsheet takes UTF-8 for something else.
func (c *call) csvJournal(w io.Writer, names map[string]string) (put func(app.AuditEntry) error, finish func() error) {
	rows := csv.NewWriter(w)
	rows.UseCRLF = true
	first := true
	head := func() error {
		if !first {
			return nil
		}
		first = false
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
		return rows.Write([]string{
			c.T("journal.number"), c.T("journal.time"), c.T("journal.who"), c.T("journal.what"), c.T("journal.subject"), c.T("journal.file"),
			c.T("journal.entity"), c.T("journal.certificate-column"), c.T("journal.original-column"), c.T("journal.result-column"), c.T("journal.method"),
			c.T("journal.address"), c.T("journal.details"), c.T("journal.order"), c.T("journal.request"),
		})
	}
	put = func(e app.AuditEntry) error {
		if err := head(); err != nil {
			return err
		}
		detail := firstOf(c.detail(e), e.Detail)
		row := []string{
			strconv.FormatInt(e.Seq, 10), e.At.UTC().Format(time.RFC3339), c.who(e.User, names), c.T("action." + string(e.Action)),
			c.subject(e, names), e.File, c.entity(e.Entity), certificateName(e, names), e.SHA256, e.Result, c.method(e.Method),
			e.Address, detail, string(e.Order), string(e.Request),
		}
		for i := range row {
			row[i] = plainCell(row[i])
		}
		return rows.Write(row)
	}
	return put, func() error {
		if err := head(); err != nil {
			return err
		}
		rows.Flush()
		return rows.Error()
	}
}

// plainCell keeps a spreadsheet from taking what a stranger wrote for a
// formula (OWASP, CSV Injection): such a text begins with an apostrophe.
func plainCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}
