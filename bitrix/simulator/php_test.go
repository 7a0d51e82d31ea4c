package simulator // the reading of parameters is internal

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestForms(t *testing.T) {
	for form, want := range map[string]any{
		"":                                 []any{},
		"a=1&b=x%20y&a=2":                  obj{"a": "2", "b": "x y"},
		"a[]=1&a[]=2":                      obj{"a": []any{"1", "2"}},
		"a[5]=1&a[]=2":                     obj{"a": obj{"5": "1", "6": "2"}},
		"a[b][c]=1&a[b][d]=2":              obj{"a": obj{"b": obj{"c": "1", "d": "2"}}},
		"a=1&a[b]=2":                       obj{"a": obj{"b": "2"}},
		"a[b=1":                            obj{"a": "1"},
		"a[b]x=1":                          obj{"a": obj{"b": "1"}},
		"cmd%5Bx%5D=m%3Fa%3D1%26b%3D2":     obj{"cmd": obj{"x": "m?a=1&b=2"}},
		"&&x&":                             obj{"x": ""},
		strings.Repeat("[a]", 1000) + "=1": []any{},
		"a" + strings.Repeat("[a]", 1e4):   []any{},
	} {
		var got array
		if err := parseForm(&got, form); err != nil {
			t.Errorf("%.30s: %v", form, err)
		}
		if diff := cmp.Diff(want, plain(&got)); diff != "" {
			t.Errorf("%.30s (-want +got):\n%s", form, diff)
		}
	}
	for _, wrong := range []string{"%zz=1", "a=%"} {
		if err := parseForm(&array{}, wrong); err == nil {
			t.Errorf("%s was read", wrong)
		}
	}
}

func TestJSONKeepsItsOrder(t *testing.T) {
	const in = `{"z":1.50,"a":[true,null,{"y":"ü","b":[]}],"m":"x"}`
	a, err := parseJSON(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(a.keys, ""); got != "zam" {
		t.Errorf("keys %s", got)
	}
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"z":1.50,"a":{"0":true,"1":null,"2":{"y":"ü","b":{}}},"m":"x"}`; string(raw) != want {
		t.Errorf("saved as %s", raw)
	}
	var back array
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(&back)
	if err != nil || !bytes.Equal(raw, again) {
		t.Errorf("read back as %s, %v", again, err)
	}
	for _, wrong := range []string{"", "1", `"x"`, "{", `{"a"`, `{"a":}`, "[1,]", strings.Repeat("[", 100)} {
		if _, err := parseJSON(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}

func TestScalars(t *testing.T) {
	for in, want := range map[string]int{"12": 12, " 7x": 7, "-3": -3, "": 0, "x": 0, "1-2": 1, "99999999999999999999": 0} {
		if got := integer(in); got != want {
			t.Errorf("integer(%q) is %d", in, got)
		}
	}
	for v, want := range map[any]bool{"Y": true, "y": true, "1": true, true: true, json.Number("1"): true, "N": false, "": false, nil: false, false: false, "0": false} {
		if got := yes(v); got != want {
			t.Errorf("yes(%v) is %t", v, got)
		}
	}
}

func TestBase64(t *testing.T) {
	for in, want := range map[string]string{
		"YQ==": "a", "YQ": "a", "Y Q\n=": "a", "YWI*=": "ab", "YWJj": "abc", "": "", "!!!": "", "Y": "",
	} {
		if got := string(lenientBase64(in)); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{"a.pdf": "a.pdf", `C:\x\a.pdf`: "a.pdf", "../../a.pdf": "a.pdf", "": "file", "/": "file"} {
		if got := cleanName(name); got != want {
			t.Errorf("cleanName(%q) is %q", name, got)
		}
	}
	for name, want := range map[string]string{"Договор «1».pdf": "dogovor _1_.pdf", "Übung.pdf": "ubung.pdf", "a\"b\\c\n.pdf": "a_b_c_.pdf", "日本.pdf": "__.pdf"} {
		if got := asciiName(name); got != want {
			t.Errorf("asciiName(%q) is %q, want %q", name, got, want)
		}
	}
	if got := rfc5987("a b+ü.pdf"); got != "a%20b%2B%C3%BC.pdf" {
		t.Errorf("rfc5987 gives %s", got)
	}
	for amount, want := range map[float64]string{0: "0.00 €", 125000: "125\u202f000.00 €", -1234567.5: "-1\u202f234\u202f567.50 €", -123: "-123.00 €"} {
		if got := money(amount, "€"); got != want {
			t.Errorf("money(%v) is %q, want %q", amount, got, want)
		}
	}
	for n, want := range map[int]string{999: "999 B", 1500: "2 kB", 2_340_000: "2.3 MB"} {
		if got := humanSize(n); got != want {
			t.Errorf("humanSize(%d) is %s", n, got)
		}
	}
}
