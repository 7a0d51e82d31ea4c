package bitrix_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix"
)

const link = "/rest/download.json?auth=" + token + "&token=disk%7CaWQ9OTA0Mw%3D%3D%7Csignature"

// file answers as a portal does with a file.
func file(name, content string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/pdf; charset=x")
		w.Header().Set("Content-Disposition", name)
		_, _ = io.WriteString(w, content)
	}
}

func page(status int, kind, content string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header()["Content-Type"] = []string{kind}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, content)
	}
}

func TestDownload(t *testing.T) {
	p := newPortal(t, script(file(`attachment; filename="dogovor.pdf"; filename*=utf-8''%D0%B4%D0%BE%D0%B3.pdf`, "%PDF-1.7 x")))
	for _, l := range []string{link, p.URL + link, "https://" + p.host() + link, strings.ToUpper(p.URL) + link, p.URL + link + "#x"} {
		var got bytes.Buffer
		info, err := p.client(t).Download(context.Background(), bitrix.Secret(l), &got, 10)
		if err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		want := bitrix.Downloaded{Name: "дог.pdf", ContentType: "application/pdf", Size: 10}
		if diff := cmp.Diff(want, info); diff != "" || got.String() != "%PDF-1.7 x" {
			t.Errorf("%q: %s", got.String(), diff)
		}
	}
	for _, c := range p.seen() {
		if c.HTTP.Method != http.MethodGet || c.HTTP.URL.Query().Get("auth") != token || c.HTTP.URL.Query().Get("token") != "disk|aWQ9OTA0Mw==|signature" {
			t.Errorf("asked %s %s", c.HTTP.Method, c.HTTP.URL)
		}
		want := map[string]string{
			"User-Agent": bitrix.DefaultUserAgent, "Accept": "*/*", "Accept-Language": "en,*;q=0.5", "Accept-Encoding": "identity",
			"Referer": p.URL + "/", "Authorization": "", "Cookie": "",
		}
		for name, value := range want {
			if got := c.HTTP.Header.Get(name); got != value {
				t.Errorf("%s: %q, want %q", name, got, value)
			}
		}
	}
}

func TestStat(t *testing.T) {
	p := newPortal(t, func(w http.ResponseWriter, c call) {
		if c.HTTP.Method != http.MethodHead {
			t.Errorf("%s", c.HTTP.Method)
		}
		w.Header().Set("Content-Length", "123456")
		file(`attachment; filename="a.pdf"`, "")(w)
	})
	got, err := p.client(t).Stat(context.Background(), link)
	if diff := cmp.Diff(bitrix.Downloaded{Name: "a.pdf", ContentType: "application/pdf", Size: 123456}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for status, want := range map[int]string{401: "expired", 403: "denied", 404: "missing", 200: "unexpected"} {
		p := newPortal(t, script(page(status, "text/html", "")))
		if _, err := p.client(t).Stat(context.Background(), link); kindsOf(err) != want {
			t.Errorf("%d: got %v", status, err)
		}
	}
}

func TestDownloadThatIsNoFile(t *testing.T) {
	text := "text/html; charset=UTF-8"
	for _, tt := range []struct {
		name   string
		answer func(http.ResponseWriter)
		want   string
		calls  int
	}{
		{"show_file: access denied", page(200, text, "Access denied."), "denied", 1},
		{"show_file: not found", page(200, text, "File not found"), "missing", 1},
		{"show_file: without a type", page(200, "", "File not found"), "missing", 1},
		{"show_file: something new", page(200, text, "Scope is missing"), "unexpected", 3},
		{"login page", page(200, text, "<!DOCTYPE html><html>Access denied</html>"), "unexpected", 3},
		{"maintenance", page(503, text, "<html>"), "unexpected", 3},
		{"front end without headers", page(404, text, "<html>nginx</html>"), "unexpected", 1},
		{"JSON error with status 200", page(200, "application/json", `{"error":"ACCESS_DENIED","error_description":"Access denied! Link check failed"}`), "link", 1},
		{"link check", refusal(403, "ACCESS_DENIED", "Access denied! Link check failed"), "link", 1},
		{"token expired", refusal(401, "expired_token", ""), "expired", 1},
		{"the deal has lost the file", page(200, "application/json", `{"result":null,"time":{}}`), "missing", 1},
		{"the deal has lost the file, empty list", page(200, "application/json", `{"result":[],"time":{}}`), "missing", 1},
		{"JSON", page(200, "application/json", `{"result":{"a":1}}`), "unexpected", 3},
		{"nothing", page(200, text, ""), "unexpected", 3},
		{"classic error", refusal(400, "", "Not found"), "missing", 1},
		{"many calls", refusal(503, "QUERY_LIMIT_EXCEEDED", ""), "queries", 5},
		{"hangs up", hangUp, "unreachable", 3},
		{"compressed all the same", compressed, "unexpected", 3},
		{"redirect to nowhere", redirectTo(""), "unexpected", 1},
		{"redirect to another host", redirectTo("https://storage.example/x?auth=" + token), "moved", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPortal(t, script(tt.answer))
			var got bytes.Buffer
			_, err := p.client(t).Download(context.Background(), link, &got, 1000)
			if err == nil || kindsOf(err) != tt.want {
				t.Errorf("got %v of kinds %q", err, kindsOf(err))
			}
			if n := len(p.seen()); n != tt.calls {
				t.Errorf("%d calls", n)
			}
			if got.Len() > 0 {
				t.Errorf("wrote %q", got.String())
			}
			mustNotTell(t, fmt.Sprint(err), token, "signature", "auth=")
		})
	}
}

func compressed(w http.ResponseWriter) {
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Type", "application/pdf")
	z := gzip.NewWriter(w)
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
}

func TestDownloadAcceptsTextFiles(t *testing.T) {
	for _, answer := range []func(http.ResponseWriter){
		func(w http.ResponseWriter) {
			w.Header().Set("Content-Disposition", "attachment")
			page(200, "text/plain", "File not found")(w)
		},
		page(200, "application/octet-stream", "File not found"),
	} {
		p := newPortal(t, script(answer))
		var got bytes.Buffer
		if _, err := p.client(t).Download(context.Background(), link, &got, 100); err != nil || got.String() != "File not found" {
			t.Errorf("%q, %v", got.String(), err)
		}
	}
}

func TestDownloadSizes(t *testing.T) {
	ctx := context.Background()
	announced := func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "11")
		file("attachment; filename=a", "12345678901")(w)
	}
	flushed := func(w http.ResponseWriter) {
		file("attachment; filename=a", "1234567890")(w)
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "1")
	}
	for name, answer := range map[string]func(http.ResponseWriter){"announced": announced, "not announced": flushed} {
		p := newPortal(t, script(answer))
		if info, err := p.client(t).Download(ctx, link, io.Discard, 11); err != nil || info.Size != 11 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		if _, err := p.client(t).Download(ctx, link, io.Discard, 10); kindsOf(err) != "large" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	p := newPortal(t, script(announced))
	full := errors.New("disk full")
	if _, err := p.client(t).Download(ctx, link, writerFunc(func([]byte) (int, error) { return 0, full }), 100); !errors.Is(err, full) || len(p.seen()) != 1 {
		t.Errorf("got %v after %d calls", err, len(p.seen()))
	}
	cut := newPortal(t, script(func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "1000")
		file("attachment; filename=a", "12345")(w)
	}))
	if _, err := cut.client(t).Download(ctx, link, io.Discard, 1000); kindsOf(err) != "unreachable" || !errors.Is(err, io.ErrUnexpectedEOF) || len(cut.seen()) != 1 {
		t.Errorf("cut off: got %v after %d calls", err, len(cut.seen()))
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestDownloadThatTricklesEnds(t *testing.T) {
	p := newPortal(t, func(w http.ResponseWriter, c call) {
		file("attachment; filename=a", "x")(w)
		for c.HTTP.Context().Err() == nil {
			if _, err := io.WriteString(w, "x"); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	})
	p.clock.step = time.Second // each look at the clock
	if _, err := p.client(t).Download(context.Background(), link, io.Discard, 1<<40); !errors.Is(err, bitrix.ErrTooSlow) {
		t.Errorf("got %v", err)
	}
}

func TestDownloadThatStallsEnds(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"before the head": func(http.ResponseWriter) {},
		"within the file": func(w http.ResponseWriter) {
			file("attachment; filename=a", "x")(w)
			w.(http.Flusher).Flush()
		},
	} {
		p := newPortal(t, func(w http.ResponseWriter, c call) {
			answer(w)
			<-c.HTTP.Context().Done()
		})
		cfg := p.config()
		cfg.Timeout = 20 * time.Millisecond
		if _, err := newClient(t, cfg).Download(context.Background(), link, io.Discard, 100); kindsOf(err) != "unreachable" || !strings.Contains(err.Error(), "nothing has arrived in 20ms") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestDownloadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := newPortal(t, func(w http.ResponseWriter, c call) {
		file("attachment; filename=a", "x")(w)
		w.(http.Flusher).Flush()
		cancel()
		<-c.HTTP.Context().Done()
	})
	if _, err := p.client(t).Download(ctx, link, io.Discard, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDownloadRedirects(t *testing.T) {
	ctx := context.Background()
	storage := newPortal(t, func(w http.ResponseWriter, c call) {
		if got := c.HTTP.Header.Get("Referer") + c.HTTP.Header.Get("Authorization") + c.HTTP.Header.Get("Cookie"); got != "" {
			t.Errorf("the storage learns %q", got)
		}
		file("attachment; filename=s.pdf", "stored")(w)
	})
	p := newPortal(t, func(w http.ResponseWriter, c call) {
		switch c.HTTP.URL.Path {
		case "/three":
			redirectTo("/two?auth=" + token)(w)
		case "/two":
			redirectTo("one")(w)
		case "/one":
			redirectTo("/file")(w)
		case "/four":
			redirectTo("/three")(w)
		case "/storage":
			redirectTo(storage.URL + "/x?sig=1")(w)
		case "/file":
			if got := c.HTTP.Header.Get("Referer"); strings.Contains(got, token) || strings.Contains(got, "two") {
				t.Errorf("referer %q", got)
			}
			file("attachment; filename=a.pdf", "found")(w)
		}
	})
	if info, err := p.client(t).Download(ctx, "/three", io.Discard, 100); err != nil || info.Name != "a.pdf" {
		t.Errorf("three: %v, %v", info, err)
	}
	if _, err := p.client(t).Download(ctx, "/four", io.Discard, 100); kindsOf(err) != "unexpected" {
		t.Errorf("four: got %v", err)
	}
	if _, err := p.client(t).Download(ctx, "/storage", io.Discard, 100); kindsOf(err) != "moved" || len(storage.seen()) != 0 {
		t.Errorf("to a storage that is not allowed: got %v after %d calls", err, len(storage.seen()))
	}
	cfg := p.config()
	cfg.DownloadHosts = []string{storage.host()}
	if info, err := newClient(t, cfg).Download(ctx, "/storage", io.Discard, 100); err != nil || info.Name != "s.pdf" {
		t.Errorf("to a storage that is allowed: %v, %v", info, err)
	}
}

func TestDownloadWithoutLink(t *testing.T) {
	p := newPortal(t, script(reply(200, good)))
	if _, err := p.client(t).Download(context.Background(), "", io.Discard, 100); kindsOf(err) != "missing" || len(p.seen()) != 0 {
		t.Errorf("got %v after %d calls", err, len(p.seen()))
	}
}

// A bomb of zeros in a JSON answer costs no more than the limit.
func TestCallOfAGzipBomb(t *testing.T) {
	p := newPortal(t, script(func(w http.ResponseWriter) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `{"result":"`)
		for range 64 {
			if _, err := z.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
		_ = z.Close()
	}))
	if _, err := p.client(t).Profile(context.Background()); kindsOf(err) != "large" || len(p.seen()) != 1 {
		t.Errorf("got %v after %d calls", err, len(p.seen()))
	}
}

func TestFileNames(t *testing.T) {
	for header, want := range map[string]string{
		`attachment; filename="translit.pdf"; filename*=utf-8''%D0%B4%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80.pdf`: "договор.pdf",
		`attachment; filename*=UTF-8'ru'%D0%B4.pdf`:                                                            "д.pdf",
		`attachment; filename*=iso-8859-1''na%EFve.pdf`:                                                        "naïve.pdf",
		`attachment; filename*=koi8-r''%C4.pdf; filename="d.pdf"`:                                              "d.pdf",
		`attachment; filename*=utf-8''%zz; filename="d.pdf"`:                                                   "d.pdf",
		`attachment; filename="договор.pdf"`:                                                                   "договор.pdf",
		`attachment; filename=two words.pdf`:                                                                   "two words.pdf",
		`attachment; filename="a \"b\".pdf"`:                                                                   `a "b".pdf`,
		`attachment; filename="../../etc/passwd"`:                                                              "passwd",
		`attachment; filename*=utf-8''..%2F..%2Fetc%2Fpasswd%00`:                                               "passwd",
		`attachment; filename="a.pdf"; filename="b.pdf"`:                                                       "a.pdf",
		`inline; FILENAME="a.pdf"`:                                                                             "a.pdf",
		`attachment`:                                                                                           "",
		`attachment; filename=""`:                                                                              "",
		`;;;`:                                                                                                  "",
		`attachment; filename="unfinished.pdf`:                                                                 "unfinished.pdf",
		"attachment; filename*=utf-8''invoice%E2%80%AEfdp.exe":                                                 "invoicefdp.exe",
		`attachment; filename="` + strings.Repeat("a", 500) + `.pdf"`:                                          strings.Repeat("a", 196) + ".pdf",
		`attachment; filename*0="long-"; filename*1="name.pdf"; size=1`:                                        "long-name.pdf",
	} {
		p := newPortal(t, script(file(header, "x")))
		info, err := p.client(t).Download(context.Background(), link, io.Discard, 10)
		if err != nil || info.Name != want {
			t.Errorf("%s: got %q, %v, want %q", header, info.Name, err, want)
		}
	}
}
