package i18n_test

import (
	"go/ast"
	"go/parser"
	"go/token"

	"signservice/app"
)

// standardKeys are the keys that are put together at run time.
func standardKeys() []string {
	var keys []string
	for _, kind := range []app.Kind{
		app.Invalid, app.Unauthenticated, app.Forbidden, app.NotFound, app.Conflict, app.TooLarge, app.Unsupported,
		app.Locked, app.RateLimited, app.Upstream, app.Unavailable, app.Internal,
	} {
		keys = append(keys, "error."+string(kind))
	}
	for _, action := range actions() {
		keys = append(keys, "action."+action)
	}
	for _, state := range []app.State{app.Authorized, app.Prepared, app.Signed, app.Delivered} {
		keys = append(keys, "running."+string(state))
	}
	for _, state := range []app.State{app.Failed, app.Expired, app.Cancelled} {
		keys = append(keys, "request.ended-"+string(state))
	}
	for _, page := range []app.PageChoice{app.FirstPage, app.LastPage} {
		keys = append(keys, "page."+string(page), "page."+string(page)+"-label")
	}
	for _, position := range app.Positions() {
		keys = append(keys, "position."+string(position))
	}
	return append(keys, "file.original", "file.signed",
		app.Certificate{}.Usable(app.Certificate{}.NotAfter), "hindrance.no-account-text", "certificate.not-yet", "certificate.last-day")
}

// actions reads the audit's actions from their source, so that a new one gets
// its words on the day it is made.
func actions() []string {
	file, err := parser.ParseFile(token.NewFileSet(), "../audit.go", nil, parser.SkipObjectResolution)
	if err != nil {
		return []string{"source of the actions cannot be read: " + err.Error()}
	}
	var list []string
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if text := literal(v.Values[0]); text != "" {
				list = append(list, text)
			}
		}
		return true
	})
	return list
}
