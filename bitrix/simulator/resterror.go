package simulator

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
)

// restError is a REST answer that is an error. The code may be empty: the
// classic CRM methods have none.
type restError struct {
	Status int
	Code   string
	Desc   string
	More   obj // further members, such as "argument"
}

func (e *restError) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Desc) }

func (e *restError) body() obj {
	out := obj{"error": e.Code, "error_description": e.Desc}
	for k, v := range e.More {
		out[k] = v
	}
	return out
}

func (e *restError) write(w http.ResponseWriter) { writeJSON(w, e.Status, e.body()) }

// bad is a business error: status 400.
func bad(code, desc string) *restError {
	return &restError{Status: http.StatusBadRequest, Code: code, Desc: desc}
}

// Errors that several methods give, with the words of the core.
func errNoAuth() *restError {
	return &restError{Status: 401, Code: "NO_AUTH_FOUND", Desc: "Wrong authorization data"}
}

func errExpired() *restError {
	return &restError{Status: 401, Code: "expired_token", Desc: "The access token provided has expired."}
}

func errInvalidToken() *restError {
	return &restError{Status: 401, Code: "invalid_token", Desc: "Unable to get application by token"}
}

func errQueryLimit() *restError {
	return &restError{Status: 503, Code: "QUERY_LIMIT_EXCEEDED", Desc: "Too many requests"}
}

func errOperationLimit() *restError {
	return &restError{Status: 429, Code: "OPERATION_TIME_LIMIT", Desc: "Method is blocked due to operation time limit."}
}

func errDenied() *restError {
	return &restError{Status: 403, Code: "ACCESS_DENIED", Desc: "Access denied!"}
}

func errMethod() *restError {
	return &restError{Status: 404, Code: "ERROR_METHOD_NOT_FOUND", Desc: "Method not found!"}
}

func errWrongAuthType() *restError {
	return &restError{Status: 403, Code: "WRONG_AUTH_TYPE", Desc: "Current authorization type is denied for this method Application context required"}
}

func errArgument(name, desc string) *restError {
	return &restError{Status: 400, Code: "ERROR_ARGUMENT", Desc: desc, More: obj{"argument": name}}
}

// The crm.item family has codes, the classic CRM methods have none.
func errItemNotFound() *restError { return bad("NOT_FOUND", "Item not found") }
func errItemDenied() *restError   { return bad("ACCESS_DENIED", "Access denied") }
func errOldNotFound() *restError  { return bad("", "Not found") }
func errOldDenied() *restError    { return bad("", "Access denied.") }

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("simulator: answer cannot be written: %v", err)) // answers are made of plain values
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// writeHTML is what a front end says that knows nothing of REST.
func writeHTML(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	text = html.EscapeString(text)
	_, _ = fmt.Fprintf(w, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", text, text)
}
