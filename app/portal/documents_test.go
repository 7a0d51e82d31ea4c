package portal_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/bitrix/simulator"
)

func TestDocuments(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	png := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{1}, 2000)...)
	one := c.PutFile(c.deal, c.single, "Договор № 7.pdf", pdf("one"))
	two := c.PutFile(c.deal, c.multiple, "offer.PDF", pdf("two"))
	c.PutFile(c.deal, c.multiple, "photo.png", png)
	unnamed := c.PutFile(c.deal, c.multiple, "scan", append([]byte("junk before the header\n"), pdf("three")...))
	c.PutFile(c.deal, c.multiple, "notes.txt", []byte("no document"))
	bogus := c.PutFile(c.deal, c.multiple, "bogus.pdf", []byte("MZ this is no PDF"))
	short := c.PutFile(c.deal, c.multiple, "short", []byte("%PDF-1.4"))

	v := w.at(c, c.mary, c.deal)
	entity := app.Entity{Type: app.EntityDeal, ID: int64(c.deal)}
	doc := func(field, label string, multiple bool, id int, name string, size int) app.Document {
		return app.Document{
			Source: app.SourceField, Entity: entity, Field: field, Label: label, Multiple: multiple,
			FileID: strconv.Itoa(id), Name: name, Size: int64(size),
		}
	}
	want := []app.Document{
		doc(c.single, "Contract", false, one, "Договор № 7.pdf", len(pdf("one"))),
		doc(c.multiple, "Papers", true, two, "offer.PDF", len(pdf("two"))),
		doc(c.multiple, "Papers", true, unnamed, "scan", len(pdf("three"))+23),
		doc(c.multiple, "Papers", true, bogus, "bogus.pdf", 17),
		doc(c.multiple, "Papers", true, short, "short", 8),
	}
	got, err := w.Documents(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}

	// What is known of files is not asked again, by nobody.
	c.ForgetCalls()
	other := w.at(c, c.paul, c.deal)
	c.ForgetCalls()
	if got, err = w.Documents(t.Context(), other); err != nil || len(got) != len(want) {
		t.Errorf("second listing: %d documents, %v", len(got), err)
	}
	for _, call := range c.Calls() {
		if strings.Contains(call.Method, "getfile") {
			t.Errorf("the second listing called %s", call.Method)
		}
	}
}

func TestNoDocuments(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	empty := c.AddDeal(simulator.Deal{Title: "Nothing yet", Responsible: c.mary})
	got, err := w.Documents(t.Context(), w.at(c, c.mary, empty))
	if err != nil || got == nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	closed := c.AddDeal(simulator.Deal{Title: "Closed", Responsible: c.anna})
	c.PutFile(closed, c.single, "secret.pdf", pdf("secret"))
	if err := c.SetDealAccess(closed, c.mary, simulator.NoAccess); err != nil {
		t.Fatal(err)
	}
	w.at(c, c.anna, closed) // the administrator's grant is there, and of no use to her
	_, err = w.Documents(t.Context(), w.at(c, c.mary, closed))
	wants(t, err, app.Forbidden, "portal.no-right")
	_, err = w.Documents(t.Context(), w.at(c, c.mary, 999))
	wants(t, err, app.NotFound, "deal.gone")
	v := w.at(c, c.mary, c.deal)
	v.Entity = app.Entity{}
	_, err = w.Documents(t.Context(), v)
	wants(t, err, app.NotFound, "deal.gone")
}

// TestDocumentsFaults: a passing fault is not seen, a lasting one has a name,
// and half a list is never shown as a whole one.
func TestDocumentsFaults(t *testing.T) {
	const file = "crm.controller.item.getFile"
	for name, c := range map[string]struct {
		fault simulator.Fault
		kind  app.Kind
		key   string
		count int // of documents
	}{
		"503 once":             {simulator.Fault{Kind: simulator.QueryLimit, Count: 1}, "", "", 3},
		"503 for ever":         {simulator.Fault{Kind: simulator.QueryLimit}, app.Unavailable, "portal.busy", 0},
		"429":                  {simulator.Fault{Kind: simulator.OperationLimit, Method: "crm.item.get"}, app.Unavailable, "portal.busy", 0},
		"overload":             {simulator.Fault{Kind: simulator.Overload}, app.Unavailable, "portal.blocked", 0},
		"html once":            {simulator.Fault{Kind: simulator.BadGateway, Count: 1}, "", "", 3},
		"html for ever":        {simulator.Fault{Kind: simulator.BadGateway}, app.Upstream, "portal.answer", 0},
		"nothing for ever":     {simulator.Fault{Kind: simulator.EmptyBody}, app.Upstream, "portal.answer", 0},
		"reset once":           {simulator.Fault{Kind: simulator.Reset, Count: 1}, "", "", 3},
		"reset for ever":       {simulator.Fault{Kind: simulator.Reset}, app.Unavailable, "portal.unreachable", 0},
		"expired in the list":  {simulator.Fault{Kind: simulator.ExpiredToken, Count: 1}, "", "", 3},
		"expired at a file":    {simulator.Fault{Kind: simulator.ExpiredToken, Method: file, Skip: 1, Count: 1}, "", "", 3},
		"files never answer":   {simulator.Fault{Kind: simulator.Reset, Method: file}, app.Unavailable, "portal.unreachable", 0},
		"one file is broken":   {simulator.Fault{Kind: simulator.CustomError, Status: 404, Code: "X", Method: file, Count: 1}, "", "", 2},
		"permission withdrawn": {simulator.Fault{Kind: simulator.CustomError, Status: 401, Code: "insufficient_scope", Method: "batch"}, app.Forbidden, "portal.scope", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).install()
			a := w.acme
			for _, text := range []string{"one", "two", "three"} {
				a.PutFile(a.deal, a.multiple, text+".pdf", pdf(text))
			}
			v := w.at(a, a.mary, a.deal)
			a.Inject(c.fault)
			got, err := w.Documents(t.Context(), v)
			wants(t, err, c.kind, c.key)
			if len(got) != c.count {
				t.Errorf("%d documents, want %d", len(got), c.count)
			}
		})
	}
}

func TestFetch(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	data := pdf("one")
	id := c.PutFile(c.deal, c.multiple, "Договор.pdf", data)
	tiny := c.PutFile(c.deal, c.multiple, "tiny.pdf", []byte("%PDF-1.4"))
	bogus := c.PutFile(c.deal, c.multiple, "bogus.pdf", bytes.Repeat([]byte("MZ"), 4000))
	small := c.PutFile(c.deal, c.multiple, "small.pdf", []byte("MZ"))
	empty := c.PutFile(c.deal, c.multiple, "empty.pdf", nil)
	late := c.PutFile(c.deal, c.multiple, "late.pdf", append(bytes.Repeat([]byte(" "), 1024), data...))
	elsewhere := c.AddDeal(simulator.Deal{Title: "Another", Responsible: c.mary})
	foreign := c.PutFile(elsewhere, c.single, "foreign.pdf", data)
	v := w.at(c, c.mary, c.deal)
	for name, tc := range map[string]struct {
		field string
		id    int
		limit int64
		kind  app.Kind
		key   string
	}{
		"whole":              {c.multiple, id, int64(len(data)), "", ""},
		"tiny":               {c.multiple, tiny, 1 << 20, "", ""},
		"a byte too large":   {c.multiple, id, int64(len(data)) - 1, app.TooLarge, "document.too-large"},
		"not a PDF":          {c.multiple, bogus, 1 << 20, app.Unsupported, "document.not-pdf"},
		"a small other file": {c.multiple, small, 1 << 20, app.Unsupported, "document.not-pdf"},
		"header too late":    {c.multiple, late, 1 << 20, app.Unsupported, "document.not-pdf"},
		"empty":              {c.multiple, empty, 1 << 20, app.Unsupported, "document.empty"},
		"of another deal":    {c.single, foreign, 1 << 20, app.NotFound, "document.gone"},
		"of another field":   {c.single, id, 1 << 20, app.NotFound, "document.gone"},
		"no file field":      {"title", id, 1 << 20, app.NotFound, "document.gone"},
		"unknown field":      {"UF_CRM_NO", id, 1 << 20, app.NotFound, "document.gone"},
		"unknown file":       {c.multiple, 99_999, 1 << 20, app.NotFound, "document.gone"},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			d, err := w.Fetch(t.Context(), v.Portal, v.User, app.Document{
				Source: app.SourceField, Entity: v.Entity, Field: tc.field, FileID: strconv.Itoa(tc.id),
			}, &got, tc.limit)
			wants(t, err, tc.kind, tc.key)
			if tc.kind != "" {
				return
			}
			if int64(got.Len()) != d.Size || !bytes.HasPrefix(got.Bytes(), []byte("%PDF-")) || !d.Multiple || d.Label != "Papers" || !strings.HasSuffix(d.Name, ".pdf") {
				t.Errorf("%+v with %d bytes", d, got.Len())
			}
		})
	}
	for _, d := range []app.Document{
		{Source: app.SourceField, Entity: v.Entity, Field: c.multiple, FileID: "1 or 2"},
		{Source: "comment", Entity: v.Entity, Field: c.multiple, FileID: strconv.Itoa(id)},
	} {
		_, err := w.Fetch(t.Context(), v.Portal, v.User, d, &bytes.Buffer{}, 1<<20)
		wants(t, err, app.NotFound, "document.gone")
	}
}

// A user without the right gets nothing, though others' grants are at hand.
func TestFetchRights(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	id := c.PutFile(c.deal, c.single, "contract.pdf", pdf("one"))
	v := w.at(c, c.mary, c.deal)
	if err := c.SetDealAccess(c.deal, c.mary, simulator.NoAccess); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	_, err := w.Fetch(t.Context(), v.Portal, v.User, app.Document{
		Source: app.SourceField, Entity: v.Entity, Field: c.single, FileID: strconv.Itoa(id),
	}, &got, 1<<20)
	wants(t, err, app.Forbidden, "portal.no-right")
	if got.Len() != 0 {
		t.Errorf("%d bytes were written", got.Len())
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestFetchFaults(t *testing.T) {
	const file = "crm.controller.item.getFile"
	for name, c := range map[string]struct {
		fault simulator.Fault
		kind  app.Kind
		key   string
	}{
		"503 at the file":        {simulator.Fault{Method: file, Kind: simulator.QueryLimit, Count: 2}, "", ""},
		"429 at the file":        {simulator.Fault{Method: file, Kind: simulator.OperationLimit}, app.Unavailable, "portal.busy"},
		"expired at the file":    {simulator.Fault{Method: file, Kind: simulator.ExpiredToken, Count: 1}, "", ""},
		"expired for ever":       {simulator.Fault{Method: file, Kind: simulator.ExpiredToken}, app.Unauthenticated, "portal.session"},
		"html at the file":       {simulator.Fault{Method: file, Kind: simulator.Maintenance}, app.Upstream, "portal.answer"},
		"denied with status 200": {simulator.Fault{Method: file, Kind: simulator.PlainText}, app.Forbidden, "portal.no-right"},
		"absent with status 200": {simulator.Fault{Method: file, Kind: simulator.PlainText, Text: "File not found"}, app.NotFound, "document.gone"},
		"nothing at the file":    {simulator.Fault{Method: file, Kind: simulator.EmptyBody}, app.Upstream, "portal.answer"},
		"reset at the file":      {simulator.Fault{Method: file, Kind: simulator.Reset, Count: 1}, "", ""},
		"cut in the file":        {simulator.Fault{Method: file, Kind: simulator.Truncated}, app.Unavailable, "portal.unreachable"},
		"endless file":           {simulator.Fault{Method: file, Kind: simulator.Endless}, app.TooLarge, "document.too-large"},
		"expired in the deal":    {simulator.Fault{Method: "batch", Kind: simulator.ExpiredToken, Count: 1}, "", ""},
		"html in the deal":       {simulator.Fault{Method: "batch", Kind: simulator.BadGateway}, app.Upstream, "portal.answer"},
		"moved to a stranger":    {simulator.Fault{Method: "batch", Kind: simulator.Redirect, To: "http://evil.example.org"}, app.Unavailable, "portal.moved"},
		"file at a stranger":     {simulator.Fault{Method: file, Kind: simulator.Redirect, To: "http://evil.example.org"}, app.Unavailable, "portal.moved"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).install()
			a := w.acme
			data := pdf("one")
			id := a.PutFile(a.deal, a.single, "contract.pdf", data)
			v := w.at(a, a.mary, a.deal)
			a.Inject(c.fault)
			var got bytes.Buffer
			_, err := w.Fetch(t.Context(), v.Portal, v.User, app.Document{
				Source: app.SourceField, Entity: v.Entity, Field: a.single, FileID: strconv.Itoa(id),
			}, &got, 1<<20)
			wants(t, err, c.kind, c.key)
			if c.kind == "" && !bytes.Equal(got.Bytes(), data) {
				t.Errorf("got %d bytes", got.Len())
			}
			if err != nil && strings.Contains(err.Error(), "auth=") {
				t.Errorf("the error tells the link: %v", err)
			}
		})
	}
	t.Run("own disk is full", func(t *testing.T) {
		w := newWorld(t).install()
		id := w.acme.PutFile(w.acme.deal, w.acme.single, "contract.pdf", pdf("one"))
		v := w.at(w.acme, w.acme.mary, w.acme.deal)
		_, err := w.Fetch(t.Context(), v.Portal, v.User, app.Document{
			Source: app.SourceField, Entity: v.Entity, Field: w.acme.single, FileID: strconv.Itoa(id),
		}, fullDisk{}, 1<<20)
		wants(t, err, app.Internal, "")
	})
	t.Run("given up", func(t *testing.T) {
		w := newWorld(t).install()
		v := w.at(w.acme, w.acme.mary, w.acme.deal)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.Documents(ctx, v); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// A portal whose downloads answer nonsense must not look like a deal without
// PDFs.
func TestDocumentsUnderMaintenance(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.BadGateway, simulator.Maintenance} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t).install()
			c := w.acme
			c.PutFile(c.deal, c.single, "contract.pdf", pdf("one"))
			c.Inject(simulator.Fault{Method: "crm.controller.item.getFile", Kind: kind})
			v := w.at(c, c.mary, c.deal)
			list, err := w.Documents(t.Context(), v)
			if !errors.Is(err, app.Upstream) && !errors.Is(err, app.Unavailable) {
				t.Fatalf("%d documents, %v", len(list), err)
			}
			c.Heal()
			if list, err = w.Documents(t.Context(), v); err != nil || len(list) != 1 {
				t.Fatalf("afterwards %d documents, %v", len(list), err)
			}
		})
	}
}
