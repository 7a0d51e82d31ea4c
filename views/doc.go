// Package views draws the pages: templ components, each with a view model of
// finished values. A component decides nothing and formats nothing; whoever
// fills the model (app/web, or views/gallery with made-up data) has already
// done so. The words come through one function, [T], in each model.
//
// Pages are [Page]s around a body. What the Sign tab and the settings page show
// after they are open are fragments of HTML, rendered here and put into the
// page by its script, so that every state can be seen in the gallery without a
// portal, a store or a token.
//
// # What scripts find in the HTML
//
// Buttons say by data attributes what they call: data-get, data-post with
// data-body (JSON) and data-confirm (a question), data-download, data-open, data-copy.
// Forms say it by data-form. See static/files/page.js.
//
// # Guarantees
//
// Everything that came from people is escaped by templ; there is no raw HTML,
// no inline script and no style attribute, so that a strict content security
// policy holds. No component imports a domain type.
package views
