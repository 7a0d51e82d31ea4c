package web

import (
	"mime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAttachment(t *testing.T) {
	for name, want := range map[string]string{
		"contract.pdf":                    "contract.pdf",
		"Договор № 5.pdf":                 "Договор № 5.pdf",
		"a\r\nSet-Cookie: x=1.pdf":        "aSet-Cookie_ x=1.pdf",
		`..\..\windows\system32.pdf`:      "windowssystem32.pdf",
		"../../etc/passwd":                "etcpasswd",
		`say "hello".pdf`:                 "say _hello_.pdf",
		"x;filename=evil.exe":             "x;filename=evil.exe",
		"\u202efdp.exe":                   "fdp.exe", // the sign that turns the rest around
		"":                                "document.pdf",
		"...":                             "document.pdf",
		"bad\xff\xfe.pdf":                 "bad.pdf",
		strings.Repeat("ж", 300) + ".pdf": strings.Repeat("ж", 146) + ".pdf",
		"no extension " + strings.Repeat("a", 300): "no extension " + strings.Repeat("a", 137),
	} {
		header := attachment(name)
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || params["filename"] != want {
			t.Errorf("attachment(%q) = %q: %q (%v), want %q", name, header, params["filename"], err, want)
		}
	}
}

func TestVersionName(t *testing.T) {
	for name, want := range map[string]string{
		"contract.pdf": "contract (signed).pdf", "contract": "contract (signed)", "a.b.PDF": "a.b (signed).PDF",
		"v1.2 of the agreement": "v1.2 of the agreement (signed)", "": " (signed)",
	} {
		if got := versionName(name, "signed"); got != want {
			t.Errorf("versionName(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzAttachment(f *testing.F) {
	for _, name := range []string{"a.pdf", "Договор.pdf", "a\r\nb", `"\`, "\xff", "%00", "\u202e", "a; b=c"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		header := attachment(name)
		if strings.ContainsFunc(header, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("%q has characters that no header may have", header)
		}
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" {
			t.Fatalf("%q does not parse: %v", header, err)
		}
		got := params["filename"]
		if got == "" || !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxName || strings.ContainsAny(got, `/\`) ||
			strings.ContainsFunc(got, unicode.IsControl) {
			t.Fatalf("attachment(%q) gives the name %q", name, got)
		}
	})
}
