package simulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix/simulator"
)

// scenario is one call and what it promises.
type scenario struct {
	name   string
	user   int // the administrator when zero
	method string
	params map[string]any
	status int    // 200 when zero
	code   string // of the error
	desc   string
	// wants are members of the answer by their path, "result.item.id".
	wants map[string]any
	// after looks at the world.
	after func(t *testing.T, a answer)
}

// run carries scenarios out one after the other, in the same world.
func (w *world) run(t *testing.T, list []scenario) {
	t.Helper()
	for _, s := range list {
		t.Run(s.name, func(t *testing.T) {
			if s.user == 0 {
				s.user = w.anna
			}
			a := w.call(s.user, s.method, s.params)
			if s.status != 0 {
				wantError(t, a, s.status, s.code, s.desc)
			} else if _, failed := a.code(); failed || a.status != 200 {
				t.Fatalf("status %d: %s", a.status, a.raw)
			}
			for path, want := range s.wants {
				var at []any
				for seg := range strings.SplitSeq(path, ".") {
					if len(seg) == 1 && seg[0] >= '0' && seg[0] <= '9' {
						at = append(at, int(seg[0]-'0'))
						continue
					}
					at = append(at, seg)
				}
				if got := a.at(at...); !cmp.Equal(got, want) {
					t.Errorf("%s is %v, want %v", path, got, want)
				}
			}
			if s.after != nil {
				s.after(t, a)
			}
		})
	}
}

type m = map[string]any

func TestBasicMethods(t *testing.T) {
	w := newWorld(t)
	hook := w.portal.AddWebhook(w.mary, "crm")
	w.run(t, []scenario{
		{name: "app.info", user: w.mary, method: "app.info", wants: m{
			"result.CODE": w.app.ClientID, "result.STATUS": "L", "result.INSTALLED": true, "result.PAYMENT_EXPIRED": "N",
			"result.LANGUAGE_ID": "en", "result.LICENSE": "en_pro100", "result.LICENSE_TYPE": "pro100",
		}},
		{name: "profile", user: w.mary, method: "profile", wants: m{"result.ID": "2", "result.ADMIN": false, "result.LAST_NAME": "Иванова"}},
		{name: "profile of an administrator", method: "profile", wants: m{"result.ADMIN": true}},
		{name: "user.admin", user: w.mary, method: "user.admin", wants: m{"result": false}},
		{name: "user.current", user: w.mary, method: "user.current", wants: m{"result.ID": "2", "result.USER_TYPE": "employee"}},
		{name: "server.time", method: "server.time", wants: m{"result": "2026-03-02T12:00:00+03:00"}},
		{name: "scope", method: "scope", after: func(t *testing.T, a answer) {
			if n := len(a.at("result").([]any)); n != len(strings.Split(allScopes, ",")) {
				t.Errorf("%d scopes", n)
			}
		}},
		{name: "all scopes", method: "scope", params: m{"full": true}, after: func(t *testing.T, a answer) {
			all := fmt.Sprint(a.at("result"))
			for _, s := range []string{"crm", "disk", "im", "user_brief", "department"} {
				if !strings.Contains(all, s) {
					t.Errorf("%s is missing in %s", s, all)
				}
			}
		}},
		{name: "methods", method: "methods", after: func(t *testing.T, a answer) {
			all := fmt.Sprint(a.at("result"))
			if !strings.Contains(all, "crm.item.update") || strings.Contains(all, "department.get") {
				t.Errorf("methods are %s", all)
			}
		}},
		{name: "method.get", method: "method.get", params: m{"name": "crm.item.get"}, wants: m{"result.isExisting": true, "result.isAvailable": true}},
		{name: "method.get without its scope", method: "method.get", params: m{"name": "department.get"}, wants: m{"result.isExisting": true, "result.isAvailable": false}},
		{name: "method.get of nothing", method: "method.get", params: m{"name": "x"}, wants: m{"result.isExisting": false}},
		{name: "user.access", user: w.mary, method: "user.access", params: m{"ACCESS": []string{"G1", "U2"}}, wants: m{"result": true}},
		{name: "user.access to others", user: w.mary, method: "user.access", params: m{"ACCESS": []string{"G1", "U1"}}, wants: m{"result": false}},
		{name: "user.access of administrators", method: "user.access", params: m{"ACCESS": "G1"}, wants: m{"result": true}},
		{name: "app.option.set by an employee", user: w.mary, method: "app.option.set", params: m{"options": m{"a": 1}}, status: 403, code: "ACCESS_DENIED"},
		{name: "app.option.set without options", method: "app.option.set", status: 400, code: "ERROR_ARGUMENT"},
		{name: "app.option.set", method: "app.option.set", params: m{"options": m{"a": "1", "deep": m{"l": []int{1, 2}}}}, wants: m{"result": true}},
		{name: "app.option.get", user: w.mary, method: "app.option.get", wants: m{"result.a": "1", "result.deep.l.1": 2.0}},
		{name: "user.option.get", user: w.mary, method: "user.option.get", wants: m{"result": []any{}}},
		{name: "events", method: "events", after: func(t *testing.T, a answer) {
			if !strings.Contains(fmt.Sprint(a.at("result")), "ONCRMDEALDELETE") {
				t.Errorf("events %s", a.raw)
			}
		}},
	})
	t.Run("a webhook is no app", func(t *testing.T) {
		for _, path := range []string{"app.info", "profile", "scope", "methods", "crm.deal.list.json"} {
			if a := w.fetch("GET", hook+path, "", ""); a.status != 200 {
				t.Errorf("%s: %s", path, a.raw)
			}
		}
		wantError(t, w.fetch("GET", hook+"disk.file.get?id=1", "", ""), 401, "insufficient_scope", "")
		wantError(t, w.fetch("GET", strings.Replace(hook, "/2/", "/1/", 1)+"profile", "", ""), 401, "INVALID_CREDENTIALS", "")
	})
	t.Run("a department", func(t *testing.T) {
		app := w.portal.AddApp(simulator.LocalApp{HandlerURL: w.inbox.url + "/", Scopes: []string{"department"}})
		if a := w.callWith(w.grant(w.portal, w.mary, app.ClientID).Access, "department.get", nil); a.at("result", 0, "UF_HEAD") != "1" {
			t.Errorf("department %s", a.raw)
		}
	})
}

func TestItemMethods(t *testing.T) {
	w := newWorld(t)
	w.portal.AddField(simulator.Field{EntityType: simulator.EntityDeal, Name: "NOTE", Label: "Note"})
	spa := w.portal.AddType("Projects")
	spaFile := w.portal.AddField(simulator.Field{EntityType: spa, Name: "PLAN", Label: "Plan", Type: "file"})
	lead := w.portal.AddItem(simulator.EntityLead, simulator.Item{Title: "Lead", Responsible: w.mary})
	deal := 1
	dealIs := func(change m) m {
		out := m{"entityTypeId": 2, "id": deal}
		for k, v := range change {
			out[k] = v
		}
		return out
	}
	w.run(t, []scenario{
		{
			name: "add", user: w.mary, method: "crm.item.add", params: m{"entityTypeId": 2, "fields": m{"title": "Crane", "ufCrmNote": "x", "opportunity": 12}},
			wants: m{"result.item.id": 1.0, "result.item.title": "Crane", "result.item.ufCrmNote": "x", "result.item.assignedById": 2.0, "result.item.opportunity": 12.0},
		},
		{name: "add of an unknown kind", method: "crm.item.add", params: m{"entityTypeId": 99}, status: 400, code: "ENTITY_TYPE_NOT_SUPPORTED"},
		{name: "fields of an unknown kind", method: "crm.item.fields", params: m{"entityTypeId": 99}, status: 400, code: "ENTITY_TYPE_NOT_SUPPORTED"},
		{name: "list of an unknown kind", method: "crm.item.list", params: m{"entityTypeId": 99}, status: 400, code: "ENTITY_TYPE_NOT_SUPPORTED"},
		{
			name: "update", method: "crm.item.update", params: dealIs(m{"fields": m{"stageId": "WON", "assignedById": 1, "categoryId": 3, "UF_CRM_NOTE": "y"}}),
			wants: m{"result.item.stageId": "WON", "result.item.assignedById": 1.0, "result.item.categoryId": 3.0, "result.item.ufCrmNote": "y", "result.item.updatedBy": 1.0},
		},
		{name: "update without fields", method: "crm.item.update", params: dealIs(nil), wants: m{"result.item.id": 1.0}},
		{name: "update of nothing", method: "crm.item.update", params: m{"entityTypeId": 2, "id": 9}, status: 400, code: "NOT_FOUND"},
		{name: "filter by stage", method: "crm.item.list", params: m{"entityTypeId": 2, "filter": m{"stageId": []string{"NEW", "WON"}}}, wants: m{"total": 1.0}},
		{name: "filter against a stage", method: "crm.item.list", params: m{"entityTypeId": 2, "filter": m{"!stageId": "WON"}}, wants: m{"total": 0.0}},
		{name: "filter by id", method: "crm.item.list", params: m{"entityTypeId": 2, "filter": m{">=id": 1, "<id": 2}}, wants: m{"total": 1.0}},
		{name: "unknown filters are ignored", method: "crm.item.list", params: m{"entityTypeId": 2, "filter": m{"colour": "red"}}, wants: m{"total": 1.0}},
		{name: "leads", user: w.mary, method: "crm.item.get", params: m{"entityTypeId": 1, "id": lead}, wants: m{"result.item.title": "Lead", "result.item.entityTypeId": 1.0}},
		{name: "kinds", method: "crm.type.list", wants: m{"result.types.0.entityTypeId": float64(spa), "result.types.0.title": "Projects"}},
		{
			name: "a smart process with a file", method: "crm.item.add", params: m{"entityTypeId": spa, "fields": m{"title": "P", spaFile: []string{"p.pdf", b64("p")}}},
			after: func(t *testing.T, _ answer) {
				if f := w.portal.ItemFiles(spa, 1, spaFile); len(f) != 1 || spaFile != "UF_CRM_1_PLAN" {
					t.Errorf("%s holds %v", spaFile, f)
				}
			},
		},
		{name: "its camel case", method: "crm.item.fields", params: m{"entityTypeId": spa}, wants: m{"result.fields.ufCrm1Plan.type": "file"}},
		{name: "crm.deal.update", method: "crm.deal.update", params: m{"ID": deal, "FIELDS": m{"TITLE": "Big crane", "UF_CRM_NOTE": "z", "STAGE_ID": "NEW", "OPPORTUNITY": "7"}}, wants: m{"result": true}},
		{name: "crm.deal.get", method: "crm.deal.get", params: m{"ID": deal}, wants: m{"result.TITLE": "Big crane", "result.OPPORTUNITY": "7.00", "result.UF_CRM_NOTE": "z"}},
		{name: "crm.deal.update of nothing", method: "crm.deal.update", params: m{"ID": 9}, status: 400, code: "", desc: "Not found"},
		{name: "userfield.add by an employee", user: w.mary, method: "crm.deal.userfield.add", params: m{"fields": m{"FIELD_NAME": "X"}}, status: 403, code: "ACCESS_DENIED"},
		{name: "userfield.add", method: "crm.deal.userfield.add", params: m{"fields": m{"FIELD_NAME": "SIGNED", "USER_TYPE_ID": "file", "MULTIPLE": "Y", "EDIT_FORM_LABEL": m{"en": "Signed"}}}, wants: m{"result": 3.0}},
		{name: "userfield.add twice", method: "crm.deal.userfield.add", params: m{"fields": m{"FIELD_NAME": "UF_CRM_SIGNED"}}, status: 400, code: ""},
		{
			name: "userfield.list", method: "crm.deal.userfield.list", params: m{"filter": m{"USER_TYPE_ID": "file"}},
			wants: m{"total": 1.0, "result.0.FIELD_NAME": "UF_CRM_SIGNED", "result.0.MULTIPLE": "Y", "result.0.EDIT_FORM_LABEL": "Signed", "result.0.ID": "3"},
		},
		{name: "userfield.list by name", method: "crm.deal.userfield.list", params: m{"filter": m{"FIELD_NAME": "UF_CRM_NOTE"}}, wants: m{"total": 1.0, "result.0.USER_TYPE_ID": "string"}},
		{name: "delete", method: "crm.item.delete", params: dealIs(nil), wants: m{"result": []any{}}},
		{name: "deleted", method: "crm.item.get", params: dealIs(nil), status: 400, code: "NOT_FOUND"},
		{name: "deleted twice", method: "crm.item.delete", params: dealIs(nil), status: 400, code: "NOT_FOUND"},
	})
}

func TestTimelineMethods(t *testing.T) {
	w := newWorld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	readOnly := w.portal.AddDeal(simulator.Deal{Title: "Read", Responsible: w.anna})
	if err := w.portal.SetDealAccess(readOnly, w.mary, simulator.ReadAccess); err != nil {
		t.Fatal(err)
	}
	log := func(id int, without string) m {
		f := m{"entityTypeId": 2, "entityId": id, "title": "Signed", "text": "contract.pdf", "iconCode": "document"}
		if without != "" {
			delete(f, without)
		}
		return m{"fields": f}
	}
	icon := log(deal, "")
	icon["fields"].(m)["iconCode"] = "unicorn"
	var first, comment, todo float64
	keep := func(at *float64, path ...any) func(*testing.T, answer) {
		return func(_ *testing.T, a answer) { *at, _ = a.at(path...).(float64) }
	}
	w.run(t, []scenario{
		{
			name: "log", user: w.mary, method: "crm.timeline.logmessage.add", params: log(deal, ""), after: keep(&first, "result", "logMessage", "id"),
			wants: m{"result.logMessage.authorId": 2.0, "result.logMessage.title": "Signed", "result.logMessage.created": "2026-03-02T12:00:00+03:00"},
		},
		{name: "log without a title", method: "crm.timeline.logmessage.add", params: log(deal, "title"), status: 400, code: "0", desc: "Missing a required field: title"},
		{name: "log with a foreign icon", method: "crm.timeline.logmessage.add", params: icon, status: 400, code: "WRONG_ICON"},
		{name: "log at nothing", method: "crm.timeline.logmessage.add", params: log(99, ""), status: 400, code: "NOT_FOUND"},
		{name: "log without the right", user: w.mary, method: "crm.timeline.logmessage.add", params: log(readOnly, ""), status: 400, code: "ACCESS_DENIED"},
		{name: "comment without the right", user: w.mary, method: "crm.timeline.comment.add", params: m{"fields": m{"ENTITY_ID": readOnly, "ENTITY_TYPE": "deal", "COMMENT": "x"}}, status: 400, code: "ACCESS_DENIED"},
		{name: "list of nothing", method: "crm.timeline.logmessage.list", params: m{"entityTypeId": 2, "entityId": 99}, status: 400, code: "NOT_FOUND"},
		{name: "comment", user: w.mary, method: "crm.timeline.comment.add", params: m{"fields": m{"ENTITY_ID": deal, "ENTITY_TYPE": "deal", "COMMENT": "x"}}, after: keep(&comment, "result")},
		{name: "to-do", user: w.mary, method: "crm.activity.todo.add", params: m{"ownerTypeId": 2, "ownerId": deal, "deadline": "2026-03-05T10:00:00Z", "title": "Sign"}, after: keep(&todo, "result", "id")},
		{name: "to-do at nothing", method: "crm.activity.todo.add", params: m{"ownerTypeId": 2, "ownerId": 99, "deadline": "2026-03-05T10:00:00Z"}, status: 400, code: "OWNER_NOT_FOUND"},
		{name: "to-do without the right", user: w.mary, method: "crm.activity.todo.add", params: m{"ownerTypeId": 2, "ownerId": readOnly, "deadline": "2026-03-05T10:00:00Z"}, status: 400, code: "ACCESS_DENIED"},
	})
	spaComment := w.portal.AddItemComment(w.portal.AddType("P"), w.portal.AddItem(128, simulator.Item{Title: "x"}), simulator.Comment{Author: w.mary, Text: "there"})
	w.run(t, []scenario{
		{name: "get a log", user: w.mary, method: "crm.timeline.logmessage.get", params: m{"id": first}, wants: m{"result.logMessage.text": "contract.pdf"}},
		{name: "get no log", method: "crm.timeline.logmessage.get", params: m{"id": 1}, status: 400, code: "NOT_FOUND"},
		{name: "delete a log as an employee", user: w.mary, method: "crm.timeline.logmessage.delete", params: m{"id": first}, status: 403, code: "ACCESS_DENIED"},
		{name: "delete a log", method: "crm.timeline.logmessage.delete", params: m{"id": first}, wants: m{"result": true}},
		{name: "get a comment", method: "crm.timeline.comment.get", params: m{"id": comment}, wants: m{"result.COMMENT": "x", "result.ENTITY_TYPE": "deal", "result.AUTHOR_ID": "2"}},
		{name: "comment of a smart process", method: "crm.timeline.comment.list", params: m{"filter": m{"ENTITY_TYPE": "dynamic_128", "ENTITY_ID": 1}}, wants: m{"result.0.ID": fmt.Sprint(spaComment), "result.0.ENTITY_TYPE": "dynamic_128"}},
		{name: "newest comment first", method: "crm.timeline.comment.list", params: m{"filter": m{"ENTITY_TYPE": "deal", "ENTITY_ID": deal}, "order": m{"ID": "DESC"}, "select": []string{"COMMENT"}}, wants: m{"result.0.COMMENT": "x", "result.0.CREATED": nil}},
		{name: "no comment", method: "crm.timeline.comment.get", params: m{"id": 1}, status: 400, code: "", desc: "Not found"},
		{name: "comments of nothing", method: "crm.timeline.comment.list", params: m{"filter": m{"ENTITY_TYPE": "deal", "ENTITY_ID": 99}}, status: 400, code: "ACCESS_DENIED"},
		{name: "move a to-do", method: "crm.activity.todo.update", params: m{"id": todo, "deadline": "2026-03-06T10:00:00Z", "title": "Sign now", "description": "please"}, wants: m{"result.id": todo}},
		{name: "move a to-do to nowhere", method: "crm.activity.todo.update", params: m{"id": todo, "deadline": "x"}, status: 400, code: "WRONG_DATETIME_FORMAT"},
		{name: "move no to-do", method: "crm.activity.todo.update", params: m{"id": 99}, status: 400, code: "NOT_FOUND"},
		{name: "read it back", method: "crm.activity.get", params: m{"id": todo}, wants: m{"result.SUBJECT": "Sign now", "result.DEADLINE": "2026-03-06T13:00:00+03:00", "result.PROVIDER_ID": "CRM_TODO"}},
		{name: "change it", method: "crm.activity.update", params: m{"id": todo, "fields": m{"SUBJECT": "Sign!", "DESCRIPTION": "d", "FILES": []any{m{"fileData": []string{"a.pdf", b64("a")}}}}}, wants: m{"result": true}},
		{name: "filter", method: "crm.activity.list", params: m{"filter": m{"PROVIDER_ID": "CRM_TODO", "COMPLETED": "N"}, "order": m{"ID": "DESC"}}, wants: m{"total": 1.0, "result.0.DESCRIPTION": "d"}},
		{name: "filter out", method: "crm.activity.list", params: m{"filter": m{"COMPLETED": "Y"}}, wants: m{"total": 0.0}},
		{name: "no activity", method: "crm.activity.get", params: m{"id": 99}, status: 400, code: "", desc: "Not found"},
		{name: "delete it", method: "crm.activity.delete", params: m{"id": todo}, wants: m{"result": true}, after: func(t *testing.T, _ answer) {
			if n := len(w.portal.Activities(2, deal)); n != 0 {
				t.Errorf("%d activities", n)
			}
			if tl := w.portal.Timeline(deal); len(tl) != 1 || tl[0].Kind != simulator.EntryComment {
				t.Errorf("timeline %+v", tl)
			}
		}},
	})
	if err := w.portal.SetDealAccess(deal, w.mary, simulator.NoAccess); err != nil {
		t.Fatal(err)
	}
	id := w.portal.AddActivity(simulator.Activity{Owner: simulator.Binding{EntityType: 2, ID: deal}, Provider: simulator.ProviderTodo, Subject: "x"})
	w.run(t, []scenario{
		{name: "an activity without the right", user: w.mary, method: "crm.activity.get", params: m{"id": id}, status: 400, code: "", desc: "Access denied."},
		{name: "logs without the right", user: w.mary, method: "crm.timeline.logmessage.list", params: m{"entityTypeId": 2, "entityId": deal}, status: 400, code: "ACCESS_DENIED"},
		{name: "a comment without the right", user: w.mary, method: "crm.timeline.comment.get", params: m{"id": comment}, status: 400, code: "ACCESS_DENIED"},
		{name: "activities without the right", user: w.mary, method: "crm.activity.list", wants: m{"total": 0.0}},
	})
}

func TestOtherMethods(t *testing.T) {
	w := newWorld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	object := w.portal.AddDriveFile(w.mary, "a.pdf", []byte("a"))
	robot := m{"CODE": "r", "HANDLER": w.inbox.url + "/r", "NAME": "R"}
	w.run(t, []scenario{
		{
			name: "upload a document", user: w.mary, method: "crm.documentgenerator.document.upload",
			params: m{"fields": m{"entityTypeId": 2, "entityId": deal, "title": "Signed", "fileContent": b64("PK"), "pdfContent": []string{"x.pdf", b64("%PDF")}}},
			wants:  m{"result.document.title": "Signed", "result.document.pdfId": "30003", "result.document.createdBy": "2"},
		},
		{name: "upload without content", method: "crm.documentgenerator.document.upload", params: m{"fields": m{"entityTypeId": 2, "entityId": deal}}, status: 400, code: "100"},
		{name: "upload to nothing", method: "crm.documentgenerator.document.upload", params: m{"fields": m{"entityTypeId": 2, "entityId": 99}}, status: 400, code: "DOCGEN_ACCESS_ERROR"},
		{name: "delete a document", method: "crm.documentgenerator.document.delete", params: m{"id": 1}, wants: m{"result": nil}},
		{name: "no document", method: "crm.documentgenerator.document.get", params: m{"id": 1}, status: 400, code: "DOCGEN_ACCESS_ERROR"},
		{name: "stores", user: w.mary, method: "disk.storage.getList", wants: m{"total": 1.0, "result.0.ENTITY_TYPE": "user", "result.0.ENTITY_ID": "2"}},
		{name: "a store for the app needs an administrator first", user: w.mary, method: "disk.storage.getForApp", status: 403, code: "ACCESS_DENIED"},
		{name: "mark deleted", user: w.mary, method: "disk.file.markdeleted", params: m{"id": object}, wants: m{"result.ID": fmt.Sprint(object)}},
		{name: "deleted", user: w.mary, method: "disk.file.delete", params: m{"id": object}, status: 400, code: "ERROR_NOT_FOUND"},
		{name: "notice", method: "im.notify.system.add", params: m{"USER_ID": 2, "MESSAGE": "x", "TAG": "t"}, wants: m{"result": 1.0}},
		{name: "withdraw it", method: "im.notify.delete", params: m{"TAG": "t"}, wants: m{"result": true}},
		{name: "withdraw it twice", method: "im.notify.delete", params: m{"ID": 1}, wants: m{"result": false}},
		{name: "too much attached", method: "im.notify.system.add", params: m{"USER_ID": 2, "MESSAGE": "x", "ATTACH": strings.Repeat("x", 60_001)}, status: 400, code: "ATTACH_OVERSIZE"},
		{name: "robot", method: "bizproc.robot.add", params: robot, wants: m{"result": true}},
		{name: "robot without a name", method: "bizproc.robot.add", params: m{"CODE": "x", "HANDLER": w.inbox.url + "/r"}, status: 400, code: "ERROR_ACTIVITY_VALIDATION_FAILURE"},
		{name: "robot with a wrong property", method: "bizproc.robot.add", params: m{"CODE": "x", "HANDLER": w.inbox.url + "/r", "NAME": "x", "PROPERTIES": m{"1a": m{}}}, status: 400, code: "ERROR_ACTIVITY_VALIDATION_FAILURE"},
		{name: "robot with a wrong code", method: "bizproc.robot.add", params: m{"CODE": "a b", "HANDLER": w.inbox.url + "/r", "NAME": "x"}, status: 400, code: "ERROR_ACTIVITY_VALIDATION_FAILURE"},
		{name: "change a robot", method: "bizproc.robot.update", params: m{"CODE": "r", "FIELDS": m{"HANDLER": w.inbox.url + "/r2", "USE_SUBSCRIPTION": "Y"}}, wants: m{"result": true}},
		{name: "change it for the worse", method: "bizproc.robot.update", params: m{"CODE": "r", "FIELDS": m{"HANDLER": "http://localhost/"}}, status: 400, code: "ERROR_WRONG_HANDLER_URL"},
		{name: "change none", method: "bizproc.robot.update", params: m{"CODE": "x"}, status: 400, code: "ERROR_ACTIVITY_NOT_FOUND"},
		{name: "remove it", method: "bizproc.robot.delete", params: m{"CODE": "r"}, wants: m{"result": true}},
		{name: "remove none", method: "bizproc.robot.delete", params: m{"CODE": "r"}, status: 400, code: "ERROR_ACTIVITY_NOT_FOUND"},
		{name: "event.test", method: "event.test", params: m{"any": m{"x": "1"}}, wants: m{"result": true}},
		{name: "placement without a code", method: "placement.bind", status: 400, code: "ERROR_ARGUMENT"},
		{name: "placement without a handler", method: "placement.bind", params: m{"PLACEMENT": "LEFT_MENU"}, status: 400, code: "ERROR_ARGUMENT"},
		{name: "unbind nothing", method: "placement.unbind", status: 400, code: "ERROR_ARGUMENT"},
		{name: "event without a name", method: "event.bind", status: 400, code: "ERROR_ARGUMENT"},
		{name: "event without a handler", method: "event.bind", params: m{"event": "ONAPPTEST"}, status: 400, code: "ERROR_ARGUMENT"},
		{name: "unbind no event", method: "event.unbind", status: 400, code: "ERROR_ARGUMENT"},
		{name: "batch without commands", method: "batch", status: 400, code: "ERROR_ARGUMENT"},
	})
}

// TestGoAPI: what the world tells and refuses when asked from Go.
func TestGoAPI(t *testing.T) {
	w := newWorld(t)
	if w.cloud.Seed() != 1 {
		t.Errorf("seed %d", w.cloud.Seed())
	}
	if u, ok := w.portal.User(w.mary); !ok || u.FullName() != "Мария Иванова" {
		t.Errorf("user %+v", u)
	}
	if (simulator.User{Email: "a@b.test"}).FullName() != "a@b.test" {
		t.Error("a user without a name is shown without the address")
	}
	if _, ok := w.portal.User(99); ok {
		t.Error("a user who is not there")
	}
	to, err := w.portal.Authorize(w.mary, w.app.ClientID, "s")
	if err != nil || !strings.HasPrefix(to, w.app.HandlerURL+"?code=") {
		t.Errorf("authorize: %s, %v", to, err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {w.app.ClientID}, "client_secret": {w.app.ClientSecret}, "code": {u.Query().Get("code")}}
	if a := w.exchange(form); a.status != 200 {
		t.Errorf("exchange: %s", a.raw)
	}
	if calls := w.cloud.Auth.Calls(); len(calls) != 1 || calls[0].Method != "oauth/token" || calls[0].User != w.mary || calls[0].Status != 200 {
		t.Errorf("calls %+v", calls)
	}
	wantError(t, w.exchange(url.Values{"client_id": {"x"}}), 400, "invalid_request", `No "client_secret" parameter found`)
	form.Set("grant_type", "password")
	wantError(t, w.exchange(form), 400, "invalid_request", "")

	tok := w.grant(w.portal, w.mary, w.app.ClientID)
	w.portal.RevokeUser(w.mary)
	wantError(t, w.callWith(tok.Access, "profile", nil), 401, "NO_AUTH_FOUND", "")
	wantError(t, w.exchange(w.refreshForm(tok.Refresh)), 400, "invalid_grant", "")
	w.portal.ForgetCalls()
	if n := len(w.portal.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
	f, err := w.portal.Open(simulator.Opening{User: w.mary, ClientID: w.app.ClientID})
	if err != nil {
		t.Fatal(err)
	}
	req, err := f.Request(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a, err := do(req); err != nil || a.status != 200 || w.inbox.all()[0].Get("member_id") != w.portal.MemberID() || req.Header.Get("Origin") != w.portal.URL() {
		t.Errorf("posted: %v", err)
	}
	for what, err := range map[string]error{
		"grant to a stranger":   second(w.portal.Grant(99, w.app.ClientID)),
		"grant by no app":       second(w.portal.Grant(w.mary, "x")),
		"open no app":           second(w.portal.Open(simulator.Opening{User: w.mary, ClientID: "x"})),
		"open as nobody":        second(w.portal.Open(simulator.Opening{User: 99, ClientID: w.app.ClientID})),
		"open no placement":     second(w.portal.Open(simulator.Opening{User: w.mary, ClientID: w.app.ClientID, Placement: "X"})),
		"sign in as nobody":     second(w.portal.SignIn(99)),
		"authorize nobody":      second(w.portal.Authorize(99, w.app.ClientID, "")),
		"authorize no app":      second(w.portal.Authorize(w.mary, "x", "")),
		"change nobody":         w.portal.SetUser(99, func(*simulator.User) {}),
		"delete no deal":        w.portal.DeleteDeal(99),
		"access to no deal":     w.portal.SetDealAccess(99, 1, simulator.NoAccess),
		"replace in no deal":    second(w.portal.ReplaceFile(99, "F", 1, "x", nil)),
		"remove from no deal":   w.portal.RemoveFile(99, "F", 1),
		"share nothing":         w.portal.ShareDriveFile(99999, true, 1),
		"update nothing":        w.portal.UpdateDriveFile(99999, 1, nil),
		"press nothing":         second(w.portal.PressButton(99, "x", 1)),
		"run no robot":          second(w.portal.RunRobot(w.app.ClientID, "x", 1, nil)),
		"edit no app":           w.portal.EditApp("x", simulator.LocalApp{}),
		"reinstall no app":      w.portal.ReinstallApp("x"),
		"finish no app":         w.portal.FinishInstall("x", 1),
		"delete no app":         w.portal.DeleteApp("x"),
		"restrict no app":       w.portal.RestrictApp("x"),
		"forge without opening": second(w.portal.Forgeries(simulator.Opening{ClientID: "x"}, simulator.ForgeryKit{})),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if _, ok := w.portal.App("x"); ok {
		t.Error("an app that is not there")
	}
	if w.portal.ItemFiles(2, 99, "F") != nil {
		t.Error("files of no deal")
	}
	for what, fn := range map[string]func(){
		"a wrong handler": func() { w.portal.AddApp(simulator.LocalApp{HandlerURL: "http://localhost"}) },
		"no such deal":    func() { w.portal.PutFile(99, "F", "x", nil) },
		"no address":      func() { w.portal.SetURL("x") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			fn()
		}()
	}
	w.portal.SetURL("https://acme.bitrix24.test")
	w.cloud.Auth.SetURL("https://oauth.test")
	f, err = w.portal.Open(simulator.Opening{User: w.mary, ClientID: w.app.ClientID})
	if err != nil || !strings.HasPrefix(f.Name, "acme.bitrix24.test|1|") || !strings.Contains(f.Action, "DOMAIN=acme.bitrix24.test&PROTOCOL=1") {
		t.Errorf("frame %s to %s, %v", f.Name, f.Action, err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestPhonePage: the page outside the portal.
func TestPhonePage(t *testing.T) {
	cloud := simulator.New(simulator.Config{Phones: true, Clock: func() time.Time { return time.Unix(59, 0) }})
	p := cloud.AddPortal(simulator.PortalConfig{})
	if err := cloud.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cloud.Close() }()
	mary := p.AddUser(simulator.User{Name: "Mary"})
	page := fmt.Sprintf("%s/phone/%d", p.URL(), mary)
	get := func(path string) string {
		a, err := fetch("GET", path, "", "")
		if err != nil {
			t.Fatal(err)
		}
		return string(a.raw)
	}
	post := func(form url.Values) answer {
		a, err := fetch("POST", page, "application/x-www-form-urlencoded", form.Encode())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if s := get(page); !strings.Contains(s, "No codes yet") {
		t.Errorf("page %s", s)
	}
	if a := post(url.Values{"action": {"scan"}, "link": {"nonsense!"}}); !strings.HasSuffix(a.header.Get("Location"), "?wrong") {
		t.Errorf("nonsense leads to %s", a.header.Get("Location"))
	}
	if s := get(page + "?wrong"); !strings.Contains(s, "neither an otpauth") {
		t.Errorf("page %s", s)
	}
	secret := base32of("12345678901234567890")
	for range 2 { // the second scan replaces the first
		post(url.Values{"action": {"scan"}, "link": {"otpauth://totp/Sign:mary?digits=8&issuer=Sign&secret=" + secret}})
	}
	s := get(page + "?part=codes")
	if !strings.Contains(s, "9428 7082") || !strings.Contains(s, "1 s") || strings.Count(s, "otp") != 1 || strings.Contains(s, "<html") || strings.Contains(s, secret) {
		t.Errorf("codes %s", s)
	}
	post(url.Values{"action": {"forget"}})
	if s := get(page); !strings.Contains(s, "No codes yet") {
		t.Errorf("page %s", s)
	}
	if a, err := fetch("GET", p.URL()+"/phone/99", "", ""); err != nil || a.status != 404 {
		t.Errorf("nobody's phone: %v %d", err, a.status)
	}
}
