package bitrix_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix"
)

// post is a request as a portal's page makes it.
func post(query, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/bx/deal-tab?"+query, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	return r
}

const (
	placementQuery = "DOMAIN=acme.bitrix24.com&PROTOCOL=1&LANG=en&APP_SID=9c33468728e1d2c8c97562475edfd96a"
	placementBody  = "AUTH_ID=" + token + "&AUTH_EXPIRES=3600&REFRESH_ID=4a4ac06513&member_id=" + memberID +
		"&status=L&PLACEMENT=CRM_DEAL_DETAIL_TAB&PLACEMENT_OPTIONS=%7B%22ID%22%3A%228061%22%2C%22URI%22%3A%22%5C%2Fcrm%5C%2Fdeal%22%7D"
)

func TestReadPlacement(t *testing.T) {
	got, err := bitrix.ReadPlacement(post(placementQuery, placementBody))
	if err != nil {
		t.Fatal(err)
	}
	want := bitrix.Placement{
		AccessToken: token, RefreshToken: "4a4ac06513", ExpiresIn: time.Hour, Code: bitrix.PlacementDealTab,
		Options:  bitrix.Options{"ID": []byte(`"8061"`), "URI": []byte(`"\/crm\/deal"`)},
		Language: "en", AppSID: "9c33468728e1d2c8c97562475edfd96a",
		ClaimedDomain: "acme.bitrix24.com", ClaimedMemberID: memberID, ClaimedStatus: "L",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Options.ID("ID") != 8061 || got.Options.Text("URI") != "/crm/deal" || got.Options.ID("URI") != 0 || got.Options.Text("none") != "" {
		t.Errorf("options: %v %q", got.Options.ID("ID"), got.Options.Text("URI"))
	}
	mustNotTell(t, fmt.Sprintf("%v %+v %#v", got, got, got), token, "4a4ac06513")
	newer, err := bitrix.ReadPlacement(post(placementQuery, placementBody+"&SERVER_ENDPOINT=https%3A%2F%2Foauth.bitrix.info%2Frest%2F&APPLICATION_TOKEN=51856fef&APPLICATION_SCOPE=crm"))
	if err != nil || newer.ClaimedAuthServer != "https://oauth.bitrix.info/rest/" || newer.ApplicationToken != "51856fef" {
		t.Errorf("newer portals: %v, %v", newer, err)
	}
}

func TestPlacementOptions(t *testing.T) {
	for text, want := range map[string]bitrix.ID{
		"": 0, "undefined": 0, "null": 0, "[]": 0, "{}": 0, `{"ID":"8061"}`: 8061, `{"ID":8061}`: 8061, `{"ID":"0"}`: 0, `{"ID":-5}`: 0,
		`{"ID":"8061 or 1=1"}`: 0, `{"ID":{"a":1}}`: 0, `{"ID":null}`: 0, `{"id":"8061"}`: 0, `["8061"]`: 0, `{"ID":99999999999999999999}`: 0,
	} {
		p, err := bitrix.ParsePlacement(url.Values{"AUTH_ID": {token}, "PLACEMENT_OPTIONS": {text}}, nil)
		if err != nil || p.Options.ID("ID") != want || p.Code != bitrix.PlacementDefault {
			t.Errorf("%s: got %v in %q, %v", text, p.Options.ID("ID"), p.Code, err)
		}
	}
	for _, text := range []string{"{", "x", `"x"`, "5", "[[", `{"ID":1}x`} {
		if _, err := bitrix.ParsePlacement(url.Values{"AUTH_ID": {token}, "PLACEMENT_OPTIONS": {text}}, nil); !errors.Is(err, bitrix.ErrMalformedForm) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestReadFormRefuses(t *testing.T) {
	for name, r := range map[string]*http.Request{
		"no token":         post(placementQuery, "PLACEMENT=DEFAULT"),
		"a short token":    post(placementQuery, "AUTH_ID=abc"),
		"a token twice":    post(placementQuery, placementBody+"&AUTH_ID="+token),
		"a domain twice":   post(placementQuery+"&DOMAIN=evil.example", placementBody),
		"not url-encoded":  post(placementQuery, placementBody+"&x=%zz"),
		"semicolons":       post(placementQuery, placementBody+";x=1"),
		"a broken query":   post("%zz", placementBody),
		"too long":         post(placementQuery, placementBody+"&x="+strings.Repeat("x", 256<<10)),
		"too many fields":  post(placementQuery, placementBody+strings.Repeat("&x", 500)),
		"nothing":          post("", ""),
		"odd placement":    post(placementQuery, placementBody+"x"),
		"another encoding": withType(post(placementQuery, placementBody), "multipart/form-data; boundary=x"),
		"JSON":             withType(post(placementQuery, `{"AUTH_ID":"`+token+`"}`), "application/json"),
		"no type":          withType(post(placementQuery, placementBody), ""),
	} {
		p, err := bitrix.ReadPlacement(r)
		if !errors.Is(err, bitrix.ErrMalformedForm) || p.AccessToken != "" {
			t.Errorf("%s: got %v, %v", name, p, err)
		}
		mustNotTell(t, fmt.Sprint(err), token)
	}
}

func withType(r *http.Request, kind string) *http.Request {
	r.Header.Set("Content-Type", kind)
	return r
}

const eventAuth = "&auth[access_token]=" + token + "&auth[expires]=1736409407&auth[expires_in]=3600&auth[scope]=crm,placement" +
	"&auth[domain]=acme.bitrix24.com&auth[server_endpoint]=https://oauth.bitrix.info/rest/&auth[status]=L" +
	"&auth[client_endpoint]=https://acme.bitrix24.com/rest/&auth[member_id]=" + memberID + "&auth[user_id]=1&auth[application_token]=51856fefc1"

func values(t *testing.T, encoded string) url.Values {
	t.Helper()
	body, _, err := bitrix.ReadForm(post("", encoded))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestParseEvent(t *testing.T) {
	got, err := bitrix.ParseEvent(values(t, "event=onCrmDealUpdate&event_handler_id=703&data[FIELDS][ID]=3&ts=1736405807"+eventAuth))
	if err != nil {
		t.Fatal(err)
	}
	want := bitrix.Event{
		Name: bitrix.EventDealUpdate, At: time.Unix(1736405807, 0).UTC(),
		Data: &bitrix.Node{Children: map[string]*bitrix.Node{"FIELDS": {Children: map[string]*bitrix.Node{"ID": {Text: "3"}}}}},
		Auth: bitrix.EventAuth{
			AccessToken: token, ApplicationToken: "51856fefc1", ExpiresIn: time.Hour,
			ClaimedMemberID: memberID, ClaimedDomain: "acme.bitrix24.com", ClaimedUserID: 1, ClaimedAuthServer: "https://oauth.bitrix.info/rest/", ClaimedStatus: "L",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Data.At("FIELDS", "ID").ID() != 3 || got.Data.At("FIELDS", "X", "Y").Text != "" {
		t.Error("the tree is not readable")
	}
	mustNotTell(t, fmt.Sprintf("%v %+v", got, got), token, "51856fefc1")
}

func TestParseUninstallEvent(t *testing.T) {
	got, err := bitrix.ParseEvent(values(t, "event=ONAPPUNINSTALL&data[LANGUAGE_ID]=en&data[CLEAN]=1&ts=1466439714&auth[domain]=x&auth[member_id]="+memberID+"&auth[application_token]=51856fefc1"))
	if err != nil || got.Name != bitrix.EventAppUninstall || got.Data.At("CLEAN").Text != "1" || got.Auth.AccessToken != "" || !got.Auth.ApplicationToken.Matches("51856fefc1") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestParseRobot(t *testing.T) {
	got, err := bitrix.ParseRobot(values(t, "workflow_id=5f1.2&code=sign_request&document_id[0]=crm&document_id[1]=CCrmDocumentDeal&document_id[2]=DEAL_123"+
		"&document_type[0]=crm&event_token=55c1.x|A1&properties[signer]=user_5&properties[files][0]=a&properties[files][1]=b&use_subscription=Y&timeout_duration=660&ts=1"+eventAuth+"&auth[refresh_token]=rt-123456"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Code != "sign_request" || got.WorkflowID != "5f1.2" || got.DocumentID() != 123 || got.EventToken != "55c1.x|A1" || !got.Waits ||
		got.Properties.At("signer").UserID() != 5 || got.Auth.RefreshToken != "rt-123456" {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"a", "b"}, got.Properties.At("files").Texts()); diff != "" {
		t.Error(diff)
	}
	for id, want := range map[string]bitrix.ID{"DYNAMIC_1046_7": 7, "DEAL_": 0, "DEAL": 0, "": 0, "DEAL_-5": 0, "DEAL_1e3": 0} {
		if n := (bitrix.RobotCall{Document: []string{"crm", "x", id}}).DocumentID(); n != want {
			t.Errorf("%q: got %v", id, n)
		}
	}
	if n := (bitrix.RobotCall{}).DocumentID(); n != 0 {
		t.Errorf("without document: %v", n)
	}
	for text, want := range map[string]bitrix.ID{"user_5": 5, "5": 0, "group_5": 0, "user_": 0, "": 0} {
		if n := (&bitrix.Node{Text: text}).UserID(); n != want {
			t.Errorf("%q: got %v", text, n)
		}
	}
}

func TestParseEventRefuses(t *testing.T) {
	for _, form := range []url.Values{
		{}, {"data[FIELDS][ID]": {"3"}}, {"event": {""}}, {"event": {"X"}, "auth[access_token": {"x"}}, {"event": {"X"}, "a[1][2][3][4][5][6]": {"x"}},
	} {
		if e, err := bitrix.ParseEvent(form); !errors.Is(err, bitrix.ErrMalformedForm) {
			t.Errorf("%v: got %v, %v", form, e, err)
		}
		if r, err := bitrix.ParseRobot(form); !errors.Is(err, bitrix.ErrMalformedForm) {
			t.Errorf("%v: got %v, %v", form, r, err)
		}
	}
}

func TestParseCode(t *testing.T) {
	got, err := bitrix.ParseCode(url.Values{"code": {"avmocpghblyi01m3h42bljvqtyd19sw1"}, "state": {"s-1"}, "domain": {"acme.bitrix24.com"}, "member_id": {memberID}, "server_domain": {"oauth.bitrix.info"}})
	want := bitrix.AuthCode{Code: "avmocpghblyi01m3h42bljvqtyd19sw1", State: "s-1", ClaimedDomain: "acme.bitrix24.com", ClaimedMemberID: memberID, ClaimedAuthServer: "https://oauth.bitrix.info"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := bitrix.ParseCode(url.Values{"state": {"s"}}); !errors.Is(err, bitrix.ErrMalformedForm) {
		t.Errorf("got %v", err)
	}
}

func FuzzParsePlacement(f *testing.F) {
	f.Add(placementQuery, placementBody)
	f.Add("", "AUTH_ID="+token+"&PLACEMENT_OPTIONS=undefined&AUTH_EXPIRES=-1")
	f.Add("LANG=%00", "AUTH_ID="+token+"&PLACEMENT_OPTIONS=%5B%5D&status=%FF")
	f.Fuzz(func(t *testing.T, query, body string) {
		r := post("", body)
		r.URL.RawQuery = query
		p, err := bitrix.ReadPlacement(r)
		if err != nil {
			return
		}
		if len(p.AccessToken) < 8 || p.ExpiresIn < 0 || p.Code == "" || p.Options.ID("ID") < 0 {
			t.Fatalf("%+v", p)
		}
		for _, text := range []string{p.Code, p.Language, p.AppSID, p.ClaimedDomain, p.ClaimedMemberID, p.ClaimedStatus, p.ClaimedAuthServer} {
			if len(text) > 300 || !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r\n\x1b") {
				t.Fatalf("%q", text)
			}
		}
		mustNotTell(t, fmt.Sprintf("%+v", struct{ A, R bitrix.Secret }{p.AccessToken, p.RefreshToken}), p.AccessToken.Reveal())
	})
}

func FuzzParseEvent(f *testing.F) {
	f.Add("event=ONCRMDEALUPDATE&data[FIELDS][ID]=3&ts=1736405807" + eventAuth)
	f.Add("code=x&document_id[2]=DEAL_1&properties[a][0]=user_5&event_token=x")
	f.Add("event=x&a[]=1&a[[]]=2&[=3&]=4&data=5&data[x]=6")
	f.Fuzz(func(t *testing.T, body string) {
		form, _, err := bitrix.ReadForm(post("", body))
		if err != nil {
			return
		}
		if e, err := bitrix.ParseEvent(form); err == nil {
			if e.Name == "" || e.Data == nil || e.Data.At("FIELDS", "ID").ID() < 0 || e.Auth.ExpiresIn < 0 || e.Auth.ClaimedUserID < 0 {
				t.Fatalf("%+v", e)
			}
		}
		if r, err := bitrix.ParseRobot(form); err == nil {
			if r.Code == "" || r.DocumentID() < 0 || r.Properties.UserID() < 0 {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func FuzzContentDisposition(f *testing.F) {
	f.Add(`attachment; filename="a.pdf"; filename*=utf-8''%D0%B4.pdf`)
	f.Add(`attachment; filename*=iso-8859-1''na%EFve.pdf`)
	f.Add("a; FILENAME=\"..\\..\\x\u202e\x00")
	f.Fuzz(func(t *testing.T, header string) {
		name := bitrix.FileName(header)
		if len(name) > 200 || !utf8.ValidString(name) || strings.ContainsAny(name, "/\\\x00\r\n\u202e") {
			t.Fatalf("%q from %q", name, header)
		}
	})
}
