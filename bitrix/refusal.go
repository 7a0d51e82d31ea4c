package bitrix

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxRefusal is how much of an answer without a file is read to find out what
// it says.
const maxRefusal = 64 << 10

// refuse returns an error if the answer is no file. A file comes with a
// Content-Disposition; what comes without one, as text, HTML or JSON, is the
// portal telling why there is none.
func refuse(method string, resp *fileResponse) *Error {
	kind := contentType(resp.Header)
	named := resp.Header.Get("Content-Disposition") != ""
	talk := kind == "" || strings.HasPrefix(kind, "text/") || kind == "application/json"
	switch {
	case resp.StatusCode == http.StatusOK && (named || !talk):
		if enc := resp.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
			return &Error{Status: resp.StatusCode, Err: fmt.Errorf("%w: file in encoding %q", ErrUnexpectedAnswer, clip(enc, 40))}
		}
		return nil
	case method == http.MethodHead:
		return &Error{Status: resp.StatusCode, Err: byStatus(resp.StatusCode)}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return &Error{Status: resp.StatusCode, Err: unreachable(resp.deadlines.ctx, err)}
	}
	return readRefusal(answer{status: resp.StatusCode, header: resp.Header, body: body})
}

// byStatus is all that a HEAD request learns.
func byStatus(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return ErrExpiredToken
	case http.StatusForbidden:
		return ErrAccessDenied
	case http.StatusNotFound:
		return ErrNotFound
	}
	return fmt.Errorf("%w: no file", ErrUnexpectedAnswer)
}

// readRefusal finds out why there is no file. The sentences are those of the
// portal's show_file.php and crm_show_file.php, which use status 200.
func readRefusal(a answer) *Error {
	f, failed := readAnswer(a)
	if failed == nil {
		raw := f["result"]
		if isEmpty(raw) || string(raw) == "[]" || string(raw) == "{}" {
			return &Error{Status: a.status, Err: fmt.Errorf("%w: the record does not hold this file any more", ErrNotFound)}
		}
		return &Error{Status: a.status, Err: fmt.Errorf("%w: JSON in the place of a file", ErrUnexpectedAnswer)}
	}
	text := strings.ToLower(strings.TrimSpace(string(a.body)))
	if len(text) <= 200 && !strings.HasPrefix(text, "<") && failed.Code == "" {
		switch {
		case strings.Contains(text, "access denied"):
			return &Error{Status: a.status, Err: ErrAccessDenied}
		case strings.Contains(text, "not found"):
			return &Error{Status: a.status, Err: ErrNotFound}
		}
	}
	return failed
}
