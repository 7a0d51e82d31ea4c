package bitrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Portals are written in PHP: a number may come as a string, a truth value as
// "Y", a date as an empty string or object, an empty map as an empty list.
// The types below read all of these.
// https://apidocs.bitrix24.com/api-reference/data-types.html

// ID is a number that names a record. 0 means none.
type ID int64

// UnmarshalJSON reads 12, "12", 12.0, "", null and false.
func (id *ID) UnmarshalJSON(data []byte) error {
	n, err := readInt(data)
	*id = ID(n)
	return err
}

// String returns the number in decimal.
func (id ID) String() string { return strconv.FormatInt(int64(id), 10) }

// Int is a whole number: a size, a count, a number of seconds.
type Int int64

// UnmarshalJSON reads 12, "12", 12.0, "", null and false.
func (i *Int) UnmarshalJSON(data []byte) error {
	n, err := readInt(data)
	*i = Int(n)
	return err
}

func readInt(data []byte) (int64, error) {
	text := scalar(data)
	switch text {
	case "", "null", "false", "[]", "{}":
		return 0, nil
	case "true":
		return 1, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != float64(int64(f)) || f >= 1<<53 || f <= -1<<53 {
		return 0, fmt.Errorf("not a whole number: %s", clip(text, 40))
	}
	return int64(f), nil
}

// Bool is a truth value.
type Bool bool

// UnmarshalJSON reads true, "Y", "1", 1, "true" and their opposites; null and
// "" mean false.
func (b *Bool) UnmarshalJSON(data []byte) error {
	switch strings.ToLower(scalar(data)) {
	case "true", "y", "yes", "1":
		*b = true
	case "false", "n", "no", "0", "", "null", "[]", "{}":
		*b = false
	default:
		return fmt.Errorf("not a truth value: %s", clip(string(data), 40))
	}
	return nil
}

// Text is a text that some methods send as a number, null, false or an empty
// list instead.
type Text string

// UnmarshalJSON reads strings, numbers and true; the rest is empty. Lists and
// objects that hold something are an error.
func (t *Text) UnmarshalJSON(data []byte) error {
	text := scalar(data)
	*t = ""
	switch {
	case isString(data):
	case text == "null" || text == "false" || text == "[]" || text == "{}":
		return nil
	case strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{"):
		return fmt.Errorf("not a text: %s", clip(text, 40))
	}
	*t = Text(text)
	return nil
}

// Time is a point in time. Its zero value means none.
type Time struct{ time.Time }

// UnmarshalJSON reads RFC 3339 and Unix seconds; "", null, false, [] and {}
// mean none. What it cannot read is none as well: no portal's date is worth
// the failure of a whole list.
func (t *Time) UnmarshalJSON(data []byte) error {
	text := scalar(data)
	t.Time = time.Time{}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		t.Time = at
	} else if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 && n < 1<<40 {
		t.Time = time.Unix(n, 0).UTC()
	}
	return nil
}

// List is a list, which may come as an object whose keys are its indexes, or
// as null or false when it is empty.
type List[T any] []T

// UnmarshalJSON reads both forms. The order of an object's entries is kept.
func (l *List[T]) UnmarshalJSON(data []byte) error {
	*l = nil
	if isEmpty(data) {
		return nil
	}
	if data[0] == '[' {
		return json.Unmarshal(data, (*[]T)(l))
	}
	return eachMember(data, func(_ string, value T) { *l = append(*l, value) })
}

// Map is a map from texts, which may come as a list when it is empty or when
// its keys are 0, 1, 2…, or as null or false.
type Map[T any] map[string]T

// UnmarshalJSON reads all these forms.
func (m *Map[T]) UnmarshalJSON(data []byte) error {
	*m = make(Map[T])
	if isEmpty(data) {
		return nil
	}
	if data[0] == '[' {
		var list []T
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		for i, value := range list {
			(*m)[strconv.Itoa(i)] = value
		}
		return nil
	}
	return eachMember(data, func(key string, value T) { (*m)[key] = value })
}

// eachMember visits the members of a JSON object in their order.
func eachMember[T any](data []byte, visit func(key string, value T)) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	start, err := dec.Token()
	if err != nil {
		return err
	}
	if start != json.Delim('{') {
		return fmt.Errorf("neither list nor object: %s", clip(string(data), 40))
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		var value T
		if err := dec.Decode(&value); err != nil {
			return err
		}
		visit(key.(string), value) // a key is a string, or Token fails
	}
	return nil
}

func isEmpty(data []byte) bool {
	switch string(bytes.TrimSpace(data)) {
	case "", "null", "false", `""`:
		return true
	}
	return false
}

func isString(data []byte) bool { return len(data) > 0 && data[0] == '"' }

// scalar returns the text of a JSON string, or the JSON itself.
func scalar(data []byte) string {
	if isString(data) {
		var s string
		if json.Unmarshal(data, &s) == nil {
			return strings.TrimSpace(s)
		}
	}
	return string(bytes.TrimSpace(data))
}
