package bitrix_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix"
)

func TestBatch(t *testing.T) {
	p := newPortal(t, script(reply(200, `{"result":{
		"result":{"c0":{"item":{"id":8061,"title":"A crane"}},"c1":[{"ID":"999","COMMENT":"x"}],"c4":{"item":[]}},
		"result_error":{"c2":{"error":"ACCESS_DENIED","error_description":"Access denied"}},
		"result_total":{"c1":51},"result_next":{"c1":50},"result_time":[]},"time":{}}`)))
	var b bitrix.Batch
	item := bitrix.Add(&b, bitrix.GetItem(bitrix.EntityDeal, 8061))
	comments := bitrix.Add(&b, bitrix.ListComments(bitrix.EntityDeal, 8061))
	file := bitrix.Add(&b, bitrix.GetDriveFile(9))
	missing := bitrix.Add(&b, bitrix.GetDocument(7))
	broken := bitrix.Add(&b, bitrix.GetItem(bitrix.EntityDeal, 1))
	if _, err := item.Value(); !errors.Is(err, bitrix.ErrNotRun) {
		t.Errorf("before the run: %v", err)
	}
	if err := p.client(t).Run(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	if got, err := item.Value(); err != nil || got.Title != "A crane" {
		t.Errorf("item: %v, %v", got, err)
	}
	if got, err := comments.Value(); err != nil || len(got) != 1 || !comments.More() || comments.Total() != 51 {
		t.Errorf("comments: %v, %v, more %v of %d", got, err, comments.More(), comments.Total())
	}
	var refused *bitrix.Error
	if _, err := file.Value(); kindsOf(err) != "denied" || !errors.As(err, &refused) || refused.Method != "disk.file.get" {
		t.Errorf("file: %v", err)
	}
	if _, err := missing.Value(); !errors.Is(err, bitrix.ErrNotRun) {
		t.Errorf("a command without result: %v", err)
	}
	if _, err := broken.Value(); kindsOf(err) != "unexpected" {
		t.Errorf("an empty item: %v", err)
	}
	want := map[string]any{"halt": 0.0, "cmd": map[string]any{
		"c0": "crm.item.get?entityTypeId=2&id=8061&useOriginalUfNames=Y",
		"c1": "crm.timeline.comment.list?filter%5BENTITY_ID%5D=8061&filter%5BENTITY_TYPE%5D=deal&order%5BID%5D=DESC" +
			"&select%5B0%5D=ID&select%5B1%5D=ENTITY_ID&select%5B2%5D=ENTITY_TYPE&select%5B3%5D=CREATED&select%5B4%5D=COMMENT&select%5B5%5D=AUTHOR_ID&select%5B6%5D=FILES",
		"c2": "disk.file.get?id=9",
		"c3": "crm.documentgenerator.document.get?id=7",
		"c4": "crm.item.get?entityTypeId=2&id=1&useOriginalUfNames=Y",
	}}
	if diff := cmp.Diff(want, p.seen()[0].Params); diff != "" {
		t.Error(diff)
	}
	if err := p.client(t).Run(context.Background(), &b); err == nil {
		t.Error("a batch runs twice")
	}
}

func TestBatchEmptyParts(t *testing.T) {
	p := newPortal(t, script(reply(200, `{"result":{"result":[],"result_error":{"c0":{"error":"","error_description":"Not found"}},"result_total":[],"result_next":[],"result_time":[]}}`)))
	b := bitrix.Batch{Halt: true}
	one, two := bitrix.Add(&b, bitrix.GetItem(2, 1)), bitrix.Add(&b, bitrix.GetItem(2, 2))
	if err := p.client(t).Run(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Value(); kindsOf(err) != "missing" {
		t.Errorf("got %v", err)
	}
	if _, err := two.Value(); !errors.Is(err, bitrix.ErrNotRun) {
		t.Errorf("got %v", err)
	}
	if got := p.seen()[0].Params["halt"]; got != 1.0 {
		t.Errorf("halt is %v", got)
	}
}

// A write of which nobody knows is one inside a batch as well.
func TestBatchWithAWriteThatMayHaveRun(t *testing.T) {
	p := newPortal(t, script(reply(200, `{"result":{"result":[],"result_error":{"c0":{"error":"INTERNAL_SERVER_ERROR"},"c1":{"error":"INTERNAL_SERVER_ERROR"},"c2":{"error":"ERROR_ARGUMENT"}}}}`)))
	var b bitrix.Batch
	write := bitrix.Add(&b, bitrix.Write[bool]("x.add", nil))
	read := bitrix.Add(&b, bitrix.Read[bool]("x.get", nil))
	refused := bitrix.Add(&b, bitrix.Write[bool]("x.add", nil))
	if b.Len() != 3 {
		t.Errorf("%d commands", b.Len())
	}
	if err := p.client(t).Run(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	for i, r := range []*bitrix.Result[bool]{write, read, refused} {
		if _, err := r.Value(); err == nil || errors.Is(err, bitrix.ErrLostAnswer) != (i == 0) {
			t.Errorf("command %d: %v", i, err)
		}
	}
}

func TestBatchAsAWhole(t *testing.T) {
	t.Run("nothing to do", func(t *testing.T) {
		p := newPortal(t, script(reply(500, "")))
		if err := p.client(t).Run(context.Background(), new(bitrix.Batch)); err != nil || len(p.seen()) != 0 {
			t.Errorf("%v after %d calls", err, len(p.seen()))
		}
	})
	t.Run("too long", func(t *testing.T) {
		p := newPortal(t, script(reply(500, "")))
		var b bitrix.Batch
		for range bitrix.MaxBatch + 1 {
			bitrix.Add(&b, bitrix.GetItem(2, 1))
		}
		if err := p.client(t).Run(context.Background(), &b); err == nil || len(p.seen()) != 0 {
			t.Errorf("%v after %d calls", err, len(p.seen()))
		}
	})
	t.Run("a file", func(t *testing.T) {
		var b bitrix.Batch
		bitrix.Add(&b, bitrix.Write[bool]("disk.file.uploadVersion", bitrix.Params{"id": 1, "fileContent": pdf("a", "x")}))
		p := newPortal(t, script(reply(200, "")))
		if err := p.client(t).Run(context.Background(), &b); err == nil || len(p.seen()) != 0 {
			t.Errorf("%v after %d calls", err, len(p.seen()))
		}
	})
	for _, tt := range []struct {
		write bool
		want  string
		calls int
	}{{false, "unexpected", 3}, {true, "lost unexpected", 1}} {
		t.Run(fmt.Sprint("lost answer, write ", tt.write), func(t *testing.T) {
			p := newPortal(t, script(reply(502, "<html>")))
			var b bitrix.Batch
			cmd := bitrix.Read[bool]("x", nil)
			if tt.write {
				cmd = bitrix.Write[bool]("x", nil)
			}
			one, two := bitrix.Add(&b, bitrix.GetItem(2, 1)), bitrix.Add(&b, cmd)
			err := p.client(t).Run(context.Background(), &b)
			_, err1 := one.Value()
			_, err2 := two.Value()
			for _, e := range []error{err, err1, err2} {
				if kindsOf(e) != tt.want {
					t.Errorf("got %v", e)
				}
			}
			if n := len(p.seen()); n != tt.calls {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// TestBatchQuery checks the notation of parameters, as PHP's parse_str reads
// it back.
func TestBatchQuery(t *testing.T) {
	type named string
	day := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for want, params := range map[string]bitrix.Params{
		"":                          {},
		"a=1&b=0":                   {"a": true, "b": false},
		"a=x y&n=-5":                {"a": named("x y"), "n": -5},
		"a[0]=1&a[1]=2":             {"a": []int{1, 2}},
		"a[x][0][y]=z&a[x][0][z]=1": {"a": map[string]any{"x": []any{bitrix.Params{"y": "z", "z": bitrix.ID(1)}}}},
		"f=1.5&s=secret":            {"f": 1.5, "s": bitrix.Secret("secret"), "none": nil, "empty": []any{}},
		"t=2026-11-23T10:00:00Z&u=2026-11-23T10:00:00Z": {"t": day, "u": bitrix.Time{Time: day}},
		"l[0][id]=5": {"l": bitrix.FileSlots{bitrix.Keep(5)}},
		"m[k]=v":     {"m": map[named]string{"k": "v"}},
		"s[A]=1&s[B]=x": {"s": struct {
			A uint8
			B string
		}{1, "x"}, "p": (*string)(nil)},
	} {
		p := newPortal(t, script(reply(200, `{"result":{"result":[]}}`)))
		var b bitrix.Batch
		bitrix.Add(&b, bitrix.Read[bool]("m", params))
		if err := p.client(t).Run(context.Background(), &b); err != nil {
			t.Errorf("%v: %v", params, err)
			continue
		}
		cmd, _ := p.seen()[0].Params["cmd"].(map[string]any)["c0"].(string)
		_, query, _ := strings.Cut(cmd, "?")
		got, err := url.QueryUnescape(query)
		if err != nil || got != want {
			t.Errorf("%v: got %q, want %q", params, got, want)
		}
	}
}

func TestBatchQueryEscapes(t *testing.T) {
	p := newPortal(t, script(reply(200, `{"result":{"result":[]}}`)))
	var b bitrix.Batch
	bitrix.Add(&b, bitrix.Read[bool]("m", bitrix.Params{"a": "x&auth=1#?+ä%", "b&c=d": "$result[c0][ID]"}))
	if err := p.client(t).Run(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	cmd, _ := p.seen()[0].Params["cmd"].(map[string]any)["c0"].(string)
	_, query, _ := strings.Cut(cmd, "?")
	got, err := url.ParseQuery(query)
	want := url.Values{"a": {"x&auth=1#?+ä%"}, "b&c=d": {"$result[c0][ID]"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestPages(t *testing.T) {
	ctx := context.Background()
	three := func(w http.ResponseWriter, c call) {
		switch c.Params["start"] {
		case 0.0:
			say(w, 200, `{"result":[{"ID":"1"},{"ID":"2"}],"next":50,"total":5}`)
		case 50.0:
			say(w, 200, `{"result":[{"ID":"3"},{"ID":"4"}],"next":"100","total":"5"}`)
		default:
			say(w, 200, `{"result":[{"ID":"5"}],"total":5}`)
		}
	}
	t.Run("all", func(t *testing.T) {
		p := newPortal(t, three)
		users, err := bitrix.Collect(p.client(t).Users(ctx, nil), 0)
		if err != nil || len(users) != 5 || users[4].ID != 5 || len(p.seen()) != 3 {
			t.Errorf("%v, %v after %d calls", users, err, len(p.seen()))
		}
	})
	t.Run("as far as needed", func(t *testing.T) {
		p := newPortal(t, three)
		users, err := bitrix.Collect(p.client(t).Users(ctx, nil), 2)
		if err != nil || len(users) != 2 || len(p.seen()) != 1 {
			t.Errorf("%v, %v after %d calls", users, err, len(p.seen()))
		}
	})
	t.Run("twice", func(t *testing.T) {
		p := newPortal(t, three)
		all := p.client(t).Users(ctx, nil)
		for range 2 {
			if users, err := bitrix.Collect(all, 0); err != nil || len(users) != 5 {
				t.Errorf("%v, %v", users, err)
			}
		}
	})
	t.Run("an error amid", func(t *testing.T) {
		p := newPortal(t, script(reply(200, `{"result":[{"ID":"1"}],"next":50}`), refusal(400, "", "Access denied.")))
		users, err := bitrix.Collect(p.client(t).Users(ctx, nil), 0)
		if len(users) != 1 || kindsOf(err) != "denied" {
			t.Errorf("%v, %v", users, err)
		}
	})
	t.Run("in circles", func(t *testing.T) {
		p := newPortal(t, script(reply(200, `{"result":[{"ID":"1"}],"next":50}`)))
		_, err := bitrix.Collect(p.client(t).Users(ctx, nil), 0)
		if kindsOf(err) != "unexpected" || len(p.seen()) != 2 {
			t.Errorf("%v after %d calls", err, len(p.seen()))
		}
	})
	t.Run("the page size of log messages", func(t *testing.T) {
		p := newPortal(t, script(reply(200, `{"result":[{"id":1}],"next":10}`), reply(200, `{"result":[]}`)))
		if _, err := bitrix.Collect(p.client(t).LogMessages(ctx, 2, 1), 0); err != nil {
			t.Fatal(err)
		}
		if got := p.seen()[1].Params; got["start"] != 10.0 || got["offset"] != 10.0 {
			t.Errorf("second page: %v", got)
		}
	})
}
