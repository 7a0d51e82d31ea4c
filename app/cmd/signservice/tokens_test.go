package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signservice/app/keyring"
	"signservice/app/store"
)

// TestReadTokens is the table of tokens files.
func TestReadTokens(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string // a part of the error, "" for none
	}{
		"serial":               {`[{"module": "/m.so", "serial": "1"}]`, ""},
		"label, PIN, portals":  {`[{"module": "/m.so", "label": "a", "pin_file": "/p", "portals": ["camomile.bitrix24.com"]}]`, ""},
		"PIN of a credential":  {`[{"module": "/m.so", "serial": "1", "pin_credential": "pin", "signature_pin_file": "/q"}]`, ""},
		"none":                 {`[]`, ""},
		"no list":              {`{"module": "/m.so"}`, "not a JSON list"},
		"no JSON":              {`module`, "not a JSON list"},
		"misspelt":             {`[{"module": "/m.so", "serial": "1", "pin_flie": "/p"}]`, "pin_flie"},
		"PIN in the file":      {`[{"module": "/m.so", "serial": "1", "pin": "1234"}]`, `"pin"`},
		"no module":            {`[{"serial": "1"}]`, "entry 1 needs a module"},
		"no name":              {`[{"module": "/m.so"}]`, "needs a module, and a serial or a label"},
		"two names":            {`[{"module": "/m.so", "serial": "1"}, {"module": "/m.so", "serial": "1", "label": "a"}]`, "entry 2 has a serial and a label"},
		"two sources of a PIN": {`[{"module": "/m.so", "serial": "1", "pin_file": "/p", "pin_env": "P"}]`, "more than one source"},
	} {
		file := filepath.Join(t.TempDir(), "tokens.json")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readTokens(file)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		case err != nil && strings.Contains(err.Error(), "1234"):
			t.Errorf("%s: the error holds the PIN: %v", name, err)
		}
	}
}

// TestTokenRules holds from where a PIN comes, and that it is typed only for a
// token that is named by its serial number.
func TestTokenRules(t *testing.T) {
	t.Setenv("SOME_PIN", "4711")
	for name, c := range map[string]struct {
		entry  tokenEntry
		source bool
		rule   keyring.Rule
	}{
		"variable":     {tokenEntry{Serial: "1", PINEnv: "SOME_PIN", Portals: []string{"a"}}, true, keyring.Rule{Portals: []string{"a"}}},
		"typed":        {tokenEntry{Serial: "1"}, true, keyring.Rule{Typed: true}},
		"label alone":  {tokenEntry{Label: "a"}, false, keyring.Rule{}},
		"label, a PIN": {tokenEntry{Label: "a", PINFile: "/p"}, true, keyring.Rule{}},
	} {
		got, rule := c.entry.config(&store.Store{})
		if (got.PIN != nil) != c.source || rule.Typed != c.rule.Typed || !slices.Equal(rule.Portals, c.rule.Portals) {
			t.Errorf("%s: %+v, %+v", name, got, rule)
		}
	}
	if got, rule := (tokenEntry{Serial: "1"}).config(nil); got.PIN != nil || rule.Typed {
		t.Error("a PIN is typed where nothing keeps it")
	}
}

// TestHelperEnviron holds that no PIN is in the environment of helpers.
func TestHelperEnviron(t *testing.T) {
	all := []string{"PATH=/bin", "OFFICE_PIN=4711", "OFFICE_PINS=kept", "SOFTHSM2_CONF=/c", "BOARD_PIN=0815"}
	got := helperEnviron(all, []tokenEntry{{PINEnv: "OFFICE_PIN"}, {PINFile: "/p"}, {PINEnv: "BOARD_PIN"}})
	if want := []string{"PATH=/bin", "OFFICE_PINS=kept", "SOFTHSM2_CONF=/c"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
