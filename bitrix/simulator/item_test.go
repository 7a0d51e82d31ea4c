package simulator_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"signservice/bitrix/simulator"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// TestBehaviour24 reads file fields in both ways: relative addresses from crm.deal.get,
// links for machines from crm.item.get, and names from nowhere but the
// header of the download.
func TestBehaviour24(t *testing.T) {
	w := newWorld(t)
	single := w.portal.AddFileField("CONTRACT", "Contract", false)
	multiple := w.portal.AddFileField("1711610801", "Papers", true)
	empty := w.portal.AddFileField("EMPTY", "Empty", false)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	id := w.portal.PutFile(deal, single, `Договор "1".pdf`, []byte("%PDF-1.7 one"))
	w.portal.PutFile(deal, multiple, "a.pdf", []byte("%PDF-1.7 a"))
	w.portal.PutFile(deal, multiple, "b.pdf", []byte("%PDF-1.7 b"))

	t.Run("crm.deal.get", func(t *testing.T) {
		got := w.ok(w.mary, "crm.deal.get", map[string]any{"id": deal})
		if got.at("result", "ID") != fmt.Sprint(deal) {
			t.Errorf("ID is %v, want a string", got.at("result", "ID"))
		}
		link, _ := got.at("result", single, "downloadUrl").(string)
		if !strings.HasPrefix(link, "/bitrix/components/bitrix/crm.deal.show/show_file.php?auth=") {
			t.Errorf("downloadUrl %q", link)
		}
		if _, there := got.at("result").(map[string]any)[empty]; there {
			t.Error("an empty single field is told")
		}
		file := w.fetch("GET", w.portal.URL()+link, "", "")
		if string(file.raw) != "%PDF-1.7 one" {
			t.Errorf("download is %q", file.raw)
		}
		if n := len(got.at("result", multiple).([]any)); n != 2 {
			t.Errorf("%d files in the multiple field", n)
		}
	})
	t.Run("crm.item.get", func(t *testing.T) {
		got := w.ok(w.mary, "crm.item.get", map[string]any{"entityTypeId": 2, "id": deal, "useOriginalUfNames": "Y"})
		if got.at("result", "item", "id") != float64(deal) {
			t.Errorf("id is %v, want a number", got.at("result", "item", "id"))
		}
		if got.at("result", "item", single, "id") != float64(id) {
			t.Errorf("file id %v, want %d", got.at("result", "item", single, "id"), id)
		}
		link, _ := got.at("result", "item", single, "urlMachine").(string)
		file := w.fetch("GET", link, "", "")
		if string(file.raw) != "%PDF-1.7 one" || file.header.Get("Content-Type") != "application/pdf" {
			t.Errorf("download is %q of type %s", file.raw, file.header.Get("Content-Type"))
		}
		disp := file.header.Get("Content-Disposition")
		if !strings.Contains(disp, "filename*=utf-8''%D0%94%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80%20%221%22.pdf") ||
			!strings.Contains(disp, `filename="dogovor _1_.pdf"`) {
			t.Errorf("Content-Disposition %s", disp)
		}
		if head := w.fetch("HEAD", link, "", ""); head.status != 200 || head.header.Get("Content-Length") != "12" {
			t.Errorf("HEAD: status %d, length %s", head.status, head.header.Get("Content-Length"))
		}
	})
	t.Run("names in camel case", func(t *testing.T) {
		got := w.ok(w.mary, "crm.item.get", map[string]any{"entityTypeId": 2, "id": deal})
		for _, name := range []string{"ufCrmContract", "ufCrm_1711610801", "ufCrmEmpty"} {
			if _, ok := got.at("result", "item").(map[string]any)[name]; !ok {
				t.Errorf("no %s in %s", name, got.raw)
			}
		}
	})
	t.Run("crm.item.fields", func(t *testing.T) {
		got := w.ok(w.mary, "crm.item.fields", map[string]any{"entityTypeId": 2, "useOriginalUfNames": "Y"})
		if got.at("result", "fields", multiple, "isMultiple") != true || got.at("result", "fields", multiple, "type") != "file" {
			t.Errorf("field is %v", got.at("result", "fields", multiple))
		}
	})
}

// TestBehaviour25 is the table of what crm.item.update and crm.deal.update do to files.
func TestBehaviour25(t *testing.T) {
	type world25 struct {
		*world
		deal          int
		single, multi string
		one           int
		many          []int
	}
	setup := func(t *testing.T) world25 {
		w := world25{world: newWorld(t)}
		w.single = w.portal.AddFileField("ONE", "One", false)
		w.multi = w.portal.AddFileField("MANY", "Many", true)
		w.deal = w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
		w.one = w.portal.PutFile(w.deal, w.single, "one.pdf", []byte("one"))
		for _, n := range []string{"a", "b", "c"} {
			w.many = append(w.many, w.portal.PutFile(w.deal, w.multi, n+".pdf", []byte(n)))
		}
		return w
	}
	names := func(files []simulator.File) string {
		var out []string
		for _, f := range files {
			out = append(out, f.Name)
		}
		return strings.Join(out, " ")
	}
	id := func(n int) map[string]any { return map[string]any{"id": n} }
	pair := func(name, content string) []any { return []any{name, b64(content)} }

	for _, tt := range []struct {
		name         string
		method       string
		fields       func(world25) map[string]any
		single, many string
		fails        bool
	}{
		{
			name: "a new file at an index, the others kept in their order", method: "crm.item.update",
			fields: func(w world25) map[string]any {
				return map[string]any{w.multi: []any{id(w.many[0]), pair("B.pdf", "B"), id(w.many[2])}}
			},
			single: "one.pdf", many: "a.pdf B.pdf c.pdf",
		},
		{
			name: "files left out are deleted", method: "crm.item.update",
			fields: func(w world25) map[string]any { return map[string]any{w.multi: []any{id(w.many[1])}} },
			single: "one.pdf", many: "b.pdf",
		},
		{
			name: "unknown ids are ignored", method: "crm.item.update",
			fields: func(w world25) map[string]any {
				return map[string]any{w.multi: []any{id(w.many[0]), id(999999), id(w.one)}}
			},
			single: "one.pdf", many: "a.pdf",
		},
		{
			name: "an empty list clears", method: "crm.item.update",
			fields: func(w world25) map[string]any { return map[string]any{w.multi: []any{}} },
			single: "one.pdf", many: "",
		},
		{
			name: "a pair replaces a single file", method: "crm.item.update",
			fields: func(w world25) map[string]any { return map[string]any{w.single: pair("two.pdf", "two")} },
			single: "two.pdf", many: "a.pdf b.pdf c.pdf",
		},
		{
			name: "the current id keeps a single file", method: "crm.item.update",
			fields: func(w world25) map[string]any { return map[string]any{w.single: id(w.one)} },
			single: "one.pdf", many: "a.pdf b.pdf c.pdf",
		},
		{
			name: "a stale id clears a single field", method: "crm.item.update",
			fields: func(w world25) map[string]any { return map[string]any{w.single: id(w.many[0])} },
			single: "", many: "a.pdf b.pdf c.pdf",
		},
		{
			name: "empty content is an error and the file is lost", method: "crm.item.update",
			fields: func(w world25) map[string]any { return map[string]any{w.single: pair("two.pdf", "")} },
			single: "", many: "a.pdf b.pdf c.pdf", fails: true,
		},
		{
			name: "crm.deal.update loses the other files", method: "crm.deal.update",
			fields: func(w world25) map[string]any {
				return map[string]any{w.multi: []any{id(w.many[0]), map[string]any{"fileData": pair("B.pdf", "B")}, id(w.many[2])}}
			},
			single: "one.pdf", many: "B.pdf",
		},
		{
			name: "crm.deal.update replaces a single file", method: "crm.deal.update",
			fields: func(w world25) map[string]any {
				return map[string]any{w.single: map[string]any{"fileData": pair("two.pdf", "two")}}
			},
			single: "two.pdf", many: "a.pdf b.pdf c.pdf",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := setup(t)
			got := w.call(w.mary, tt.method, map[string]any{
				"entityTypeId": 2, "id": w.deal, "useOriginalUfNames": "Y", "fields": tt.fields(w),
			})
			if _, failed := got.code(); failed != tt.fails {
				t.Errorf("failed is %t: %s", failed, got.raw)
			}
			if s := names(w.portal.DealFiles(w.deal, w.single)); s != tt.single {
				t.Errorf("single field has %q, want %q", s, tt.single)
			}
			if s := names(w.portal.DealFiles(w.deal, w.multi)); s != tt.many {
				t.Errorf("multiple field has %q, want %q", s, tt.many)
			}
		})
	}

	t.Run("new ids, same bytes, an event", func(t *testing.T) {
		w := setup(t)
		w.ok(w.anna, "event.bind", map[string]any{"event": "onCrmDealUpdate", "handler": w.inbox.url + "/event"})
		got := w.ok(w.mary, "crm.item.update", map[string]any{
			"entityTypeId": 2, "id": w.deal, "useOriginalUfNames": "Y", "fields": map[string]any{w.single: pair("one.pdf", "signed")},
		})
		files := w.portal.DealFiles(w.deal, w.single)
		if len(files) != 1 || files[0].ID == w.one || !bytes.Equal(files[0].Content, []byte("signed")) {
			t.Errorf("field holds %+v", files)
		}
		if got.at("result", "item", w.single, "id") != float64(files[0].ID) {
			t.Errorf("the answer tells %v", got.at("result", "item", w.single))
		}
		w.settle()
		if n := len(w.inbox.all()); n != 1 {
			t.Errorf("%d events", n)
		}
	})
}
