package simulator_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signservice/bitrix/simulator"
)

// TestBehaviour26: links hang on their token; addresses for people and show_file fail in
// their own ways.
func TestBehaviour26(t *testing.T) {
	w := newWorld(t)
	field := w.portal.AddFileField("CONTRACT", "Contract", false)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	id := w.portal.PutFile(deal, field, "a.pdf", []byte("%PDF-1.7"))
	read := func(token string) string {
		a := w.callWith(token, "crm.item.get", map[string]any{"entityTypeId": 2, "id": deal, "useOriginalUfNames": "Y"})
		link, _ := a.at("result", "item", field, "urlMachine").(string)
		return link
	}
	tok, other := w.token(w.mary), w.token(w.mary)
	link := read(tok)
	if a := w.fetch("GET", link, "", ""); string(a.raw) != "%PDF-1.7" {
		t.Fatalf("download: %s", a.raw)
	}
	edit := func(change func(url.Values)) string {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	t.Run("another token", func(t *testing.T) {
		a := w.fetch("GET", edit(func(q url.Values) { q.Set("auth", other) }), "", "")
		wantError(t, a, 403, "ACCESS_DENIED", "Access denied! Link check failed")
	})
	t.Run("altered link", func(t *testing.T) {
		a := w.fetch("GET", edit(func(q url.Values) { q.Set("token", q.Get("token")+"x") }), "", "")
		wantError(t, a, 403, "ACCESS_DENIED", "Link check failed")
		a = w.fetch("GET", edit(func(q url.Values) { q.Del("token") }), "", "")
		wantError(t, a, 403, "ACCESS_DENIED", "")
	})
	t.Run("another method", func(t *testing.T) {
		a := w.fetch("GET", strings.Replace(link, "crm.controller.item.getFile", "download", 1), "", "")
		wantError(t, a, 403, "ACCESS_DENIED", "Link check failed")
	})
	t.Run("without a User-Agent", func(t *testing.T) {
		get := func() answer {
			req, err := http.NewRequest("GET", link, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("User-Agent", "")
			a, err := do(req)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := get(); a.status != 404 {
			t.Errorf("status %d", a.status)
		}
		w.portal.SetQuirks(simulator.Quirks{AnyUserAgent: true})
		if a := get(); a.status != 200 {
			t.Errorf("status %d", a.status)
		}
	})
	t.Run("ranges", func(t *testing.T) {
		req, err := http.NewRequest("GET", link, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Range", "bytes=1-3")
		if a, err := do(req); err != nil || a.status != 206 || string(a.raw) != "PDF" {
			t.Errorf("%v status %d: %s", err, a.status, a.raw)
		}
	})
	t.Run("show_file fails in words", func(t *testing.T) {
		show := func(token string, file int) answer {
			return w.fetch("GET", fmt.Sprintf("%s/bitrix/components/bitrix/crm.deal.show/show_file.php?auth=%s&ownerId=%d&fieldName=%s&dynamic=Y&fileId=%d",
				w.portal.URL(), token, deal, field, file), "", "")
		}
		for _, tt := range []struct {
			token string
			file  int
			want  string
		}{{tok, id, "%PDF-1.7"}, {tok, 5, "File not found"}, {"wrong", id, "Access denied."}, {"", id, "Access denied."}} {
			if a := show(tt.token, tt.file); a.status != 200 || string(a.raw) != tt.want {
				t.Errorf("status %d: %s, want %s", a.status, a.raw, tt.want)
			}
		}
	})
	t.Run("the address for people leads to the sign-in page", func(t *testing.T) {
		a := w.fetch("GET", fmt.Sprintf("%s/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&entityTypeId=2&id=%d&fieldName=%s&fileId=%d",
			w.portal.URL(), deal, field, id), "", "")
		if a.status != 302 || !strings.HasPrefix(a.header.Get("Location"), "/login/") {
			t.Errorf("status %d", a.status)
		}
	})
	t.Run("the file is gone from the deal", func(t *testing.T) {
		if _, err := w.portal.ReplaceFile(deal, field, id, "b.pdf", []byte("b")); err != nil {
			t.Fatal(err)
		}
		if a := w.fetch("GET", link, "", ""); a.status != 200 || !strings.Contains(string(a.raw), `"result":null`) {
			t.Errorf("status %d: %s", a.status, a.raw)
		}
	})
	t.Run("expired", func(t *testing.T) {
		link := read(tok)
		w.clock.Add(2 * time.Hour)
		wantError(t, w.fetch("GET", link, "", ""), 401, "expired_token", "")
	})
}

// TestBehaviour27: Drive.
func TestBehaviour27(t *testing.T) {
	w := newWorld(t)
	id := w.portal.AddDriveFile(w.mary, "offer.pdf", []byte("one"))
	bob := w.portal.AddUser(simulator.User{Name: "Bob"})
	version := func(user int, content string) answer {
		return w.call(user, "disk.file.uploadVersion", map[string]any{"id": id, "fileContent": []string{"ignored.pdf", b64(content)}})
	}
	history := func() string {
		f, _ := w.portal.DriveFile(id)
		var out []string
		for _, v := range f.Versions {
			out = append(out, string(v.Content))
		}
		return strings.Join(out, " ")
	}
	a := w.ok(w.mary, "disk.file.get", map[string]any{"id": id})
	for key, want := range map[string]any{"ID": fmt.Sprint(id), "NAME": "offer.pdf", "SIZE": "3", "GLOBAL_CONTENT_VERSION": "1", "TYPE": "file", "CREATED_BY": "2"} {
		if got := a.at("result", key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	link, _ := a.at("result", "DOWNLOAD_URL").(string)
	if got := w.fetch("GET", link, "", ""); string(got.raw) != "one" {
		t.Errorf("download: %s", got.raw)
	}

	t.Run("a version within 300 s of the same user destroys the former", func(t *testing.T) {
		w.clock.Add(299 * time.Second)
		a := version(w.mary, "two")
		if a.at("result", "ID") != fmt.Sprint(id) || a.at("result", "NAME") != "offer.pdf" || a.at("result", "GLOBAL_CONTENT_VERSION") != 2.0 {
			t.Errorf("answer %s", a.raw)
		}
		if h := history(); h != "two" {
			t.Errorf("history %q", h)
		}
	})
	t.Run("later, or by another, it is kept", func(t *testing.T) {
		w.clock.Add(301 * time.Second)
		version(w.mary, "three")
		version(w.anna, "four")
		if h := history(); h != "two three four" {
			t.Errorf("history %q", h)
		}
	})
	t.Run("versions", func(t *testing.T) {
		a := w.ok(w.mary, "disk.file.getVersions", map[string]any{"id": id})
		if len(a.at("result").([]any)) != 3 || a.at("result", 2, "GLOBAL_CONTENT_VERSION") != "2" {
			t.Errorf("versions %s", a.raw)
		}
		old, _ := a.at("result", 2, "DOWNLOAD_URL").(string)
		if got := w.fetch("GET", old, "", ""); string(got.raw) != "two" {
			t.Errorf("download of a version: %s", got.raw)
		}
		w.ok(w.mary, "disk.file.restoreFromVersion", map[string]any{"id": id, "versionId": a.at("result", 2, "ID")})
		if h := history(); h != "two three four two" {
			t.Errorf("history %q", h)
		}
		w.portal.SetQuirks(simulator.Quirks{NoDriveHistory: true})
		wantError(t, w.call(w.mary, "disk.file.getVersions", map[string]any{"id": id}), 404, "ERROR_METHOD_NOT_FOUND", "")
		w.portal.SetQuirks(simulator.Quirks{})
	})
	t.Run("rights", func(t *testing.T) {
		wantError(t, w.call(bob, "disk.file.get", map[string]any{"id": id}), 403, "ACCESS_DENIED", "")
		if err := w.portal.ShareDriveFile(id, false, bob); err != nil {
			t.Fatal(err)
		}
		w.ok(bob, "disk.file.get", map[string]any{"id": id})
		wantError(t, version(bob, "x"), 403, "ACCESS_DENIED", "")
		if err := w.portal.ShareDriveFile(id, true, bob); err != nil {
			t.Fatal(err)
		}
		if a := version(bob, "five"); a.status != 200 {
			t.Errorf("writer: %s", a.raw)
		}
	})
	t.Run("errors", func(t *testing.T) {
		wantError(t, w.call(w.mary, "disk.file.get", map[string]any{"id": 99999}), 400, "ERROR_NOT_FOUND", "Could not find entity with id `99999`.")
		wantError(t, w.call(w.mary, "disk.file.get", map[string]any{"id": "x"}), 400, "ERROR_ARGUMENT", "Invalid value of parameter")
		wantError(t, version(w.mary, ""), 400, "DISK_FILE_22006", "")
	})
	t.Run("folders", func(t *testing.T) {
		st := w.ok(w.anna, "disk.storage.getForApp", nil)
		root := st.at("result", "ROOT_OBJECT_ID")
		up := func(name, unique string) answer {
			return w.call(w.anna, "disk.folder.uploadFile", map[string]any{
				"id": root, "data": map[string]any{"NAME": name}, "fileContent": []string{"x", b64("kept")}, "generateUniqueName": unique,
			})
		}
		if a := up("a.pdf", "N"); a.at("result", "NAME") != "a.pdf" {
			t.Errorf("upload: %s", a.raw)
		}
		wantError(t, up("a.pdf", "N"), 400, "DISK_OBJ_22000", "")
		if a := up("a.pdf", "Y"); a.at("result", "NAME") != "a (1).pdf" {
			t.Errorf("unique name: %s", a.raw)
		}
		a := w.ok(w.anna, "disk.folder.uploadFile", map[string]any{"id": root})
		if a.at("result", "field") != "file" {
			t.Fatalf("address: %s", a.raw)
		}
		var body bytes.Buffer
		mw := multipart.NewWriter(&body)
		part, err := mw.CreateFormFile("file", "большой.pdf")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte("large"))
		_ = mw.Close()
		b := w.fetch("POST", a.at("result", "uploadUrl").(string), mw.FormDataContentType(), body.String())
		if b.at("result", "NAME") != "большой.pdf" || b.at("result", "SIZE") != "5" {
			t.Errorf("posted: %s", b.raw)
		}
		if n := len(w.ok(w.anna, "disk.folder.getChildren", map[string]any{"id": root}).at("result").([]any)); n != 3 {
			t.Errorf("%d children", n)
		}
		wantError(t, w.call(bob, "disk.folder.getChildren", map[string]any{"id": root}), 403, "ACCESS_DENIED", "")
		copied := w.ok(w.anna, "disk.file.copyto", map[string]any{"id": id, "targetFolderId": root})
		if copied.at("result", "NAME") != "offer.pdf" || copied.at("result", "ID") == fmt.Sprint(id) {
			t.Errorf("copy: %s", copied.raw)
		}
	})
}

// TestBehaviour28: timeline comments.
func TestBehaviour28(t *testing.T) {
	w := newWorld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	bob := w.portal.AddUser(simulator.User{Name: "Bob"})
	id := w.portal.AddComment(deal, simulator.Comment{Author: w.mary, Text: "See", Files: []simulator.File{{Name: "a.pdf", Content: []byte("%PDF")}}})
	plain := w.portal.AddComment(deal, simulator.Comment{Author: w.anna, Text: "No file"})
	listFor := func(filter map[string]any) answer {
		return w.call(w.mary, "crm.timeline.comment.list", map[string]any{"filter": filter})
	}
	wantError(t, listFor(map[string]any{"ENTITY_ID": deal}), 400, "ERROR_ARGUMENT", "")
	wantError(t, listFor(map[string]any{"ENTITY_TYPE": "deal"}), 400, "ERROR_ARGUMENT", "")
	a := listFor(map[string]any{"ENTITY_ID": deal, "ENTITY_TYPE": "deal"})
	if a.at("total") != 2.0 || a.at("result", 0, "ID") != fmt.Sprint(id) {
		t.Fatalf("list: %s", a.raw)
	}
	files, _ := a.at("result", 0, "FILES").(map[string]any)
	if len(files) != 1 {
		t.Fatalf("files are %v", a.at("result", 0, "FILES"))
	}
	var file map[string]any
	for key, f := range files {
		file = f.(map[string]any)
		if key != fmt.Sprint(int(file["id"].(float64))) || file["name"] != "a.pdf" || file["size"] != 4.0 {
			t.Errorf("file %s is %v", key, file)
		}
	}
	if l, ok := a.at("result", 1, "FILES").([]any); !ok || len(l) != 0 {
		t.Errorf("no files are %v, want []", a.at("result", 1, "FILES"))
	}
	if a := w.fetch("GET", file["urlDownload"].(string), "", ""); a.status != 302 || !strings.HasPrefix(a.header.Get("Location"), "/login/") {
		t.Errorf("urlDownload without a session: status %d", a.status)
	}
	object := int(file["id"].(float64))
	if d := w.ok(w.mary, "disk.file.get", map[string]any{"id": object}); d.at("result", "NAME") != "a.pdf" {
		t.Errorf("object: %s", d.raw)
	}
	wantError(t, w.call(bob, "disk.file.get", map[string]any{"id": object}), 403, "ACCESS_DENIED", "")
	w.ok(w.anna, "disk.file.get", map[string]any{"id": object}) // administrators pass

	update := func(user int, fields map[string]any) answer {
		return w.call(user, "crm.timeline.comment.update", map[string]any{"id": id, "fields": fields})
	}
	wantError(t, update(bob, map[string]any{"COMMENT": "mine"}), 400, "ACCESS_DENIED", "")
	wantError(t, update(w.mary, map[string]any{"FILES": []any{}}), 400, "INVALID_ARG_VALUE", "")
	if a := update(w.mary, map[string]any{"COMMENT": "Now", "FILES": []any{[]string{"b.pdf", b64("b")}}}); a.at("result") != true {
		t.Errorf("update: %s", a.raw)
	}
	got := w.portal.Timeline(deal)[0]
	if got.Text != "Now" || len(got.Files) != 1 || got.Files[0].Name != "b.pdf" {
		t.Errorf("comment is %+v", got)
	}
	added := w.ok(bob, "crm.timeline.comment.add", map[string]any{"fields": map[string]any{
		"ENTITY_ID": deal, "ENTITY_TYPE": "deal", "COMMENT": "Signed copy", "AUTHOR_ID": w.mary, "FILES": []any{[]string{"c.pdf", b64("c")}, []string{"c.pdf", b64("d")}},
	}})
	last := w.portal.Timeline(deal)[2]
	if added.at("result") != float64(last.ID) || last.Author != bob || last.App != w.app.ClientID ||
		len(last.Files) != 2 || last.Files[1].Name != "c (1).pdf" {
		t.Errorf("added %+v", last)
	}
	wantError(t, w.call(bob, "crm.timeline.comment.add", map[string]any{"fields": map[string]any{"ENTITY_ID": 99, "ENTITY_TYPE": "deal", "COMMENT": "x"}}), 400, "OWNER_NOT_FOUND", "")
	wantError(t, w.call(bob, "crm.timeline.comment.add", map[string]any{"fields": map[string]any{"ENTITY_ID": deal, "ENTITY_TYPE": "deal"}}), 400, "INVALID_ARG_VALUE", "")
	wantError(t, w.call(bob, "crm.timeline.comment.delete", map[string]any{"id": plain}), 400, "ACCESS_DENIED", "")
	w.ok(w.anna, "crm.timeline.comment.delete", map[string]any{"id": plain})
	if n := len(w.portal.Timeline(deal)); n != 2 {
		t.Errorf("%d entries", n)
	}
}

// TestBehaviour29: a PDF that the generator makes later; files of activities.
func TestBehaviour29(t *testing.T) {
	w := newWorld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	bob := w.portal.AddUser(simulator.User{Name: "Bob"})
	doc := w.portal.AddDocument(deal, simulator.GeneratedDocument{Title: "Offer", Author: w.anna, DOCX: []byte("PK"), PDF: []byte("%PDF"), PDFAfter: 10 * time.Second})
	get := func() answer { return w.ok(w.mary, "crm.documentgenerator.document.get", map[string]any{"id": doc}) }
	if a := get(); a.at("result", "document", "pdfUrlMachine") != nil || a.at("result", "document", "pdfId") != nil {
		t.Errorf("the PDF is there at once: %s", a.raw)
	}
	w.clock.Add(10 * time.Second)
	link, _ := get().at("result", "document", "pdfUrlMachine").(string)
	if a := w.fetch("GET", link, "", ""); string(a.raw) != "%PDF" || !strings.Contains(a.header.Get("Content-Disposition"), "Offer.pdf") {
		t.Errorf("download: %s", a.raw)
	}
	a := w.ok(w.mary, "crm.documentgenerator.document.list", map[string]any{"filter": map[string]any{"entityTypeId": 2, "entityId": deal}})
	if a.at("result", "documents", 0, "id") != fmt.Sprint(doc) {
		t.Errorf("list: %s", a.raw)
	}
	wantError(t, w.call(w.mary, "crm.documentgenerator.document.list", map[string]any{"select": []string{"entityTypeId"}}), 400, "100", "")
	wantError(t, w.call(w.mary, "crm.documentgenerator.document.replace", map[string]any{"id": doc}), 404, "ERROR_METHOD_NOT_FOUND", "")

	act := w.portal.AddActivity(simulator.Activity{
		Owner: simulator.Binding{EntityType: 4, ID: 1}, Bindings: []simulator.Binding{{EntityType: 2, ID: deal}},
		Provider: simulator.ProviderEmail, Subject: "Mail", Incoming: true, Author: w.anna, Files: []simulator.File{{Name: "mail.pdf", Content: []byte("%PDF mail")}},
	})
	byOwner := w.ok(w.mary, "crm.activity.list", map[string]any{"filter": map[string]any{"OWNER_TYPE_ID": 2, "OWNER_ID": deal}})
	if n := len(byOwner.at("result").([]any)); n != 0 {
		t.Errorf("%d activities by owner, want none", n)
	}
	byBinding := w.ok(w.mary, "crm.activity.list", map[string]any{
		"filter": map[string]any{"BINDINGS": []any{map[string]any{"OWNER_TYPE_ID": 2, "OWNER_ID": deal}}}, "select": []string{"ID", "FILES", "TYPE_ID", "DIRECTION"},
	})
	row := byBinding.at("result", 0)
	if dig(row, "ID") != fmt.Sprint(act) || dig(row, "TYPE_ID") != "4" || dig(row, "DIRECTION") != "1" || dig(row, "SUBJECT") != nil {
		t.Fatalf("activity is %v", row)
	}
	file, _ := dig(row, "FILES", 0, "url").(string)
	if a := w.fetch("GET", file, "", ""); string(a.raw) != "%PDF mail" {
		t.Errorf("crm_show_file: %s", a.raw)
	}
	wantError(t, w.call(bob, "disk.file.get", map[string]any{"id": dig(row, "FILES", 0, "id")}), 403, "ACCESS_DENIED", "")
	if a := w.fetch("GET", strings.Replace(file, "fileId=", "fileId=9", 1), "", ""); a.status != 200 || string(a.raw) != "File not found" {
		t.Errorf("status %d: %s", a.status, a.raw)
	}
	u, err := url.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("auth", "")
	u.RawQuery = q.Encode()
	if a := w.fetch("GET", u.String(), "", ""); a.status != 200 || string(a.raw) != "Access denied." {
		t.Errorf("status %d: %s", a.status, a.raw)
	}
	req, err := http.NewRequest("POST", w.portal.URL()+"/rest/crm.activity.get", strings.NewReader(fmt.Sprintf(`{"id":%d}`, act)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+w.token(w.mary))
	if a, err := do(req); err != nil || !strings.HasSuffix(fmt.Sprint(a.at("result", "FILES", 0, "url")), "&auth=") {
		t.Errorf("by Bearer: %v %s", err, a.raw)
	}
}

// TestBehaviour30: what colleagues do between our read and our write.
func TestBehaviour30(t *testing.T) {
	type world30 struct {
		*world
		field    string
		deal, id int
	}
	setup := func(t *testing.T) world30 {
		w := world30{world: newWorld(t)}
		w.field = w.portal.AddFileField("PAPERS", "Papers", true)
		w.deal = w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
		w.id = w.portal.PutFile(w.deal, w.field, "a.pdf", []byte("a"))
		return w
	}
	for _, tt := range []struct {
		name         string
		colleague    func(world30)
		status       int
		code, answer string
	}{
		{"replaces the file", func(w world30) {
			if _, err := w.portal.ReplaceFile(w.deal, w.field, w.id, "theirs.pdf", []byte("theirs")); err != nil {
				w.t.Fatal(err)
			}
		}, 200, "", "signed.pdf"},
		{"removes the file", func(w world30) {
			if err := w.portal.RemoveFile(w.deal, w.field, w.id); err != nil {
				w.t.Fatal(err)
			}
		}, 200, "", "signed.pdf"},
		{"deletes the deal", func(w world30) {
			if err := w.portal.DeleteDeal(w.deal); err != nil {
				w.t.Fatal(err)
			}
		}, 400, "NOT_FOUND", ""},
		{"takes the right away", func(w world30) {
			if err := w.portal.SetDealAccess(w.deal, w.mary, simulator.ReadAccess); err != nil {
				w.t.Fatal(err)
			}
		}, 400, "ACCESS_DENIED", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := setup(t)
			var seen []simulator.Update
			remove := w.portal.BeforeUpdate(func(u simulator.Update) {
				seen = append(seen, u)
				tt.colleague(w)
			})
			a := w.call(w.mary, "crm.item.update", map[string]any{
				"entityTypeId": 2, "id": w.deal, "useOriginalUfNames": "Y",
				"fields": map[string]any{w.field: []any{map[string]any{"id": w.id}, []string{"signed.pdf", b64("signed")}}},
			})
			if a.status != tt.status {
				t.Errorf("status %d: %s", a.status, a.raw)
			}
			if tt.code != "" {
				wantError(t, a, tt.status, tt.code, "")
			}
			var names []string
			for _, f := range w.portal.DealFiles(w.deal, w.field) {
				names = append(names, f.Name)
			}
			if tt.answer != "" && strings.Join(names, " ") != tt.answer { // the stale id is passed over
				t.Errorf("files are %v, want %s", names, tt.answer)
			}
			if len(seen) != 1 || seen[0] != (simulator.Update{Method: "crm.item.update", User: w.mary, EntityType: 2, ID: w.deal}) {
				t.Errorf("hook saw %+v", seen)
			}
			remove()
			w.call(w.mary, "crm.item.update", map[string]any{"entityTypeId": 2, "id": w.deal, "fields": map[string]any{}})
			if len(seen) != 1 {
				t.Error("the hook ran after its removal")
			}
		})
	}
	t.Run("quota and slow uploads", func(t *testing.T) {
		w := setup(t)
		object := w.portal.AddDriveFile(w.mary, "a.pdf", []byte("a"))
		version := map[string]any{"id": object, "fileContent": []string{"a", b64("b")}}
		w.portal.Inject(simulator.Fault{Method: "disk.file.uploadVersion", Kind: simulator.QuotaExceeded, Count: 1})
		wantError(t, w.call(w.mary, "disk.file.uploadVersion", version), 400, "DISK_BASE_SERVICE_22001", "")
		w.portal.Inject(simulator.Fault{Method: "disk.file.uploadVersion", Kind: simulator.LateGateway, Count: 1})
		if a := w.call(w.mary, "disk.file.uploadVersion", version); a.status != 504 {
			t.Errorf("status %d", a.status)
		}
		if f, _ := w.portal.DriveFile(object); string(f.Content) != "b" {
			t.Errorf("content %s", f.Content)
		}
	})
}
