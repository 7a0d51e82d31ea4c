package bitrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// fields are the members of a JSON answer.
type fields map[string]json.RawMessage

// readAnswer judges an answer: the body first, since an `error` in it counts
// whatever the status, and the status after it.
// https://apidocs.bitrix24.com/error-codes.html
func readAnswer(a answer) (fields, *Error) {
	var f fields
	data := bytes.TrimPrefix(bytes.TrimSpace(a.body), []byte("\ufeff"))
	if len(data) == 0 || data[0] != '{' || json.Unmarshal(data, &f) != nil {
		return nil, &Error{Status: a.status, Err: fmt.Errorf("%w: %s", ErrUnexpectedAnswer, describe(a, data))}
	}
	if word, ok := f["error"]; ok && string(word) != "null" {
		e := f.readError(word)
		e.Status = a.status
		return nil, e
	}
	if a.status != http.StatusOK {
		return nil, &Error{Status: a.status, Err: fmt.Errorf("%w: JSON without error", ErrUnexpectedAnswer)}
	}
	return f, nil
}

// describe tells what came instead of a JSON object, without its content.
func describe(a answer, data []byte) string {
	switch {
	case len(data) == 0:
		return "nothing"
	case data[0] == '<':
		return "HTML"
	case data[0] == '{':
		return "broken JSON"
	}
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	return fmt.Sprintf("no JSON object but %q", clip(kind, 60))
}

// readError reads version 2's {"error":"CODE","error_description":"…"} and
// version 3's {"error":{"code":"CODE","message":"…"}}.
func (f fields) readError(word json.RawMessage) *Error {
	var e Error
	var nested struct {
		Code    Text `json:"code"`
		Message Text `json:"message"`
	}
	if word[0] == '{' && json.Unmarshal(word, &nested) == nil {
		e.Code, e.Description = string(nested.Code), string(nested.Message)
	} else {
		e.Code = f.text("error")
		e.Description = f.text("error_description")
	}
	e.Argument = clip(f.text("argument"), 100)
	e.Code, e.Description = clip(e.Code, 100), clip(e.Description, 300)
	var t callTime
	if f.read("time", &t) == nil {
		e.RetryAt = t.ResetAt.Time
	}
	return &e
}

// read decodes a member into a value; a missing one leaves it as it is.
func (f fields) read(name string, into any) error {
	if raw, ok := f[name]; ok {
		return json.Unmarshal(raw, into)
	}
	return nil
}

func (f fields) text(name string) string {
	var t Text
	if f.read(name, &t) != nil {
		return ""
	}
	return string(t)
}

// callTime is the part of an answer that tells what the call has cost.
// https://apidocs.bitrix24.com/api-reference/data-types.html#time
type callTime struct {
	ResetAt Time `json:"operating_reset_at"` // when the running time of the method is forgotten
}

// redirect returns an error if the answer is a redirect. Where it leads is
// told by host alone: the rest of the address may hold a token.
func redirect(a answer, from *url.URL) *Error {
	if a.status < 300 || a.status > 399 {
		return nil
	}
	e := &Error{Status: a.status, Err: fmt.Errorf("%w: redirect on the host itself", ErrUnexpectedAnswer)}
	to, err := from.Parse(a.header.Get("Location"))
	switch {
	case a.header.Get("Location") == "":
		e.Err = fmt.Errorf("%w: redirect to nowhere", ErrUnexpectedAnswer)
	case err != nil || !validHost(to):
		e.Err = fmt.Errorf("%w: redirect to a malformed address", ErrUnexpectedAnswer)
	case normalHost(to.Host, to.Scheme) != from.Host:
		e.Err, e.MovedTo = ErrMoved, normalHost(to.Host, to.Scheme)
	}
	return e
}

// retryAfter reads the Retry-After header, in seconds; 0 if there is none.
func retryAfter(h http.Header) time.Duration {
	var seconds Int
	if seconds.UnmarshalJSON([]byte(h.Get("Retry-After"))) != nil || seconds < 0 || seconds > 3600 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
