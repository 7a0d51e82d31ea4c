package bitrix_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix"
)

// method is a promise about one method: what it sends, and what it makes of
// the answer that the vendor's page shows.
type method struct {
	name   string
	run    func(context.Context, *bitrix.Client) (any, error)
	method string
	params string // JSON without auth
	result string
	want   any
}

func pdf(name, content string) bitrix.File {
	return bitrix.File{Name: name, Content: bytes.NewReader([]byte(content)), Size: int64(len(content))}
}

func at(s string) bitrix.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return bitrix.Time{Time: t}
}

func TestMethods(t *testing.T) {
	for _, list := range [][]method{basicMethods, crmMethods, timelineMethods, fileMethods, installMethods} {
		for _, m := range list {
			t.Run(m.name, func(t *testing.T) { m.check(t) })
		}
	}
}

func (m method) check(t *testing.T) {
	p := newPortal(t, script(reply(200, `{"result":`+m.result+`,"time":{"operating_reset_at":"2024-08-26T16:11:37+03:00","operating":0.01}}`)))
	got, err := m.run(context.Background(), p.client(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.want, got, cmp.AllowUnexported(bitrix.Item{})); diff != "" {
		t.Errorf("result: %s", diff)
	}
	calls := p.seen()
	if len(calls) != 1 || calls[0].Method != m.method || calls[0].Auth != token {
		t.Fatalf("calls: %v", calls)
	}
	var want map[string]any
	if err := json.Unmarshal([]byte(m.params), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, calls[0].Params); diff != "" {
		t.Errorf("parameters: %s", diff)
	}
}

// done stands for the result of methods that return an error only.
const done = "done"

var basicMethods = []method{
	{
		"profile", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.Profile(ctx) },
		"profile", `{}`, `{"ID":"1","ADMIN":true,"NAME":"Anna","LAST_NAME":"Berg","PERSONAL_GENDER":"F","TIME_ZONE":"Europe/Berlin","TIME_ZONE_OFFSET":3600}`,
		bitrix.Profile{ID: 1, Admin: true, Name: "Anna", LastName: "Berg", Gender: "F", TimeZone: "Europe/Berlin"},
	},
	{
		"user.admin", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.IsAdmin(ctx) },
		"user.admin", `{}`, `true`, true,
	},
	{
		"user.current", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.CurrentUser(ctx) },
		"user.current", `{}`, `{"ID":"3","ACTIVE":true,"NAME":"John","LAST_NAME":"Smith","EMAIL":"j@x.example","TIMESTAMP_X":{},"WORK_POSITION":"","UF_DEPARTMENT":[1],"USER_TYPE":"employee"}`,
		bitrix.User{ID: 3, Active: true, Name: "John", LastName: "Smith", Email: "j@x.example", Type: "employee"},
	},
	{
		"user.get", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return bitrix.Collect(c.Users(ctx, bitrix.Params{"ACTIVE": true, "ID": []int{1, 2}}), 0)
		},
		"user.get", `{"FILTER":{"ACTIVE":true,"ID":[1,2]},"sort":"ID","order":"ASC","start":0}`, `[{"ID":"1","ACTIVE":"Y"}]`,
		[]bitrix.User{{ID: 1, Active: true}},
	},
	{
		"user.get of one", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.User(ctx, 5) },
		"user.get", `{"FILTER":{"ID":5},"sort":"ID","order":"ASC"}`, `[{"ID":"5","ACTIVE":false,"NAME":null}]`,
		bitrix.User{ID: 5},
	},
	{
		"user.search", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return bitrix.Collect(c.SearchUsers(ctx, "smi"), 0)
		},
		"user.search", `{"FILTER":{"FIND":"smi","ACTIVE":true,"USER_TYPE":"employee"},"sort":"ID","order":"ASC","start":0}`, `[]`,
		[]bitrix.User(nil),
	},
	{
		"server.time", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.ServerTime(ctx) },
		"server.time", `{}`, `"2024-08-05T09:02:13+00:00"`, time.Date(2024, 8, 5, 9, 2, 13, 0, time.UTC),
	},
	{
		"scope", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.Scope(ctx) },
		"scope", `{}`, `["crm","placement"]`,
		[]string{"crm", "placement"},
	},
	{
		"methods", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.Methods(ctx) },
		"methods", `{}`, `["batch","scope"]`,
		[]string{"batch", "scope"},
	},
	{
		"app.info", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.Info(ctx) },
		"app.info", `{}`, `{"ID":7,"CODE":"local.1","VERSION":1,"STATUS":"L","INSTALLED":true,"LANGUAGE_ID":"en","LICENSE":"en_selfhosted"}`,
		bitrix.PortalInfo{Code: "local.1", Status: "L", Installed: true, Language: "en", License: "en_selfhosted"},
	},
	{
		"im.notify.personal.add", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return c.NotifyPersonal(ctx, bitrix.Notification{UserID: 5, Text: "[B]Hi[/B]", Tag: "T1"})
		},
		"im.notify.personal.add", `{"USER_ID":5,"MESSAGE":"[B]Hi[/B]","TAG":"T1"}`, `17`, bitrix.ID(17),
	},
	{
		"im.notify.system.add", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return c.NotifySystem(ctx, bitrix.Notification{UserID: 5, Text: "Hi"})
		},
		"im.notify.system.add", `{"USER_ID":5,"MESSAGE":"Hi"}`, `"18"`, bitrix.ID(18),
	},
}

var crmMethods = []method{
	{
		"crm.item.get", func(ctx context.Context, c *bitrix.Client) (any, error) {
			item, err := c.Item(ctx, bitrix.EntityDeal, 8061)
			if err != nil {
				return nil, err
			}
			single, err1 := item.Files("UF_CRM_1")
			many, err2 := item.Files("UF_CRM_2")
			none, err3 := item.Files("UF_CRM_3")
			missing, err4 := item.Files("UF_CRM_4")
			var text string
			err5 := item.Decode("UF_CRM_5", &text)
			for _, err := range []error{err1, err2, err3, err4, err5} {
				if err != nil {
					return nil, err
				}
			}
			return []any{item.ID, item.Title, item.Stage, item.AssignedTo, single, many, none, missing, text, item.Has("UF_CRM_3"), item.Has("UF_CRM_4")}, nil
		},
		"crm.item.get", `{"entityTypeId":2,"id":8061,"useOriginalUfNames":"Y"}`,
		`{"item":{"id":8061,"title":"A crane","stageId":"C1:NEW","assignedById":"3","updatedTime":"2026-03-20T13:51:45+03:00",
			"UF_CRM_1":{"id":30577,"url":"https://p/a","urlMachine":"https://p/rest/x.json?auth=1"},
			"UF_CRM_2":[{"id":"30578","url":"https://p/b","urlMachine":"https://p/rest/y.json?auth=1"}],"UF_CRM_3":null,"UF_CRM_5":"x"}}`,
		[]any{
			bitrix.ID(8061), "A crane", "C1:NEW", bitrix.ID(3),
			[]bitrix.ItemFile{{ID: 30577, URL: "https://p/a", Link: "https://p/rest/x.json?auth=1"}},
			[]bitrix.ItemFile{{ID: 30578, URL: "https://p/b", Link: "https://p/rest/y.json?auth=1"}},
			[]bitrix.ItemFile(nil), []bitrix.ItemFile(nil), "x", true, false,
		},
	},
	{
		"crm.item.fields", func(ctx context.Context, c *bitrix.Client) (any, error) {
			fields, err := c.ItemFields(ctx, bitrix.EntityDeal)
			return []any{fields["UF_CRM_1"], fields["UF_CRM_1"].Label(), fields["title"].Label(), fields["x"].Label()}, err
		},
		"crm.item.fields", `{"entityTypeId":2,"useOriginalUfNames":"Y"}`,
		`{"fields":{"title":{"type":"string","title":"Name"},"UF_CRM_1":{"type":"file","isRequired":false,"isMultiple":true,"isDynamic":true,"title":"UF_CRM_1","formLabel":"Estimate","settings":{"EXTENSIONS":[]}}}}`,
		[]any{bitrix.Field{Type: "file", Multiple: true, Dynamic: true, Title: "UF_CRM_1", FormLabel: "Estimate"}, "Estimate", "Name", ""},
	},
	{
		"crm.item.update, single file", func(ctx context.Context, c *bitrix.Client) (any, error) {
			item, err := c.UpdateItem(ctx, bitrix.EntityDeal, 8061, bitrix.Params{"UF_CRM_1": pdf("a.pdf", "%PDF-1.7"), "title": "T", "UF_CRM_9": nil})
			return item.ID, err
		},
		"crm.item.update", `{"entityTypeId":2,"id":8061,"useOriginalUfNames":"Y","fields":{"UF_CRM_1":["a.pdf","JVBERi0xLjc="],"title":"T","UF_CRM_9":null}}`,
		`{"item":{"id":8061}}`, bitrix.ID(8061),
	},
	{
		"crm.item.update, several files", func(ctx context.Context, c *bitrix.Client) (any, error) {
			item, err := c.UpdateItem(ctx, 1046, 7, bitrix.Params{"UF_CRM_2": bitrix.FileSlots{bitrix.Keep(30578), bitrix.Put(pdf("b/a.pdf", "x")), bitrix.Keep(30580)}})
			return item.ID, err
		},
		"crm.item.update", `{"entityTypeId":1046,"id":7,"useOriginalUfNames":"Y","fields":{"UF_CRM_2":[{"id":30578},["a.pdf","eA=="],{"id":30580}]}}`,
		`{"item":{"id":7}}`, bitrix.ID(7),
	},
	{
		"crm.documentgenerator.document.list", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return bitrix.Collect(c.Documents(ctx, bitrix.EntityDeal, 8061), 0)
		},
		"crm.documentgenerator.document.list", `{"filter":{"entityTypeId":2,"entityId":8061},"order":{"id":"DESC"},"start":0}`,
		`{"documents":[{"id":"61","title":"Offer","number":"2026-002","fileId":"283","pdfId":"287","createTime":"2026-03-20T13:51:45+03:00","createdBy":"577","updatedBy":null,"values":[],"pdfUrlMachine":"https://p/rest/z.json"},{"id":62,"pdfId":null}]}`,
		[]bitrix.Document{
			{ID: 61, Title: "Offer", Number: "2026-002", FileID: 283, PDFID: 287, Created: at("2026-03-20T13:51:45+03:00"), AuthorID: 577, PDFLink: "https://p/rest/z.json"},
			{ID: 62},
		},
	},
	{
		"crm.documentgenerator.document.list, empty", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return bitrix.Collect(c.Documents(ctx, bitrix.EntityDeal, 8061), 0)
		},
		"crm.documentgenerator.document.list", `{"filter":{"entityTypeId":2,"entityId":8061},"order":{"id":"DESC"},"start":0}`, `[]`, []bitrix.Document(nil),
	},
	{
		"crm.documentgenerator.document.get", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.Document(ctx, 61) },
		"crm.documentgenerator.document.get", `{"id":61}`, `{"document":{"id":"61","pdfId":null}}`,
		bitrix.Document{ID: 61},
	},
}

var timelineMethods = []method{
	{
		"crm.timeline.comment.list", func(ctx context.Context, c *bitrix.Client) (any, error) {
			list, err := bitrix.Collect(c.Comments(ctx, bitrix.EntityDeal, 8061), 0)
			if err != nil {
				return nil, err
			}
			return []any{list[0].Text, list[0].AuthorID, list[0].Files(), len(list[1].Files()), len(list[2].Files())}, nil
		},
		"crm.timeline.comment.list", `{"filter":{"ENTITY_ID":8061,"ENTITY_TYPE":"deal"},"select":["ID","ENTITY_ID","ENTITY_TYPE","CREATED","COMMENT","AUTHOR_ID","FILES"],"order":{"ID":"DESC"},"start":0}`,
		`[{"ID":"999","ENTITY_ID":"8061","ENTITY_TYPE":"deal","CREATED":"2026-01-02T12:00:00+03:00","COMMENT":"see","AUTHOR_ID":"1",
			"FILES":{"931":{"id":931,"name":"b.pdf","size":2},"930":{"id":930,"date":"2026-01-02T12:00:00+03:00","type":"file","name":"offer.pdf","size":20431,"image":false,"authorId":1,"authorName":"J. Doe","urlDownload":"https://p/disk/downloadFile/930/"}}},
			{"ID":"998","FILES":[]},{"ID":"997"}]`,
		[]any{
			bitrix.Text("see"), bitrix.ID(1),
			[]bitrix.CommentFile{{ID: 930, Date: at("2026-01-02T12:00:00+03:00"), Name: "offer.pdf", Size: 20431, AuthorID: 1, AuthorName: "J. Doe"}, {ID: 931, Name: "b.pdf", Size: 2}},
			0, 0,
		},
	},
	{
		"crm.timeline.comment.get", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.Comment(ctx, 999) },
		"crm.timeline.comment.get", `{"id":999}`, `{"ID":"999","COMMENT":"x"}`,
		bitrix.Comment{ID: 999, Text: "x"},
	},
	{
		"crm.timeline.comment.add", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return c.AddComment(ctx, bitrix.NewComment{Entity: bitrix.EntitySmartInvoice, EntityID: 9, Text: "x", Files: []bitrix.File{pdf("a.pdf", "x")}})
		},
		"crm.timeline.comment.add", `{"fields":{"ENTITY_ID":9,"ENTITY_TYPE":"smart_invoice","COMMENT":"x","FILES":[["a.pdf","eA=="]]}}`, `1000`, bitrix.ID(1000),
	},
	{
		"crm.timeline.comment.update", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return done, c.UpdateComment(ctx, 999, bitrix.NewComment{Entity: bitrix.EntityDeal, EntityID: 8061, Text: "y", Files: []bitrix.File{pdf("a.pdf", "x"), pdf("b.pdf", "y")}})
		},
		"crm.timeline.comment.update", `{"id":999,"ownerTypeId":2,"ownerId":8061,"fields":{"COMMENT":"y","FILES":[["a.pdf","eA=="],["b.pdf","eQ=="]]}}`, `true`, done,
	},
	{
		"crm.timeline.logmessage.add", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return c.AddLogMessage(ctx, bitrix.NewLogMessage{Entity: bitrix.EntityDeal, EntityID: 8061, Title: "Signed", Text: "by <Mary>", Icon: "document"})
		},
		"crm.timeline.logmessage.add", `{"fields":{"entityTypeId":2,"entityId":8061,"title":"Signed","text":"by <Mary>","iconCode":"document"}}`,
		`{"logMessage":{"id":1,"created":"2024-04-03T10:26:32+02:00","authorId":1,"title":"Signed","text":"by <Mary>","iconCode":"document"}}`,
		bitrix.LogMessage{ID: 1, Created: at("2024-04-03T10:26:32+02:00"), AuthorID: 1, Title: "Signed", Text: "by <Mary>", Icon: "document"},
	},
	{
		"crm.timeline.logmessage.list", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return bitrix.Collect(c.LogMessages(ctx, bitrix.EntityLead, 1), 0)
		},
		"crm.timeline.logmessage.list", `{"entityTypeId":1,"entityId":1,"order":{"id":"desc"},"start":0,"offset":0}`, `[{"id":42074,"title":"T"}]`,
		[]bitrix.LogMessage{{ID: 42074, Title: "T"}},
	},
	{
		"crm.timeline.logmessage.list in an object", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return bitrix.Collect(c.LogMessages(ctx, bitrix.EntityLead, 1), 0)
		},
		"crm.timeline.logmessage.list", `{"entityTypeId":1,"entityId":1,"order":{"id":"desc"},"start":0,"offset":0}`, `{"logMessages":[{"id":42074}]}`,
		[]bitrix.LogMessage{{ID: 42074}},
	},
	{
		"crm.activity.list", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return bitrix.Collect(c.Activities(ctx, bitrix.EntityDeal, 8061), 0)
		},
		"crm.activity.list", `{"filter":{"BINDINGS":[{"OWNER_TYPE_ID":2,"OWNER_ID":8061}]},"select":["ID","SUBJECT","TYPE_ID","PROVIDER_ID","DIRECTION","CREATED","AUTHOR_ID","FILES"],"order":{"ID":"DESC"},"start":0}`,
		`[{"ID":"20","SUBJECT":"Offer","TYPE_ID":"4","PROVIDER_ID":"CRM_EMAIL","DIRECTION":"2","CREATED":"","AUTHOR_ID":"505","FILES":[{"id":3101820,"url":"https://p/bitrix/tools/crm_show_file.php?fileId=3101820"}]},{"ID":"21","FILES":null}]`,
		[]bitrix.Activity{
			{ID: 20, Subject: "Offer", TypeID: bitrix.ActivityEmail, ProviderID: "CRM_EMAIL", Direction: 2, AuthorID: 505, Files: bitrix.List[bitrix.ActivityFile]{{ID: 3101820, Link: "https://p/bitrix/tools/crm_show_file.php?fileId=3101820"}}},
			{ID: 21},
		},
	},
	{
		"crm.activity.todo.add", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return c.AddTodo(ctx, bitrix.NewTodo{Entity: bitrix.EntityDeal, EntityID: 8061, Deadline: start, Title: "Sign", Description: "d", Responsible: 5})
		},
		"crm.activity.todo.add", `{"ownerTypeId":2,"ownerId":8061,"deadline":"2026-11-23T10:00:00Z","title":"Sign","description":"d","responsibleId":5}`, `{"id":999}`, bitrix.ID(999),
	},
	{
		"crm.activity.configurable.add", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return c.AddConfigurable(ctx, bitrix.EntityDeal, 8061, bitrix.ConfigurableFields{Responsible: 5, Deadline: bitrix.Time{Time: start}, OriginID: "inv-1"},
				map[string]any{"icon": map[string]string{"code": "document"}})
		},
		"crm.activity.configurable.add", `{"ownerTypeId":2,"ownerId":8061,"fields":{"typeId":"CONFIGURABLE","completed":false,"responsibleId":5,"deadline":"2026-11-23T10:00:00Z","originId":"inv-1"},"layout":{"icon":{"code":"document"}}}`,
		`{"activity":{"id":999}}`, bitrix.ID(999),
	},
	{
		"crm.activity.configurable.update", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return done, c.UpdateConfigurable(ctx, 999, bitrix.ConfigurableFields{Completed: true}, nil)
		},
		"crm.activity.configurable.update", `{"id":999,"fields":{"completed":true}}`, `{"activity":{"id":999}}`, done,
	},
	{
		"crm.activity.configurable.get", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.Configurable(ctx, 8903) },
		"crm.activity.configurable.get", `{"id":8903}`,
		`{"activity":{"id":8903,"ownerTypeId":1,"ownerId":2975,"fields":{"typeId":"CONFIGURABLE","completed":false,"deadline":"2025-02-01T01:00:00+03:00","pingOffsets":[],"isIncomingChannel":false,"responsibleId":1,"badgeCode":"","originatorId":null,"originId":"inv-1"},"layout":{"icon":{"code":"x"}}}}`,
		bitrix.Configurable{
			ID: 8903, Entity: bitrix.EntityLead, EntityID: 2975, Layout: json.RawMessage(`{"icon":{"code":"x"}}`),
			Fields: bitrix.ConfigurableFields{Deadline: at("2025-02-01T01:00:00+03:00"), Responsible: 1, OriginID: "inv-1"},
		},
	},
}

var fileMethods = []method{
	{
		"disk.file.get", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.DriveFile(ctx, 9043) },
		"disk.file.get", `{"id":9043}`,
		`{"ID":"9043","NAME":"Test.pdf","CODE":null,"STORAGE_ID":"1357","TYPE":"file","PARENT_ID":"8996","DELETED_TYPE":"0","GLOBAL_CONTENT_VERSION":"2","FILE_ID":"32969","SIZE":"21668","CREATE_TIME":"","UPDATE_TIME":null,"DELETE_TIME":null,"CREATED_BY":"1269","UPDATED_BY":"1270","DOWNLOAD_URL":"https://p/rest/download.json?auth=x","DETAIL_URL":"https://p/company/"}`,
		bitrix.DriveFile{ID: 9043, Name: "Test.pdf", StorageID: 1357, FolderID: 8996, FileID: 32969, Version: 2, Size: 21668, CreatedBy: 1269, UpdatedBy: 1270, Link: "https://p/rest/download.json?auth=x", URL: "https://p/company/"},
	},
	{
		"disk.file.uploadVersion", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return c.UploadVersion(ctx, 9043, pdf("x.pdf", "abc"))
		},
		"disk.file.uploadVersion", `{"id":9043,"fileContent":["x.pdf","YWJj"]}`, `{"ID":9043,"NAME":"Test.pdf","GLOBAL_CONTENT_VERSION":3}`,
		bitrix.DriveFile{ID: 9043, Name: "Test.pdf", Version: 3},
	},
	{
		"disk.file.getVersions", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return bitrix.Collect(c.DriveVersions(ctx, 9043), 0)
		},
		"disk.file.getVersions", `{"id":9043,"start":0}`, `[{"ID":"7201","OBJECT_ID":"9043","SIZE":"21796","NAME":"T","GLOBAL_CONTENT_VERSION":"5","CREATED_BY":"1271","DOWNLOAD_URL":"https://p/v"}]`,
		[]bitrix.DriveVersion{{ID: 7201, FileID: 9043, Size: 21796, Name: "T", Version: 5, CreatedBy: 1271, Link: "https://p/v"}},
	},
}

var installMethods = []method{
	{
		"placement.get", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.Placements(ctx) },
		"placement.get", `{}`, `[{"id":5,"placement":"CRM_DEAL_DETAIL_TAB","userId":0,"handler":"https://s/x","options":[],"title":"Sign","description":"","langAll":{"en":{"TITLE":"Sign"}}}]`,
		[]bitrix.BoundPlacement{{ID: 5, Placement: "CRM_DEAL_DETAIL_TAB", Handler: "https://s/x", Title: "Sign"}},
	},
	{
		"placement.bind", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return done, c.BindPlacement(ctx, bitrix.PlacementBinding{Placement: bitrix.EntityDeal.TabPlacement(), Handler: "https://s/x", Title: "Sign", Titles: map[string]string{"de": "Signieren"}})
		},
		"placement.bind", `{"PLACEMENT":"CRM_DEAL_DETAIL_TAB","HANDLER":"https://s/x","TITLE":"Sign","DESCRIPTION":"","LANG_ALL":{"de":{"TITLE":"Signieren"}}}`, `true`, done,
	},
	{
		"placement.unbind", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return c.UnbindPlacement(ctx, bitrix.EntityType(1046).ToolbarPlacement(), "https://s/x")
		},
		"placement.unbind", `{"PLACEMENT":"CRM_DYNAMIC_1046_DETAIL_TOOLBAR","HANDLER":"https://s/x"}`, `{"count":2}`, true,
	},
	{
		"placement.unbind of nothing", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return c.UnbindPlacement(ctx, "LEFT_MENU", "")
		},
		"placement.unbind", `{"PLACEMENT":"LEFT_MENU"}`, `{"count":0}`, false,
	},
	{
		"event.get", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.Events(ctx) },
		"event.get", `{}`, `[{"event":"ONCRMLEADADD","handler":"https://s/e","auth_type":"15","offline":0}]`,
		[]bitrix.BoundEvent{{Event: "ONCRMLEADADD", Handler: "https://s/e", AuthType: 15}},
	},
	{
		"event.bind", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return done, c.BindEvent(ctx, bitrix.EventAppUninstall, "https://s/e")
		},
		"event.bind", `{"event":"ONAPPUNINSTALL","handler":"https://s/e"}`, `true`, done,
	},
	{
		"event.unbind", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return c.UnbindEvent(ctx, bitrix.EventDealDelete, "https://s/e")
		},
		"event.unbind", `{"event":"ONCRMDEALDELETE","handler":"https://s/e"}`, `{"count":1}`, true,
	},
	{
		"bizproc.robot.add", func(ctx context.Context, c *bitrix.Client) (any, error) { return done, c.AddRobot(ctx, robot) },
		"bizproc.robot.add", `{"CODE":"sign_request",` + robotFields + `}`, `true`, done,
	},
	{
		"bizproc.robot.update", func(ctx context.Context, c *bitrix.Client) (any, error) { return done, c.UpdateRobot(ctx, robot) },
		"bizproc.robot.update", `{"CODE":"sign_request","FIELDS":{` + robotFields + `}}`, `true`, done,
	},
	{
		"bizproc.robot.delete", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return done, c.DeleteRobot(ctx, "sign_request")
		},
		"bizproc.robot.delete", `{"CODE":"sign_request"}`, `true`, done,
	},
	{
		"bizproc.robot.list", func(ctx context.Context, c *bitrix.Client) (any, error) { return c.Robots(ctx) },
		"bizproc.robot.list", `{}`, `["sign_request"]`,
		[]string{"sign_request"},
	},
	{
		"bizproc.event.send", func(ctx context.Context, c *bitrix.Client) (any, error) {
			return done, c.SendRobotResult(ctx, "55c1.x|A1", map[string]string{"status": "signed"}, "ok")
		},
		"bizproc.event.send", `{"event_token":"55c1.x|A1","return_values":{"status":"signed"},"log_message":"ok"}`, `true`, done,
	},
}

var robot = bitrix.Robot{
	Code: "sign_request", Handler: "https://s/r", AuthUserID: 1, Wait: true,
	Names: map[string]string{"en": "Request a signature"}, Descriptions: map[string]string{"en": "d"},
	DocumentType: [3]string{"crm", "CCrmDocumentDeal", "DEAL"},
	Properties:   map[string]bitrix.RobotProperty{"signer": {Names: map[string]string{"en": "Signer"}, Type: "user", Required: true}},
	Returns:      map[string]bitrix.RobotProperty{"status": {Names: map[string]string{"en": "Result"}, Type: "select", Default: "a", Options: map[string]string{"a": "A"}}},
}

const robotFields = `"HANDLER":"https://s/r","AUTH_USER_ID":1,"USE_SUBSCRIPTION":"Y","NAME":{"en":"Request a signature"},"DESCRIPTION":{"en":"d"},
	"DOCUMENT_TYPE":["crm","CCrmDocumentDeal","DEAL"],"FILTER":{"INCLUDE":[["crm","CCrmDocumentDeal"]]},
	"PROPERTIES":{"signer":{"Name":{"en":"Signer"},"Type":"user","Required":"Y","Multiple":"N"}},
	"RETURN_PROPERTIES":{"status":{"Name":{"en":"Result"},"Type":"select","Required":"N","Multiple":"N","Default":"a","Options":{"a":"A"}}}`

func TestMethodsThatFindNothing(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name, result, want string
		run                func(*bitrix.Client) error
	}{
		{"no such user", `[]`, "missing", func(c *bitrix.Client) error { _, err := c.User(ctx, 5); return err }},
		{"another user", `[{"ID":"6"}]`, "missing", func(c *bitrix.Client) error { _, err := c.User(ctx, 5); return err }},
		{"item without item", `[]`, "unexpected", func(c *bitrix.Client) error { _, err := c.Item(ctx, 2, 5); return err }},
		{"update without item", `[]`, "lost unexpected", func(c *bitrix.Client) error { _, err := c.UpdateItem(ctx, 2, 5, nil); return err }},
	} {
		p := newPortal(t, script(reply(200, `{"result":`+tt.result+`}`)))
		if err := tt.run(p.client(t)); err == nil || kindsOf(err) != tt.want {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

func TestNotificationThatNobodySees(t *testing.T) {
	p := newPortal(t, script(reply(200, `{"result":false}`)))
	_, err := p.client(t).NotifySystem(context.Background(), bitrix.Notification{UserID: 5, Text: "x"})
	if kind := bitrix.ErrNotDelivered; err == nil || !isKind(err, kind) {
		t.Errorf("got %v", err)
	}
}

func TestItemRefusesWhatIsNoFile(t *testing.T) {
	for _, field := range []string{`"x"`, `5`, `[1]`, `{"id":0}`, `[{"url":"x"}]`, `{"id":"abc"}`} {
		var item bitrix.Item
		if err := json.Unmarshal([]byte(`{"id":1,"UF":`+field+`}`), &item); err != nil {
			t.Fatal(err)
		}
		if files, err := item.Files("UF"); err == nil {
			t.Errorf("%s: got %v", field, files)
		}
	}
}

// What is bound already is bound, also when the first answer was lost.
func TestBindingTwice(t *testing.T) {
	bound := refusal(400, "ERROR_CORE", "Unable to set placement handler: Handler already binded")
	for name, answers := range map[string][]func(http.ResponseWriter){
		"already":             {bound},
		"after a lost answer": {hangUp, bound},
		"at the second try":   {hangUp, reply(200, `{"result":true}`)},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPortal(t, script(answers...))
			if err := p.client(t).BindPlacement(context.Background(), bitrix.PlacementBinding{Placement: "X", Handler: "https://s/x"}); err != nil {
				t.Error(err)
			}
		})
	}
	p := newPortal(t, script(refusal(403, "ACCESS_DENIED", "Access denied!")))
	if err := p.client(t).BindEvent(context.Background(), "X", "https://s/x"); kindsOf(err) != "denied" {
		t.Errorf("not an administrator: got %v", err)
	}
}
