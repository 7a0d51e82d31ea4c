package bitrix_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"signservice/bitrix"
	"signservice/bitrix/simulator"
)

// Whatever goes wrong with one call: a read succeeds in the end or says why
// not, and a write has happened once, or not at all, or is reported as one of
// which nobody knows.
func TestSimulatedFaults(t *testing.T) {
	ctx := context.Background()
	type outcome struct{ read, write string }
	for kind, want := range map[simulator.FaultKind]outcome{
		simulator.QueryLimit:     {"ok", "ok"},
		simulator.OperationLimit: {"time", "time"},
		simulator.Overload:       {"overload", "overload"},
		simulator.ExpiredToken:   {"ok", "ok"},
		simulator.InvalidToken:   {"ok", "ok"},
		simulator.AccessDenied:   {"denied", "denied"},
		simulator.InternalError:  {"ok", "lost"},
		simulator.BadGateway:     {"ok", "lost unexpected"},
		simulator.GatewayTimeout: {"ok", "lost unexpected"},
		simulator.Maintenance:    {"ok", "lost unexpected"},
		simulator.PlainText:      {"ok", "lost unexpected"},
		simulator.EmptyBody:      {"ok", "lost unexpected"},
		simulator.Reset:          {"ok", "lost unreachable"},
		simulator.LostAnswer:     {"ok", "lost unreachable"},
		simulator.LateGateway:    {"ok", "lost unexpected"},
		simulator.Truncated:      {"ok", "lost unreachable"},
		simulator.Endless:        {"large", "large lost"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			w := newSimworld(t)
			deal := w.portal.AddDeal(simulator.Deal{Title: "A crane", Responsible: w.mary})
			c, _ := w.renewing(w.mary)

			w.portal.Inject(simulator.Fault{Method: "crm.item.get", Kind: kind, Count: 1})
			item, err := c.Item(ctx, bitrix.EntityDeal, bitrix.ID(deal))
			if want.read == "ok" && (err != nil || item.Title != "A crane") || want.read != "ok" && kindsOf(err) != want.read {
				t.Errorf("read: %v, %v", item.Title, err)
			}

			fault := w.portal.Inject(simulator.Fault{Method: "crm.timeline.logmessage.add", Kind: kind, Count: 1})
			_, err = c.AddLogMessage(ctx, bitrix.NewLogMessage{Entity: bitrix.EntityDeal, EntityID: bitrix.ID(deal), Title: "T", Text: "t", Icon: "info"})
			if want.write == "ok" && err != nil || want.write != "ok" && kindsOf(err) != want.write {
				t.Errorf("write: %v of kinds %q", err, kindsOf(err))
			}
			written := 0
			for _, entry := range w.portal.Timeline(deal) {
				if entry.Title == "T" {
					written++
				}
			}
			known := !errors.Is(err, bitrix.ErrLostAnswer)
			if written > 1 || known && (err == nil) != (written == 1) || fault.Hits() != 1 {
				t.Errorf("written %d times, struck %d times, told %v", written, fault.Hits(), err)
			}
			mustNotTell(t, fmt.Sprint(err), w.app.ClientSecret)
		})
	}
}

func TestSimulatedFaultsForEver(t *testing.T) {
	ctx := context.Background()
	for kind, want := range map[simulator.FaultKind]string{
		simulator.QueryLimit: "queries", simulator.BadGateway: "unexpected", simulator.EmptyBody: "unexpected",
		simulator.LostAnswer: "unreachable", simulator.ExpiredToken: "expired",
	} {
		w := newSimworld(t)
		fault := w.portal.Inject(simulator.Fault{Kind: kind})
		c, _ := w.renewing(w.mary)
		if _, err := c.Profile(ctx); kindsOf(err) != want || fault.Hits() > 5 {
			t.Errorf("%s: %v after %d calls", kind, err, fault.Hits())
		}
	}
}

func TestSimulatedDownloadFaults(t *testing.T) {
	ctx := context.Background()
	content := "%PDF-1.7 " + strings.Repeat("x", 10_000)
	for kind, want := range map[simulator.FaultKind]string{
		simulator.QueryLimit: "ok", simulator.BadGateway: "ok", simulator.Maintenance: "ok", simulator.EmptyBody: "ok", simulator.Reset: "ok",
		simulator.PlainText: "denied", simulator.ExpiredToken: "expired", simulator.AccessDenied: "denied", simulator.Truncated: "unreachable",
	} {
		w := newSimworld(t)
		field := w.portal.AddFileField("ONE", "One", false)
		deal := w.portal.AddDeal(simulator.Deal{Title: "A crane", Responsible: w.mary})
		w.portal.PutFile(deal, field, "a.pdf", []byte(content))
		c := w.client(w.mary)
		item, err := c.Item(ctx, bitrix.EntityDeal, bitrix.ID(deal))
		if err != nil {
			t.Fatal(err)
		}
		files, err := item.Files(field)
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		w.portal.Inject(simulator.Fault{Method: "crm.controller.item.getFile", Kind: kind, Count: 1})
		var got bytes.Buffer
		_, err = c.Download(ctx, files[0].Link, &got, 1<<20)
		if want == "ok" && (err != nil || got.String() != content) || want != "ok" && kindsOf(err) != want {
			t.Errorf("%s: %d bytes, %v of kinds %q", kind, got.Len(), err, kindsOf(err))
		}
		mustNotTell(t, fmt.Sprint(err), "auth=", "token=")
	}
}

func TestSimulatedLinkOfAnotherToken(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	object := w.portal.AddDriveFile(w.mary, "a.pdf", []byte("x"))
	file, err := w.client(w.mary).DriveFile(ctx, bitrix.ID(object))
	if err != nil {
		t.Fatal(err)
	}
	other := w.tokens(w.mary).Access
	_, rest, _ := strings.Cut(file.Link.Reveal(), "&")
	head, _, _ := strings.Cut(file.Link.Reveal(), "auth=")
	if _, err := w.client(w.mary).Download(ctx, bitrix.Secret(head+"auth="+other+"&"+rest), new(bytes.Buffer), 100); !errors.Is(err, bitrix.ErrBadLink) {
		t.Errorf("got %v", err)
	}
}

func TestSimulatedAuthServerFaults(t *testing.T) {
	ctx := context.Background()
	for kind, want := range map[simulator.FaultKind]string{
		simulator.BadGateway: "ok", simulator.EmptyBody: "ok", simulator.Reset: "ok", simulator.Maintenance: "ok", simulator.Truncated: "ok",
	} {
		w := newSimworld(t)
		w.cloud.Auth.Inject(simulator.Fault{Method: "app.info", Kind: kind, Count: 1})
		who, err := w.oauth.Identify(ctx, bitrix.Secret(w.tokens(w.mary).Access), "")
		if want == "ok" && (err != nil || who.UserID != bitrix.ID(w.mary)) {
			t.Errorf("%s: %v, %v", kind, who, err)
		}
	}
}

// The answer to a renewal is lost: the old refresh token is used up. The error
// says so, and the next pair of tokens, from a page, makes it good again.
func TestSimulatedLostRenewal(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	c, store := w.renewing(w.mary)
	w.portal.ExpireTokens()
	w.cloud.Auth.Inject(simulator.Fault{Method: "oauth/token", Kind: simulator.LostAnswer, Count: 1})
	if _, err := c.Profile(ctx); !errors.Is(err, bitrix.ErrInvalidGrant) {
		t.Errorf("got %v", err)
	}
	tokens := w.tokens(w.mary)
	for _, grant := range store.grants {
		grant.AccessToken, grant.RefreshToken, grant.Expires = bitrix.Secret(tokens.Access), bitrix.Secret(tokens.Refresh), tokens.Expires
		if err := store.SaveGrant(ctx, grant); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Profile(ctx); err != nil {
		t.Errorf("after a page was opened: %v", err)
	}
}

func TestSimulatedCodeFlow(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	address, err := w.portal.Authorize(w.mary, w.app.ClientID, "state-1")
	if err != nil {
		t.Fatal(err)
	}
	request := post("", "")
	request.URL.RawQuery = address[strings.IndexByte(address, '?')+1:]
	_, query, err := bitrix.ReadForm(request)
	if err != nil {
		t.Fatal(err)
	}
	code, err := bitrix.ParseCode(query)
	if err != nil || code.State != "state-1" {
		t.Fatalf("%+v, %v", code, err)
	}
	grant, err := w.oauth.Exchange(ctx, w.app.ClientID, code.Code, code.ClaimedAuthServer)
	if err != nil || grant.UserID != bitrix.ID(w.mary) || grant.MemberID != w.portal.MemberID() || grant.Endpoint != w.portal.URL()+"/rest/" {
		t.Fatalf("%+v, %v", grant, err)
	}
	if _, err := w.oauth.Exchange(ctx, w.app.ClientID, code.Code, ""); !errors.Is(err, bitrix.ErrInvalidGrant) {
		t.Errorf("a second time: %v", err)
	}
	renewed, err := w.oauth.Refresh(ctx, grant)
	if err != nil || renewed.RefreshToken == grant.RefreshToken {
		t.Fatalf("%v", err)
	}
	if _, err := w.oauth.Refresh(ctx, grant); !errors.Is(err, bitrix.ErrInvalidGrant) {
		t.Errorf("the old refresh token: %v", err)
	}
	bad := newOAuth(t, bitrix.OAuthConfig{
		Applications: []bitrix.Credentials{{ClientID: w.app.ClientID, ClientSecret: "wrong"}},
		AuthServers:  []string{w.cloud.Auth.URL()}, PlainHosts: w.hosts(), Transport: loopback(), Clock: w.clock,
	})
	if _, err := bad.Refresh(ctx, renewed); !errors.Is(err, bitrix.ErrInvalidClient) {
		t.Errorf("a wrong secret: %v", err)
	}
}

func TestSimulatedEndOfAnApplication(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	c, _ := w.renewing(w.mary)
	token := bitrix.Secret(w.tokens(w.mary).Access)
	if err := w.portal.DeleteApp(w.app.ClientID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Profile(ctx); !errors.Is(err, bitrix.ErrNotInstalled) {
		t.Errorf("call: %v", err)
	}
	if _, err := w.oauth.Identify(ctx, token, ""); !errors.Is(err, bitrix.ErrNotInstalled) {
		t.Errorf("identify: %v", err)
	}
}

func TestSimulatedPlans(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	object := w.portal.AddDriveFile(w.mary, "a.pdf", []byte("x"))
	for _, documented := range []bool{false, true} {
		w.portal.SetQuirks(simulator.Quirks{NoDriveHistory: true, DocumentedStatuses: documented})
		if _, err := bitrix.Collect(w.client(w.mary).DriveVersions(ctx, bitrix.ID(object)), 0); !errors.Is(err, bitrix.ErrMethodNotFound) {
			t.Errorf("no history: %v", err)
		}
		w.portal.SetQuirks(simulator.Quirks{NoREST: true, DocumentedStatuses: documented})
		if _, err := w.client(w.mary).Profile(ctx); !errors.Is(err, bitrix.ErrNoREST) {
			t.Errorf("no REST: %v", err)
		}
		w.portal.SetQuirks(simulator.Quirks{DocumentedStatuses: documented})
		if err := w.portal.RestrictApp(w.app.ClientID, w.anna); err != nil {
			t.Fatal(err)
		}
		if _, err := w.client(w.mary).Profile(ctx); !errors.Is(err, bitrix.ErrUserNotAllowed) {
			t.Errorf("closed to her: %v", err)
		}
		if err := w.portal.RestrictApp(w.app.ClientID); err != nil {
			t.Fatal(err)
		}
	}
	small := w.portal.AddApp(simulator.LocalApp{Title: "Small", HandlerURL: w.app.HandlerURL, Scopes: []string{"placement"}})
	tokens, err := w.portal.Grant(w.mary, small.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newClient(t, w.config(bitrix.StaticToken(bitrix.Secret(tokens.Access)))).Item(ctx, bitrix.EntityDeal, 1); !errors.Is(err, bitrix.ErrInsufficientScope) {
		t.Errorf("without scope: %v", err)
	}
}

func TestSimulatedEndOfAPortal(t *testing.T) {
	ctx := context.Background()
	for _, tells := range []bool{true, false} {
		w := newSimworld(t)
		c := w.client(w.mary)
		w.portal.Delete(tells)
		want := bitrix.ErrUnexpectedAnswer
		if tells {
			want = bitrix.ErrPortalDeleted
		}
		if _, err := c.Profile(ctx); !errors.Is(err, want) {
			t.Errorf("tells %v: %v", tells, err)
		}
	}
}

// A portal gets another address: the call says so, the new address is learned
// from the authorization server, and nothing went there before.
func TestSimulatedRename(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	p := w.addPortal(simulator.PortalConfig{Name: "Moving", Addr: "0.0.0.0:0", Host: "127.0.0.2"})
	user := p.AddUser(simulator.User{Name: "Mary"})
	app := p.AddApp(simulator.LocalApp{Title: "Sign", HandlerURL: w.app.HandlerURL, Scopes: []string{"crm"}})
	tokens, err := p.Grant(user, app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	token := bitrix.Secret(tokens.Access)
	cfg := w.config(bitrix.StaticToken(token))
	cfg.Endpoint = p.URL() + "/rest/"
	c := newClient(t, cfg)
	if _, err := c.Profile(ctx); err != nil {
		t.Fatal(err)
	}
	p.Rename("127.0.0.3")
	_, err = bitrix.Call(ctx, c, bitrix.Write[bool]("profile", nil))
	var moved *bitrix.Error
	if !errors.As(err, &moved) || !errors.Is(err, bitrix.ErrMoved) || errors.Is(err, bitrix.ErrLostAnswer) || !strings.HasPrefix(moved.MovedTo, "127.0.0.3:") {
		t.Fatalf("got %v", err)
	}
	who, err := w.newOAuth(app).Identify(ctx, token, "")
	if err != nil || who.MemberID != p.MemberID() || who.Domain != moved.MovedTo {
		t.Errorf("%+v, %v", who, err)
	}
}

// Two hundred lines are written while calls fail in all ways. Whoever reads
// before repeating a write of unknown outcome has each line there once.
func TestSimulatedChaos(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	deal := bitrix.ID(w.portal.AddDeal(simulator.Deal{Title: "A crane", Responsible: w.mary}))
	for _, kind := range []simulator.FaultKind{
		simulator.QueryLimit, simulator.LostAnswer, simulator.ExpiredToken, simulator.LateGateway, simulator.Reset, simulator.BadGateway, simulator.Truncated,
	} {
		w.portal.Inject(simulator.Fault{Kind: kind, Probability: 0.03})
	}
	c, _ := w.renewing(w.mary)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 25 {
				if err := writeOnce(ctx, c, deal, fmt.Sprintf("%d-%d", worker, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	count := map[string]int{}
	for _, entry := range w.portal.Timeline(int(deal)) {
		count[entry.Title]++
	}
	for worker := range 8 {
		for i := range 25 {
			if n := count[fmt.Sprintf("%d-%d", worker, i)]; n != 1 {
				t.Errorf("line %d-%d is there %d times", worker, i, n)
			}
		}
	}
	t.Logf("%d calls for 200 lines, seed %d", len(w.portal.Calls()), w.cloud.Seed())
}

// writeOnce writes a line and repeats that only when it is not there.
func writeOnce(ctx context.Context, c *bitrix.Client, deal bitrix.ID, title string) error {
	for {
		_, err := c.AddLogMessage(ctx, bitrix.NewLogMessage{Entity: bitrix.EntityDeal, EntityID: deal, Title: title, Text: "t", Icon: "info"})
		if err == nil || !errors.Is(err, bitrix.ErrLostAnswer) && !passing(err) {
			return err
		}
		there, err := written(ctx, c, deal, title)
		if there || err != nil {
			return err
		}
	}
}

func written(ctx context.Context, c *bitrix.Client, deal bitrix.ID, title string) (bool, error) {
	for range 20 {
		lines, err := bitrix.Collect(c.LogMessages(ctx, bitrix.EntityDeal, deal), 0)
		for _, line := range lines {
			if string(line.Title) == title {
				return true, nil
			}
		}
		if err == nil || !passing(err) {
			return false, err
		}
	}
	return false, errors.New("cannot read the timeline")
}

func passing(err error) bool {
	for _, kind := range []error{bitrix.ErrUnreachable, bitrix.ErrUnexpectedAnswer, bitrix.ErrQueryLimit, bitrix.ErrExpiredToken} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
