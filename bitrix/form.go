package bitrix

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Limits of what a portal posts. Real forms have some 2 kB and 20 fields.
const (
	maxForm       = 256 << 10
	maxFormFields = 500
	maxFormDepth  = 6
)

// ErrMalformedForm: what was posted is not what a portal posts.
var ErrMalformedForm = errors.New("malformed form")

// ReadForm reads the fields that a portal has posted, at most 256 kB of them,
// and those in the URL. A field that comes twice in the same place is
// refused: portals send none twice, and programs disagree on which one counts.
// It replaces [http.Request.ParseForm], whose limit is 10 MB.
func ReadForm(r *http.Request) (body, query url.Values, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, nil, fmt.Errorf("%w: not a url-encoded form", ErrMalformedForm)
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("read form: %w", err)
	case len(data) > maxForm:
		return nil, nil, fmt.Errorf("%w: more than %d bytes", ErrMalformedForm, maxForm)
	}
	if body, err = parseFields(string(data)); err != nil {
		return nil, nil, err
	}
	if query, err = parseFields(r.URL.RawQuery); err != nil {
		return nil, nil, err
	}
	return body, query, nil
}

func parseFields(encoded string) (url.Values, error) {
	if strings.Count(encoded, "&") >= maxFormFields {
		return nil, fmt.Errorf("%w: more than %d fields", ErrMalformedForm, maxFormFields)
	}
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: not url-encoded", ErrMalformedForm) // the cause would repeat a piece of it
	}
	for name, all := range values {
		if len(all) > 1 {
			return nil, fmt.Errorf("%w: field %q comes twice", ErrMalformedForm, clip(name, 60))
		}
	}
	return values, nil
}

// Node is a value of a form in PHP's notation of nested fields: a text, or
// further nodes by name: data[FIELDS][ID]=3.
type Node struct {
	Text     string
	Children map[string]*Node
}

// At returns the node under the given names, or an empty one.
func (n *Node) At(names ...string) *Node {
	for _, name := range names {
		if n == nil {
			break
		}
		n = n.Children[name]
	}
	if n == nil {
		return new(Node)
	}
	return n
}

// ID returns the node's text as an id; 0 if it is none.
func (n *Node) ID() ID {
	id, err := strconv.ParseInt(strings.TrimSpace(n.Text), 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return ID(id)
}

// Texts returns the texts of the children 0, 1, 2… up to the first that is
// missing.
func (n *Node) Texts() []string {
	var all []string
	for i := 0; ; i++ {
		child, ok := n.Children[strconv.Itoa(i)]
		if !ok {
			return all
		}
		all = append(all, child.Text)
	}
}

// nested sorts the fields of a form into a tree.
func nested(form url.Values) (*Node, error) {
	root := new(Node)
	for name, values := range form {
		path, err := splitName(name)
		if err != nil {
			return nil, err
		}
		node := root
		for _, part := range path {
			if node.Children == nil {
				node.Children = make(map[string]*Node)
			}
			next, ok := node.Children[part]
			if !ok {
				next = new(Node)
				node.Children[part] = next
			}
			node = next
		}
		if len(values) > 0 {
			node.Text = values[0]
		}
	}
	return root, nil
}

// splitName splits data[FIELDS][ID] into its three parts.
func splitName(name string) ([]string, error) {
	first, rest, found := strings.Cut(name, "[")
	if !found {
		return []string{name}, nil
	}
	inner, ok := strings.CutSuffix(rest, "]")
	if !ok {
		return nil, fmt.Errorf("%w: field name %q", ErrMalformedForm, clip(name, 60))
	}
	path := append([]string{first}, strings.Split(inner, "][")...)
	if len(path) > maxFormDepth {
		return nil, fmt.Errorf("%w: field name %q", ErrMalformedForm, clip(name, 60))
	}
	return path, nil
}
