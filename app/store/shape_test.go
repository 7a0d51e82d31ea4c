package store_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
)

// TestShapes holds the form in which records lie in stores that are in use. A
// field may be added. One that is renamed, retyped or removed is lost in every
// store there is: write a migration first, then run the test with
// UPDATE_GOLDEN=1.
func TestShapes(t *testing.T) {
	var got strings.Builder
	for _, record := range []any{
		app.Portal{},
		app.Grant{},
		app.Account{},
		app.Authenticator{},
		app.Enrolment{},
		app.Certificate{},
		app.Assignment{},
		app.Request{},
		app.Order{},
		app.Remembered{},
		app.Visitor{},
		app.Settings{},
		app.Invitation{},
		app.RootAuthority{},
		app.IssuingAuthority{},
		app.IssuedCertificate{},
		app.AuditEntry{},
		app.Backup{},
	} {
		fmt.Fprintf(&got, "%T\n", record)
		shape(&got, reflect.TypeOf(record), "\t")
	}
	const golden = "testdata/shapes.golden"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// shape writes the fields of a type as encoding/json sees them.
func shape(out *strings.Builder, t reflect.Type, indent string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch name {
		case "":
			name = f.Name
		case "-":
			continue // never stored
		}
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		fmt.Fprintf(out, "%s%s %s\n", indent, name, f.Type)
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]() {
			shape(out, inner, indent+"\t")
		}
	}
}
