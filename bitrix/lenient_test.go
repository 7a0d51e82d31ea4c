package bitrix_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix"
)

// reads decodes each text and compares; want nil means an error.
func reads[T any](t *testing.T, cases map[string]any) {
	t.Helper()
	for text, want := range cases {
		var got T
		err := json.Unmarshal([]byte(text), &got)
		switch {
		case want == nil && err == nil:
			t.Errorf("%T from %s: got %v, want an error", got, text, got)
		case want != nil && err != nil:
			t.Errorf("%T from %s: %v", got, text, err)
		case want != nil:
			if diff := cmp.Diff(want, any(got)); diff != "" {
				t.Errorf("%T from %s: %s", got, text, diff)
			}
		}
	}
}

func TestLenientNumbers(t *testing.T) {
	cases := map[string]int64{
		`12`: 12, `"12"`: 12, `" 12 "`: 12, `12.0`: 12, `"12.0"`: 12, `1.2e3`: 1200, `-3`: -3,
		`""`: 0, `null`: 0, `false`: 0, `true`: 1, `[]`: 0, `{}`: 0, `0`: 0, `9007199254740993`: 9007199254740993,
	}
	ids, ints := map[string]any{}, map[string]any{}
	for text, n := range cases {
		ids[text], ints[text] = bitrix.ID(n), bitrix.Int(n)
	}
	for _, text := range []string{`"abc"`, `1.5`, `"1e400"`, `99999999999999999999`, `[1]`, `{"a":1}`, `"NaN"`} {
		ids[text], ints[text] = nil, nil
	}
	reads[bitrix.ID](t, ids)
	reads[bitrix.Int](t, ints)
}

func TestLenientValues(t *testing.T) {
	reads[bitrix.Bool](t, map[string]any{
		`true`: bitrix.Bool(true), `"Y"`: bitrix.Bool(true), `"y"`: bitrix.Bool(true), `"1"`: bitrix.Bool(true), `1`: bitrix.Bool(true),
		`false`: bitrix.Bool(false), `"N"`: bitrix.Bool(false), `"0"`: bitrix.Bool(false), `0`: bitrix.Bool(false),
		`""`: bitrix.Bool(false), `null`: bitrix.Bool(false), `[]`: bitrix.Bool(false), `"maybe"`: nil, `2`: nil,
	})
	reads[bitrix.Text](t, map[string]any{
		`"a"`: bitrix.Text("a"), `5`: bitrix.Text("5"), `null`: bitrix.Text(""), `false`: bitrix.Text(""),
		`[]`: bitrix.Text(""), `{}`: bitrix.Text(""), `"[]"`: bitrix.Text("[]"), `"null"`: bitrix.Text("null"), `[1]`: nil,
	})
	day := time.Date(2026, 3, 20, 13, 51, 45, 0, time.FixedZone("", 3*3600))
	reads[bitrix.Time](t, map[string]any{
		`"2026-03-20T13:51:45+03:00"`: bitrix.Time{Time: day}, `1736406407`: bitrix.Time{Time: time.Unix(1736406407, 0).UTC()},
		`"1736406407"`: bitrix.Time{Time: time.Unix(1736406407, 0).UTC()},
		`""`:           bitrix.Time{}, `null`: bitrix.Time{}, `false`: bitrix.Time{}, `{}`: bitrix.Time{}, `[]`: bitrix.Time{}, `"yesterday"`: bitrix.Time{},
	})
}

func TestLenientContainers(t *testing.T) {
	reads[bitrix.List[int]](t, map[string]any{
		`[1,2]`: bitrix.List[int]{1, 2}, `{"0":1,"5":2}`: bitrix.List[int]{1, 2}, `{"9":1,"1":2}`: bitrix.List[int]{1, 2},
		`[]`: bitrix.List[int]{}, `{}`: bitrix.List[int](nil), `null`: bitrix.List[int](nil), `false`: bitrix.List[int](nil), `""`: bitrix.List[int](nil),
		`5`: nil, `"x"`: nil, `["x"]`: nil, `{"a":"x"}`: nil,
	})
	reads[bitrix.Map[int]](t, map[string]any{
		`{"a":1}`: bitrix.Map[int]{"a": 1}, `[]`: bitrix.Map[int]{}, `[7,8]`: bitrix.Map[int]{"0": 7, "1": 8},
		`null`: bitrix.Map[int]{}, `false`: bitrix.Map[int]{}, `""`: bitrix.Map[int]{}, `5`: nil, `{"a":"x"}`: nil,
	})
}

func FuzzLenient(f *testing.F) {
	for _, seed := range []string{`12`, `"12"`, `{"a":[1]}`, `[]`, `{"0":{}}`, `"2026-03-20T13:51:45+03:00"`, `{"ID":"1","FILES":{"930":{"id":930}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, into := range []any{
			new(bitrix.ID), new(bitrix.Int), new(bitrix.Bool), new(bitrix.Text), new(bitrix.Time),
			new(bitrix.List[bitrix.ID]), new(bitrix.Map[bitrix.Text]), new(bitrix.Item), new(bitrix.Comment), new(bitrix.Configurable),
		} {
			err := json.Unmarshal(data, into)
			if err == nil && !json.Valid(data) {
				t.Fatalf("%T accepts %q", into, data)
			}
			if item, ok := into.(*bitrix.Item); ok && err == nil {
				_, _ = item.Files("UF_CRM_1")
			}
		}
	})
}
