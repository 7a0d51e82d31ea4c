package bitrix_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"log/slog"
	"strings"
	"testing"

	"signservice/bitrix"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	s := bitrix.Secret(token)
	type Holder struct{ Token bitrix.Secret }
	holder := Holder{s}
	var texts []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%z", "%10s"} {
		texts = append(texts, fmt.Sprintf(verb, s), fmt.Sprintf(verb, holder), fmt.Sprintf(verb, &holder), fmt.Sprintf(verb, []bitrix.Secret{s}))
	}
	asJSON, err := json.Marshal([]any{s, holder})
	if err != nil {
		t.Fatal(err)
	}
	asXML, err := xml.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	var log, page bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("call", "token", s, "holder", holder, "text", s.String(), "err", fmt.Errorf("with %v", s))
	}
	if err := template.Must(template.New("").Parse(`<a href="{{.Token}}">{{.Token}}</a><script>{{.Token}}</script>`)).Execute(&page, holder); err != nil {
		t.Fatal(err)
	}
	texts = append(texts, string(asJSON), string(asXML), log.String(), page.String())
	for _, text := range texts {
		mustNotTell(t, text, token, fmt.Sprintf("%x", token), fmt.Sprintf("%X", token))
		if !strings.Contains(text, "redacted") {
			t.Errorf("%q does not say that something is left out", text)
		}
	}
}

func TestSecretOfAClientIsNeverPrinted(t *testing.T) {
	oauth := newOAuth(t, bitrix.OAuthConfig{Applications: []bitrix.Credentials{{ClientID: "local.1", ClientSecret: token}}})
	client := newClient(t, bitrix.Config{Endpoint: "https://acme.example/rest/", Tokens: bitrix.StaticToken(token)})
	for _, v := range []any{oauth, client, bitrix.StaticToken(token), bitrix.NewGrants(oauth, nil), bitrix.NewGrants(oauth, nil).Source(bitrix.GrantKey{})} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
			mustNotTell(t, fmt.Sprintf(verb, v), token, fmt.Sprintf("%x", token))
		}
	}
}

func TestSecretMatches(t *testing.T) {
	for _, tt := range []struct {
		a, b bitrix.Secret
		want bool
	}{
		{"51856fef", "51856fef", true},
		{"51856fef", "51856feg", false},
		{"51856fef", "51856fef0", false},
		{"51856fef", "", false},
		{"", "51856fef", false},
		{"", "", false}, // an installation whose token is unknown verifies nothing
	} {
		if got := tt.a.Matches(tt.b); got != tt.want {
			t.Errorf("%q matches %q: %v", tt.a.Reveal(), tt.b.Reveal(), got)
		}
	}
}
