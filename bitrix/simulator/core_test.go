package simulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signservice/bitrix/simulator"
)

// TestBehaviour13: forms of the address, of parameters and of the token; the time block.
func TestBehaviour13(t *testing.T) {
	w := newWorld(t)
	field := w.portal.AddFileField("PAPERS", "Papers", true)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	tok := w.token(w.mary)
	base := w.portal.URL() + "/rest/"
	for _, tt := range []struct{ name, method, address, kind, body string }{
		{"GET", "GET", base + fmt.Sprintf("crm.deal.get?id=%d&auth=%s", deal, tok), "", ""},
		{"GET with .json and a slash", "GET", base + fmt.Sprintf("crm.deal.get.json/?id=%d&auth=%s", deal, tok), "", ""},
		{"mixed case", "GET", base + fmt.Sprintf("CRM.Deal.Get?id=%d&auth=%s", deal, tok), "", ""},
		{"access_token", "GET", base + fmt.Sprintf("crm.deal.get?id=%d&access_token=%s", deal, tok), "", ""},
		{"form", "POST", base + "crm.deal.get", "application/x-www-form-urlencoded", fmt.Sprintf("id=%d&auth=%s", deal, tok)},
		{"JSON", "POST", base + "crm.deal.get", "application/json", fmt.Sprintf(`{"id":"%d","auth":%q}`, deal, tok)},
		{"body over query", "POST", base + "crm.deal.get?id=999", "application/json; charset=utf-8", fmt.Sprintf(`{"id":%d,"auth":%q}`, deal, tok)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := w.fetch(tt.method, tt.address, tt.kind, tt.body)
			if a.status != 200 || a.at("result", "TITLE") != "Crane" {
				t.Errorf("status %d: %s", a.status, a.raw)
			}
		})
	}
	t.Run("Bearer gives links without a token", func(t *testing.T) {
		w.portal.PutFile(deal, field, "a.pdf", []byte("a"))
		req, err := http.NewRequest("POST", base+"crm.item.get", strings.NewReader(fmt.Sprintf(`{"entityTypeId":2,"id":%d,"useOriginalUfNames":"Y"}`, deal)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+tok)
		a, err := do(req)
		if err != nil || a.status != 200 {
			t.Fatalf("%v %s", err, a.raw)
		}
		if link := fmt.Sprint(a.at("result", "item", field, 0, "urlMachine")); !strings.Contains(link, "auth=&token=") {
			t.Errorf("link %s", link)
		}
	})
	t.Run("nested form", func(t *testing.T) {
		form := url.Values{"auth": {tok}, "entityTypeId": {"2"}, "id": {fmt.Sprint(deal)}, "useOriginalUfNames": {"Y"}}
		form.Set("fields["+field+"][0][0]", "n.pdf")
		form.Set("fields["+field+"][0][1]", b64("new"))
		a := w.fetch("POST", base+"crm.item.update", "application/x-www-form-urlencoded", form.Encode())
		if files := w.portal.DealFiles(deal, field); a.status != 200 || len(files) != 1 || files[0].Name != "n.pdf" {
			t.Errorf("status %d, files %v", a.status, files)
		}
	})
	t.Run("time and empty maps", func(t *testing.T) {
		a := w.ok(w.mary, "app.option.get", nil)
		if l, ok := a.at("result").([]any); !ok || len(l) != 0 {
			t.Errorf("no options are %v, want []", a.at("result"))
		}
		for _, k := range []string{"start", "finish", "duration", "processing", "operating", "operating_reset_at"} {
			if _, ok := a.at("time", k).(float64); !ok {
				t.Errorf("time.%s is %v", k, a.at("time", k))
			}
		}
		if a.at("time", "date_start") == nil || !strings.HasSuffix(fmt.Sprint(a.at("time", "date_finish")), "+03:00") {
			t.Errorf("time is %v", a.at("time"))
		}
	})
	t.Run("preflight", func(t *testing.T) {
		a := w.fetch("OPTIONS", base+"profile", "", "")
		if a.status != 200 || a.header.Get("Access-Control-Allow-Headers") != "origin, content-type, accept" || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("status %d, headers %v", a.status, a.header)
		}
	})
	t.Run("malformed JSON", func(t *testing.T) {
		for _, body := range []string{`{`, `[1`, `"x"`, strings.Repeat("[", 100000)} {
			if a := w.fetch("POST", base+"profile", "application/json", body); a.status != 400 {
				t.Errorf("status %d for %.20q", a.status, body)
			}
		}
	})
}

// TestBehaviour14: the order of checks, with both statuses where sources differ.
func TestBehaviour14(t *testing.T) {
	w := newWorld(t)
	narrow := w.portal.AddApp(simulator.LocalApp{Title: "Narrow", HandlerURL: w.inbox.url + "/app", Scopes: []string{"placement"}})
	tok := w.grant(w.portal, w.mary, narrow.ClientID).Access
	wantError(t, w.callWith("", "no.such.method", nil), 404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
	wantError(t, w.callWith("", "profile", nil), 401, "NO_AUTH_FOUND", "Wrong authorization data")
	wantError(t, w.callWith("garbage", "profile", nil), 401, "NO_AUTH_FOUND", "")
	wantError(t, w.callWith(tok, "crm.deal.get", map[string]any{"id": 1}), 401, "insufficient_scope", "higher privileges")
	w.portal.SetQuirks(simulator.Quirks{DocumentedStatuses: true})
	wantError(t, w.callWith(tok, "crm.deal.get", map[string]any{"id": 1}), 403, "insufficient_scope", "")
	if err := w.portal.RestrictApp(narrow.ClientID, w.anna); err != nil {
		t.Fatal(err)
	}
	wantError(t, w.callWith(tok, "crm.deal.get", map[string]any{"id": 1}), 403, "user_access_error", "")
	w.portal.SetQuirks(simulator.Quirks{NoREST: true})
	wantError(t, w.call(w.mary, "profile", nil), 401, "ACCESS_DENIED", "REST is available only on commercial plans.")

	other := w.cloud.AddPortal(simulator.PortalConfig{})
	stranger := other.AddUser(simulator.User{Name: "X"})
	foreign := w.grant(other, stranger, w.addApp(other).ClientID).Access
	wantError(t, w.callWith(foreign, "profile", nil), 401, "NO_AUTH_FOUND", "")
}

// TestBehaviour15: the leaky bucket per address and the operating time per method.
func TestBehaviour15(t *testing.T) {
	w := newWorld(t)
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	t.Run("bucket", func(t *testing.T) {
		w.portal.SetLimits(simulator.Limits{Clock: c.Now})
		tok := w.token(w.mary)
		for i := range 50 {
			if a := w.callWith(tok, "profile", nil); a.status != 200 {
				t.Fatalf("call %d: %s", i, a.raw)
			}
		}
		wantError(t, w.callWith(tok, "profile", nil), 503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
		c.Add(time.Second)
		for range 2 {
			if a := w.callWith(tok, "profile", nil); a.status != 200 {
				t.Errorf("after a second: %s", a.raw)
			}
		}
		wantError(t, w.callWith(tok, "profile", nil), 503, "QUERY_LIMIT_EXCEEDED", "")
	})
	t.Run("operating time", func(t *testing.T) {
		w.portal.SetLimits(simulator.Limits{
			Clock: c.Now, Bucket: 1000, Operating: 10 * time.Second, Cost: map[string]time.Duration{"crm.deal.list": 4 * time.Second},
		})
		for range 3 {
			w.ok(w.mary, "crm.deal.list", nil)
		}
		wantError(t, w.call(w.mary, "crm.deal.list", nil), 429, "OPERATION_TIME_LIMIT", "Method is blocked")
		a := w.ok(w.mary, "profile", nil) // other methods go on
		if a.at("time", "operating") != 0.0 {
			t.Errorf("operating is %v", a.at("time", "operating"))
		}
		inner := w.ok(w.mary, "batch", map[string]any{"cmd": map[string]string{"x": "crm.deal.list"}})
		if inner.at("result", "result_error", "x", "error") != "OPERATION_TIME_LIMIT" {
			t.Errorf("inside a batch: %s", inner.raw)
		}
		c.Add(10 * time.Minute)
		if a := w.ok(w.mary, "crm.deal.list", nil); a.at("time", "operating") != 4.0 {
			t.Errorf("operating is %v", a.at("time", "operating"))
		}
	})
	t.Run("scaled and off", func(t *testing.T) {
		w.portal.SetLimits(simulator.Limits{Clock: c.Now, Bucket: 1})
		w.ok(w.mary, "profile", nil)
		wantError(t, w.call(w.mary, "profile", nil), 503, "QUERY_LIMIT_EXCEEDED", "")
		w.portal.SetLimits(simulator.Limits{Off: true})
		if a := w.ok(w.mary, "profile", nil); a.at("time", "operating") != nil {
			t.Error("a portal without limits tells operating")
		}
	})
}

// TestBehaviour16: classic CRM methods fail without a code, crm.item with one.
func TestBehaviour16(t *testing.T) {
	w := newWorld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.anna})
	if err := w.portal.SetDealAccess(deal, w.mary, simulator.NoAccess); err != nil {
		t.Fatal(err)
	}
	wantError(t, w.call(w.mary, "crm.deal.get", map[string]any{"id": 77}), 400, "", "Not found")
	wantError(t, w.call(w.mary, "crm.deal.get", map[string]any{"id": deal}), 400, "", "Access denied.")
	item := func(typ, id int) answer {
		return w.call(w.mary, "crm.item.get", map[string]any{"entityTypeId": typ, "id": id})
	}
	wantError(t, item(2, 77), 400, "NOT_FOUND", "")
	wantError(t, item(2, deal), 400, "ACCESS_DENIED", "")
	wantError(t, item(99, 1), 400, "ENTITY_TYPE_NOT_SUPPORTED", "")
	if err := w.portal.SetDealAccess(deal, w.mary, simulator.ReadAccess); err != nil {
		t.Fatal(err)
	}
	if a := item(2, deal); a.status != 200 {
		t.Errorf("read: %s", a.raw)
	}
	wantError(t, w.call(w.mary, "crm.item.update", map[string]any{"entityTypeId": 2, "id": deal, "fields": map[string]any{"title": "x"}}), 400, "ACCESS_DENIED", "")
}

// TestBehaviour17: a portal that has moved, and one that is no more.
func TestBehaviour17(t *testing.T) {
	w := newWorld(t)
	moving := w.cloud.AddPortal(simulator.PortalConfig{Addr: "0.0.0.0:0", Host: "127.0.0.2"})
	w.portal = moving
	w.start()
	w.anna = moving.AddUser(simulator.User{Name: "Anna", Admin: true})
	w.app = w.addApp(moving)
	tok := w.token(w.anna)
	old := moving.URL()
	moving.Rename("127.0.0.3")
	a := w.fetch("POST", old+"/rest/profile.json?x=1", "application/json", fmt.Sprintf(`{"auth":%q}`, tok))
	if a.status != 302 || a.header.Get("Location") != moving.URL()+"/rest/profile.json?x=1" || moving.URL() == old {
		t.Errorf("status %d to %s", a.status, a.header.Get("Location"))
	}
	if a := w.callWith(tok, "profile", nil); a.status != 200 {
		t.Errorf("the token at the new host: %s", a.raw)
	}
	info := w.fetch("GET", w.cloud.Auth.URL()+"/rest/app.info?auth="+tok, "", "")
	if info.at("result", "install", "client_endpoint") != moving.URL()+"/rest/" || info.at("result", "install", "member_id") != moving.MemberID() {
		t.Errorf("app.info tells %v", info.at("result", "install"))
	}
	moving.Delete(true)
	wantError(t, w.callWith(tok, "profile", nil), 403, "PORTAL_DELETED", "")
	moving.Delete(false)
	if a := w.callWith(tok, "profile", nil); a.status != 404 || a.body != nil {
		t.Errorf("status %d: %s", a.status, a.raw)
	}
}

// TestBehaviour18: batch.
func TestBehaviour18(t *testing.T) {
	w := newWorld(t)
	one := w.portal.AddDeal(simulator.Deal{Title: "One", Responsible: w.mary})
	two := w.portal.AddDeal(simulator.Deal{Title: "Two", Responsible: w.anna})
	batch := func(halt int, cmd any) answer {
		return w.ok(w.mary, "batch", map[string]any{"halt": halt, "cmd": cmd})
	}
	t.Run("results feed later commands", func(t *testing.T) {
		a := batch(0, map[string]string{
			"a": fmt.Sprintf("crm.deal.get?id=%d", two),
			"b": "user.get?ID=$result[a][ASSIGNED_BY_ID]",
			"c": "crm.deal.list?filter[%25TITLE]=o",
		})
		if a.at("result", "result", "b", 0, "NAME") != "Anna" {
			t.Errorf("b is %v", a.at("result", "result", "b"))
		}
		if a.at("result", "result_total", "c") != 2.0 || a.at("result", "result_time", "a", "start") == nil {
			t.Errorf("totals %v, times %v", a.at("result", "result_total"), a.at("result", "result_time"))
		}
		for _, empty := range []string{"result_error", "result_next"} {
			if l, ok := a.at("result", empty).([]any); !ok || len(l) != 0 {
				t.Errorf("%s is %v, want []", empty, a.at("result", empty))
			}
		}
	})
	t.Run("failures, with and without halt", func(t *testing.T) {
		cmd := []string{"crm.deal.get?id=999", fmt.Sprintf("crm.deal.get?id=%d", one)}
		a := batch(0, cmd)
		if a.at("result", "result_error", 0, "error_description") != "Not found" || a.at("result", "result", "1", "TITLE") != "One" {
			t.Errorf("without halt: %s", a.raw)
		}
		a = batch(1, cmd)
		if l, ok := a.at("result", "result").([]any); !ok || len(l) != 0 {
			t.Errorf("with halt: %s", a.raw)
		}
	})
	t.Run("form", func(t *testing.T) {
		form := url.Values{"auth": {w.token(w.mary)}, "cmd[x]": {"profile"}}
		a := w.fetch("POST", w.portal.URL()+"/rest/batch", "application/x-www-form-urlencoded", form.Encode())
		if a.at("result", "result", "x", "NAME") != "Мария" {
			t.Errorf("answer %s", a.raw)
		}
	})
	t.Run("limits", func(t *testing.T) {
		many := map[string]string{}
		for i := range 51 {
			many[fmt.Sprint("k", i)] = "profile"
		}
		wantError(t, w.call(w.mary, "batch", map[string]any{"cmd": many}), 400, "ERROR_BATCH_LENGTH_EXCEEDED", "")
		a := batch(0, map[string]string{"n": "batch?cmd[x]=profile", "d": "download?id=1", "m": "no.such", "s": "department.get"})
		for key, code := range map[string]string{
			"n": "ERROR_BATCH_METHOD_NOT_ALLOWED", "d": "ERROR_BATCH_METHOD_NOT_ALLOWED", "m": "ERROR_METHOD_NOT_FOUND",
		} {
			if a.at("result", "result_error", key, "error") != code {
				t.Errorf("%s: %v", key, a.at("result", "result_error", key))
			}
		}
	})
	t.Run("members that are no text are skipped", func(t *testing.T) {
		a := batch(0, map[string]any{"x": 5, "y": "profile"})
		if a.at("result", "result", "x") != nil || a.at("result", "result", "y") == nil {
			t.Errorf("answer %s", a.raw)
		}
	})
	t.Run("faults strike inside", func(t *testing.T) {
		hit := w.portal.Inject(simulator.Fault{Method: "crm.deal.get", Kind: simulator.ExpiredToken, Count: 1})
		a := batch(0, map[string]string{"x": fmt.Sprintf("crm.deal.get?id=%d", one)})
		if a.at("result", "result_error", "x", "error") != "expired_token" || hit.Hits() != 1 {
			t.Errorf("answer %s", a.raw)
		}
	})
}

// TestBehaviour19: pages of 50, of 10, and without a count.
func TestBehaviour19(t *testing.T) {
	w := newWorld(t)
	w.portal.SetLimits(simulator.Limits{Off: true})
	var first int
	for i := range 120 {
		id := w.portal.AddDeal(simulator.Deal{Title: fmt.Sprint("Deal ", i), Responsible: w.mary})
		if i == 0 {
			first = id
		}
	}
	rows := func(a answer) int { return len(a.at("result", "items").([]any)) }
	for _, tt := range []struct {
		start, rows int
		next        any
	}{{0, 50, 50.0}, {50, 50, 100.0}, {100, 20, nil}, {500, 0, nil}} {
		a := w.ok(w.mary, "crm.item.list", map[string]any{"entityTypeId": 2, "start": tt.start})
		if rows(a) != tt.rows || a.at("next") != tt.next || a.at("total") != 120.0 {
			t.Errorf("start %d: %d rows, next %v, total %v", tt.start, rows(a), a.at("next"), a.at("total"))
		}
	}
	a := w.ok(w.mary, "crm.item.list", map[string]any{"entityTypeId": 2, "start": -1, "filter": map[string]any{">id": 100}})
	if rows(a) != 20 || a.at("next") != nil || a.at("total") != nil {
		t.Errorf("without a count: %d rows, next %v, total %v", rows(a), a.at("next"), a.at("total"))
	}
	for range 12 {
		w.ok(w.mary, "crm.timeline.logmessage.add", map[string]any{"fields": map[string]any{
			"entityTypeId": 2, "entityId": first, "title": "T", "text": "x", "iconCode": "document",
		}})
	}
	for offset, want := range map[int]int{0: 10, 10: 2} {
		a := w.ok(w.mary, "crm.timeline.logmessage.list", map[string]any{"entityTypeId": 2, "entityId": first, "offset": offset})
		if n := len(a.at("result", "logMessages").([]any)); n != want {
			t.Errorf("offset %d: %d messages", offset, n)
		}
	}
}

// TestBehaviour20: a table of faults: what the client sees, and whether the
// call has had its effect.
func TestBehaviour20(t *testing.T) {
	for _, tt := range []struct {
		kind     simulator.FaultKind
		status   int // 0: no answer arrives
		contains string
		effects  int
	}{
		{simulator.QueryLimit, 503, "QUERY_LIMIT_EXCEEDED", 0},
		{simulator.OperationLimit, 429, "OPERATION_TIME_LIMIT", 0},
		{simulator.Overload, 503, "OVERLOAD_LIMIT", 0},
		{simulator.ExpiredToken, 401, "expired_token", 0},
		{simulator.InvalidToken, 401, "invalid_token", 0},
		{simulator.AccessDenied, 403, "ACCESS_DENIED", 0},
		{simulator.InternalError, 500, "INTERNAL_SERVER_ERROR", 0},
		{simulator.QuotaExceeded, 400, "DISK_BASE_SERVICE_22001", 0},
		{simulator.BadGateway, 502, "<html>", 0},
		{simulator.GatewayTimeout, 504, "<html>", 0},
		{simulator.Maintenance, 200, "<html>", 0},
		{simulator.PlainText, 200, "Access denied.", 0},
		{simulator.EmptyBody, 200, "", 0},
		{simulator.Redirect, 302, "", 0},
		{simulator.Reset, 0, "", 0},
		{simulator.LostAnswer, 0, "", 1},
		{simulator.LateGateway, 504, "<html>", 1},
		{simulator.Truncated, 0, "", 1},
		{simulator.Corrupt, 200, "", 1},
		{simulator.Slow, 200, "logMessage", 1},
		{simulator.Twice, 200, "logMessage", 2},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			w := newWorld(t)
			deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
			hit := w.portal.Inject(simulator.Fault{
				Method: "crm.timeline.logmessage.*", Kind: tt.kind, Count: 1, Delay: time.Millisecond, To: "http://127.0.0.9:1",
			})
			body := fmt.Sprintf(`{"auth":%q,"fields":{"entityTypeId":2,"entityId":%d,"title":"T","text":"x","iconCode":"document"}}`, w.token(w.mary), deal)
			post := func() (answer, error) {
				return fetch("POST", w.portal.URL()+"/rest/crm.timeline.logmessage.add", "application/json", body)
			}
			a, err := post()
			if (err == nil) != (tt.status != 0) {
				t.Fatalf("error is %v", err)
			}
			if err == nil && (a.status != tt.status || !strings.Contains(string(a.raw), tt.contains)) {
				t.Errorf("status %d: %s", a.status, a.raw)
			}
			if tt.kind == simulator.Redirect && a.header.Get("Location") != "http://127.0.0.9:1/rest/crm.timeline.logmessage.add" {
				t.Errorf("leads to %s", a.header.Get("Location"))
			}
			if n := len(w.portal.Timeline(deal)); n != tt.effects {
				t.Errorf("%d effects, want %d", n, tt.effects)
			}
			if hit.Hits() != 1 {
				t.Errorf("%d hits", hit.Hits())
			}
			if a, err = post(); err != nil || a.status != 200 {
				t.Errorf("afterwards: %v %s", err, a.raw)
			}
		})
	}
	t.Run("an endless answer", func(t *testing.T) {
		w := newWorld(t)
		w.portal.Inject(simulator.Fault{Kind: simulator.Endless, Count: 1})
		res, err := http.Get(w.portal.URL() + "/rest/profile?auth=" + w.token(w.mary))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		buf := make([]byte, 64<<10)
		for read := 0; read < 10<<20; {
			n, err := res.Body.Read(buf)
			if err != nil {
				t.Fatalf("ended after %d bytes: %v", read, err)
			}
			read += n
		}
	})
	t.Run("probability, skipping, filters, healing", func(t *testing.T) {
		w := newWorld(t)
		w.portal.SetLimits(simulator.Limits{Off: true})
		half := w.portal.Inject(simulator.Fault{Kind: simulator.QueryLimit, Probability: 0.3, User: w.mary})
		for range 100 {
			w.call(w.mary, "profile", nil)
			w.ok(w.anna, "profile", nil)
		}
		if n := half.Hits(); n < 10 || n > 60 {
			t.Errorf("%d of 100 calls were struck with a probability of 0.3", n)
		}
		half.Remove()
		late := w.portal.Inject(simulator.Fault{Kind: simulator.QueryLimit, Skip: 2, Count: 1, App: w.app.ClientID})
		for i, want := range []int{200, 200, 503, 200} {
			if a := w.call(w.mary, "profile", nil); a.status != want {
				t.Errorf("call %d: status %d, want %d", i, a.status, want)
			}
		}
		if late.Hits() != 1 {
			t.Errorf("%d hits", late.Hits())
		}
		w.portal.Inject(simulator.Fault{Kind: simulator.BadGateway})
		w.portal.Heal()
		w.ok(w.mary, "profile", nil)
	})
}

// TestCalls: the record has what was called by whom, and no token.
func TestCalls(t *testing.T) {
	w := newWorld(t)
	tok := w.token(w.mary)
	w.callWith(tok, "profile", nil)
	w.callWith(tok, "crm.deal.get", map[string]any{"id": 5})
	w.ok(w.anna, "batch", map[string]any{"cmd": map[string]string{"x": "profile"}})
	var got []string
	for _, c := range w.portal.Calls() {
		got = append(got, fmt.Sprintf("%s %d %d %t %t", c.Method, c.User, c.Status, c.Failed, c.Batch))
		if c.App != w.app.ClientID || strings.Contains(fmt.Sprintf("%+v", c), tok) {
			t.Errorf("record %+v", c)
		}
	}
	want := []string{"profile 2 200 false false", "crm.deal.get 2 400 true false", "profile 1 200 false true", "batch 1 200 false false"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("calls are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
