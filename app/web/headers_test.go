package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"signservice/app"
)

func TestFramedBy(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://acme.bitrix24.com/rest/":                "https://acme.bitrix24.com",
		"https://ACME.bitrix24.com/rest/":                "https://acme.bitrix24.com",
		"https://portal.example.org:8443/rest/":          "https://portal.example.org:8443",
		"http://127.0.0.1:8901/rest/":                    "http://127.0.0.1:8901",
		"https://a.com;script-src * /rest/":              "'none'",
		"https://a.com%3B%20script-src%20*/rest/":        "'none'",
		"https://a.com, https://evil.org/":               "'none'",
		"https://*/rest/":                                "'none'",
		"https://*.evil.org/rest/":                       "'none'",
		"https://user:password@a.com/rest/":              "https://a.com",
		"javascript:alert(1)":                            "'none'",
		"//a.com/rest/":                                  "'none'",
		"":                                               "'none'",
		"https://a.com\r\nX-Evil: 1/":                    "'none'",
		"https://a.com'/":                                "'none'",
		"https://xn--e1afmkfd.xn--p1ai/rest/":            "https://xn--e1afmkfd.xn--p1ai",
		"https://a.com:99999999/rest/":                   "'none'",
		"https://-a.com/rest/":                           "'none'",
		"https://" + strings.Repeat("a.", 50) + "b.com/": "https://" + strings.Repeat("a.", 50) + "b.com",
	} {
		if got := framedBy(app.Portal{Endpoint: endpoint}); got != want {
			t.Errorf("framedBy(%q) = %q, want %q", endpoint, got, want)
		}
	}
}

func TestPolicy(t *testing.T) {
	p := policy("https://acme.bitrix24.com")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:", "connect-src 'self'",
		"form-action 'self'", "base-uri 'none'", "frame-ancestors https://acme.bitrix24.com",
	} {
		if !strings.Contains(p, want) {
			t.Errorf("the policy has no %q: %s", want, p)
		}
	}
	if strings.Contains(p, "unsafe") || strings.Contains(p, "*") {
		t.Errorf("the policy allows too much: %s", p)
	}
}

func TestAddresses(t *testing.T) {
	proxy := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
	for _, c := range []struct {
		name, from, forwarded, want string
		trusted                     []netip.Prefix
	}{
		{"direct", "203.0.113.7:4000", "", "203.0.113.7", nil},
		{"header of a stranger", "203.0.113.7:4000", "198.51.100.1", "203.0.113.7", nil},
		{"header on loopback without a trusted proxy", "127.0.0.1:4000", "198.51.100.1", "127.0.0.1", nil},
		{"trusted proxy", "10.1.0.5:4000", "198.51.100.1", "198.51.100.1", proxy},
		{"trusted proxy, header begun by the visitor", "10.1.0.5:4000", "1.2.3.4, 198.51.100.1", "198.51.100.1", proxy},
		{"header past the proxy", "203.0.113.7:4000", "198.51.100.1", "203.0.113.7", proxy},
		{"private net that is not the proxy's", "192.168.0.9:4000", "198.51.100.1", "192.168.0.9", proxy},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.from
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := addresses(c.trusted)(r); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestGuessLanguage(t *testing.T) {
	for _, c := range []struct{ query, accept, want string }{
		{"?LANG=ru", "de", "ru"},
		{"", "de-AT,de;q=0.9,en;q=0.8", "de"},
		{"", "fr-FR, es;q=0.5", "es"},
		{"", "en-GB,ru;q=0.5", "en"},
		{"", "", "en"},
		{"", "*", "en"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/"+c.query, nil)
		r.Header.Set("Accept-Language", c.accept)
		if got := guessLanguage(r); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
