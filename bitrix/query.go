package bitrix

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// encodeQuery writes parameters in PHP's notation of nested form fields,
// filter[ID][0]=1, in which commands stand in a batch. A form knows texts
// only: true is written as 1, false as 0; null and empty lists cannot be
// sent and are left out.
// https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
func encodeQuery(params Params) (string, error) {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		var err error
		if pairs, err = appendQuery(pairs, name, params[name]); err != nil {
			return "", fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	return strings.Join(pairs, "&"), nil
}

func appendQuery(pairs []string, key string, value any) ([]string, error) {
	switch v := value.(type) {
	case nil:
		return pairs, nil
	case expander:
		return appendQuery(pairs, key, v.expand())
	case File:
		return nil, errors.New("a file cannot be part of a batch")
	case Secret:
		return append(pairs, pair(key, v.Reveal())), nil
	case string:
		return append(pairs, pair(key, v)), nil
	case Time:
		return appendPlain(pairs, key, v)
	}
	rv := reflect.ValueOf(value)
	switch rv.Kind() {
	case reflect.String:
		return append(pairs, pair(key, rv.String())), nil
	case reflect.Bool:
		return append(pairs, pair(key, map[bool]string{true: "1", false: "0"}[rv.Bool()])), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return append(pairs, pair(key, strconv.FormatInt(rv.Int(), 10))), nil
	case reflect.Slice, reflect.Array:
		return appendList(pairs, key, rv)
	case reflect.Map:
		return appendMap(pairs, key, rv)
	}
	return appendPlain(pairs, key, value)
}

func appendList(pairs []string, key string, list reflect.Value) ([]string, error) {
	var err error
	for i := range list.Len() {
		if pairs, err = appendQuery(pairs, key+"["+strconv.Itoa(i)+"]", list.Index(i).Interface()); err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

func appendMap(pairs []string, key string, m reflect.Value) ([]string, error) {
	if m.Type().Key().Kind() != reflect.String {
		return nil, fmt.Errorf("a map from %s cannot be sent", m.Type().Key())
	}
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	var err error
	for _, k := range keys {
		if pairs, err = appendQuery(pairs, key+"["+k.String()+"]", m.MapIndex(k).Interface()); err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

// appendPlain writes what encoding/json knows: numbers, times, structs.
func appendPlain(pairs []string, key string, value any) ([]string, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var plain any
	if err := json.Unmarshal(data, &plain); err != nil {
		return nil, err
	}
	switch v := plain.(type) {
	case nil:
		return pairs, nil
	case string:
		return append(pairs, pair(key, v)), nil
	case float64:
		return append(pairs, pair(key, string(data))), nil
	}
	return appendQuery(pairs, key, plain)
}

func pair(key, value string) string {
	return url.QueryEscape(key) + "=" + url.QueryEscape(value)
}
