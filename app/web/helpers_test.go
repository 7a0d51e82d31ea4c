package web_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"signservice/app"
	"signservice/bitrix/simulator"
)

func itoa(n int) string { return strconv.Itoa(n) }

// secretOf reads a key as it is typed.
func secretOf(key string) app.Secret { return app.Secret(strings.ReplaceAll(key, " ", "")) }

// decode reads a JSON answer.
func decode(t testing.TB, a *answer, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v: %s", err, a.text())
	}
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// faults are ways in which a portal answers wrongly when it is asked for a
// deal's documents.
func faults() map[string]simulator.Fault {
	list := map[string]simulator.Fault{}
	for _, kind := range []simulator.FaultKind{
		simulator.QueryLimit, simulator.OperationLimit, simulator.Overload, simulator.ExpiredToken, simulator.InternalError,
		simulator.BadGateway, simulator.Maintenance, simulator.EmptyBody, simulator.Reset, simulator.Truncated, simulator.Redirect,
	} {
		list[string(kind)] = simulator.Fault{Kind: kind}
	}
	return list
}
