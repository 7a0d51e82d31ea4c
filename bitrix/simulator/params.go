package simulator

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxBody is the size of a request's body that is still read.
const maxBody = 256 << 20

// readParams reads what a request carries: the query, and over it the body as
// JSON, as a form or as multipart.
func readParams(r *http.Request) (*array, error) {
	out := &array{}
	if err := parseForm(out, r.URL.RawQuery); err != nil {
		return nil, err
	}
	if r.Method != http.MethodPost {
		return out, nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return out, nil //nolint:nilerr // no body, or one that PHP would not parse either
	}
	body := http.MaxBytesReader(nil, r.Body, maxBody)
	switch {
	case kind == "application/json":
		sent, err := parseJSON(body)
		if err != nil {
			return nil, err
		}
		out.merge(sent)
	case kind == "multipart/form-data":
		if err := r.ParseMultipartForm(maxBody); err != nil {
			return nil, fmt.Errorf("read form: %w", err)
		}
		for k, vs := range r.MultipartForm.Value {
			for _, v := range vs {
				out.assign(k, v)
			}
		}
	case kind == "application/x-www-form-urlencoded":
		raw, err := io.ReadAll(body)
		if err != nil {
			return nil, fmt.Errorf("read form: %w", err)
		}
		sent := &array{}
		if err := parseForm(sent, string(raw)); err != nil {
			return nil, err
		}
		out.merge(sent)
	}
	return out, nil
}

// methodName takes the method from the path behind /rest/: "crm.item.get.json/"
// is crm.item.get.
func methodName(path string) string {
	path = strings.TrimSuffix(path, "/")
	for _, ext := range []string{".json", ".xml"} {
		path = strings.TrimSuffix(path, ext)
	}
	return strings.ToLower(path)
}
