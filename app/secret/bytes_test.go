package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"signservice/app/secret"
)

func TestBytesAreNeverPrinted(t *testing.T) {
	b := secret.Bytes("canary")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", b, "in", struct{ Key secret.Bytes }{b})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", b, "in", []secret.Bytes{b})
	encoded, err := json.Marshal(map[string]secret.Bytes{"key": b})
	if err != nil {
		t.Fatal(err)
	}
	outputs := []string{log.String(), string(encoded), b.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c"} {
		outputs = append(outputs, fmt.Sprintf(verb, b), fmt.Sprintf(verb, struct{ Key secret.Bytes }{b}), fmt.Sprintf(verb, []secret.Bytes{b}))
	}
	for _, out := range outputs {
		for _, leak := range []string{"canary", "63616e617279", "63616E617279", "99 97 110", "0x63", "Y2FuYXJ5"} {
			if strings.Contains(out, leak) {
				t.Errorf("printed as %s", out)
			}
		}
	}
}

func TestZeroWipes(t *testing.T) {
	data := []byte("canary")
	secret.Bytes(data).Zero()
	if !bytes.Equal(data, make([]byte, 6)) {
		t.Errorf("left over: %q", data)
	}
}
