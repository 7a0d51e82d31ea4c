package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// array is what PHP makes of parameters: an ordered map whose keys are names
// or decimal indexes. Values are string, bool, json.Number, nil or *array.
// A nil *array is an empty one.
type array struct {
	keys []string
	vals map[string]any
	next int // the index that "[]" would take
}

func (a *array) set(key string, v any) {
	if a.vals == nil {
		a.vals = map[string]any{}
	}
	if _, ok := a.vals[key]; !ok {
		a.keys = append(a.keys, key)
	}
	a.vals[key] = v
	if n, err := strconv.Atoi(key); err == nil && n >= a.next {
		a.next = n + 1
	}
}

func (a *array) get(key string) (any, bool) {
	if a == nil {
		return nil, false
	}
	v, ok := a.vals[key]
	return v, ok
}

func (a *array) len() int {
	if a == nil {
		return 0
	}
	return len(a.keys)
}

// values are the members in their order.
func (a *array) values() []any {
	if a == nil {
		return nil
	}
	out := make([]any, 0, len(a.keys))
	for _, k := range a.keys {
		out = append(out, a.vals[k])
	}
	return out
}

// isList tells whether the keys are 0, 1, 2, …, as those of a JSON list.
func (a *array) isList() bool {
	for i, k := range a.keys {
		if k != strconv.Itoa(i) {
			return false
		}
	}
	return true
}

// str is the member as PHP would print it; "" when absent or not scalar.
func (a *array) str(key string) string {
	v, _ := a.get(key)
	return scalar(v)
}

// num is the member as an integer, 0 when it is none.
func (a *array) num(key string) int { return integer(a.str(key)) }

// arr is the member as an array, nil when it is none.
func (a *array) arr(key string) *array {
	v, _ := a.get(key)
	sub, _ := v.(*array)
	return sub
}

// upper has the first level of keys in upper case: many methods of Bitrix24
// read their parameters so.
func (a *array) upper() *array {
	out := &array{}
	if a == nil {
		return out
	}
	for _, k := range a.keys {
		out.set(strings.ToUpper(k), a.vals[k])
	}
	return out
}

// plain turns the array into what encoding/json would have made of it.
func plain(v any) any {
	a, ok := v.(*array)
	switch {
	case !ok:
		return v
	case a == nil:
		return nil
	case a.isList():
		out := make([]any, 0, a.len())
		for _, m := range a.values() {
			out = append(out, plain(m))
		}
		return out
	}
	out := make(map[string]any, a.len())
	for _, k := range a.keys {
		out[k] = plain(a.vals[k])
	}
	return out
}

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "1"
		}
	}
	return ""
}

// integer reads the leading digits, as a PHP cast does.
func integer(s string) int {
	s = strings.TrimSpace(s)
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && s[0] == '-') {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	if err != nil {
		return 0
	}
	return n
}

// yes reads the many spellings of true.
func yes(v any) bool {
	switch strings.ToUpper(scalar(v)) {
	case "Y", "1", "TRUE":
		return true
	}
	return false
}

// parseForm reads an urlencoded string with PHP's brackets, in its order.
func parseForm(into *array, s string) error {
	for pair := range strings.SplitSeq(s, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(k)
		if err != nil {
			return fmt.Errorf("read form: %w", err)
		}
		val, err := url.QueryUnescape(v)
		if err != nil {
			return fmt.Errorf("read form: %w", err)
		}
		into.assign(key, val)
	}
	return nil
}

// assign puts a value where a bracketed name says: a[b][]=v.
func (a *array) assign(name string, v any) {
	base, rest, _ := strings.Cut(name, "[")
	path := []string{base}
	for rest != "" {
		seg, tail, ok := strings.Cut(rest, "]")
		if !ok {
			break
		}
		if path = append(path, seg); len(path) > maxDepth {
			return
		}
		rest = strings.TrimPrefix(tail, "[")
		if rest == tail {
			break
		}
	}
	at := a
	for i, seg := range path {
		if seg == "" && i > 0 {
			seg = strconv.Itoa(at.next)
		}
		if i == len(path)-1 {
			at.set(seg, v)
			return
		}
		sub, _ := at.vals[seg].(*array)
		if sub == nil {
			sub = &array{}
			at.set(seg, sub)
		}
		at = sub
	}
}

// merge puts the members of b over those of a.
func (a *array) merge(b *array) {
	if b == nil {
		return
	}
	for _, k := range b.keys {
		a.set(k, b.vals[k])
	}
}

// maxDepth bounds the nesting of a JSON body, as PHP's json_decode does.
const maxDepth = 64

var errJSON = errors.New("malformed JSON")

// parseJSON reads one JSON object or list, keeping the order of its keys.
func parseJSON(r io.Reader) (*array, error) {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	v, err := decodeValue(dec, 0)
	if err != nil {
		return nil, err
	}
	a, ok := v.(*array)
	if !ok {
		return nil, fmt.Errorf("%w: not an object", errJSON)
	}
	return a, nil
}

func decodeValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: nested too deep", errJSON)
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJSON, err)
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return tok, nil
	}
	out := &array{}
	for i := 0; dec.More(); i++ {
		key := strconv.Itoa(i)
		if delim == '{' {
			tok, err := dec.Token()
			if err != nil {
				return nil, fmt.Errorf("%w: %w", errJSON, err)
			}
			key, _ = tok.(string)
		}
		v, err := decodeValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		out.set(key, v)
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("%w: %w", errJSON, err)
	}
	return out, nil
}

// MarshalJSON keeps order and kind, for saving.
func (a *array) MarshalJSON() ([]byte, error) {
	if a == nil {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range a.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		val, err := json.Marshal(a.vals[k])
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(val)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (a *array) UnmarshalJSON(raw []byte) error {
	read, err := parseJSON(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	*a = *read
	return nil
}

// obj is a JSON object of an answer.
type obj = map[string]any

// phpMap is an object that PHP would print as [] when it is empty.
func phpMap(m obj) any {
	if len(m) == 0 {
		return []any{}
	}
	return m
}

// toPHP turns a value of an answer back into a parameter.
func toPHP(v any) any {
	switch v := v.(type) {
	case obj:
		out := &array{}
		for k, m := range v {
			out.set(k, toPHP(m))
		}
		return out
	case []any:
		out := &array{}
		for i, m := range v {
			out.set(strconv.Itoa(i), toPHP(m))
		}
		return out
	case string, bool, nil:
		return v
	}
	return fmt.Sprint(v)
}
