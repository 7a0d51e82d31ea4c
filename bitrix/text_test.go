package bitrix_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"signservice/bitrix"
)

func TestCleanFileName(t *testing.T) {
	long := strings.Repeat("ж", 150)
	for in, want := range map[string]string{
		"contract.pdf":                  "contract.pdf",
		"Договор №2 от 5 мая.pdf":       "Договор №2 от 5 мая.pdf",
		"../../etc/passwd":              "passwd",
		`C:\Users\mary\contract.pdf`:    "contract.pdf",
		".htaccess":                     "htaccess",
		" .. a.pdf ":                    "a.pdf",
		"a\r\nSet-Cookie: x.pdf":        "aSet-Cookie: x.pdf",
		"invoice\u202efdp.exe":          "invoicefdp.exe",
		"a\x00b.pdf":                    "ab.pdf",
		"\xff\xfe.pdf":                  "pdf",
		"":                              "file",
		"///":                           "file",
		long + ".pdf":                   strings.Repeat("ж", 98) + ".pdf",
		"a." + strings.Repeat("b", 300): "a." + strings.Repeat("b", 198),
	} {
		if got := bitrix.CleanFileName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzCleanFileName(f *testing.F) {
	f.Add("../a\u202e/b.pdf")
	f.Add(strings.Repeat("ж", 300) + ".pdf")
	f.Fuzz(func(t *testing.T, name string) {
		got := bitrix.CleanFileName(name)
		if got == "" || len(got) > 200 || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\r\n\u202e") || got[0] == '.' {
			t.Fatalf("%q became %q", name, got)
		}
		if again := bitrix.CleanFileName(got); again != got {
			t.Fatalf("%q became %q, and that %q", name, got, again)
		}
	})
}
