// Package portal is Bitrix24 in the domain's words: who a visitor is, which
// PDFs lie at an element of the CRM, one of them fetched, the signed one put
// where it belongs, the timeline told, a colleague asked to sign, the people of
// the company. It stands between the domain
// and package bitrix, whose errors it turns into those of the domain, in one
// place (errors.go). What is signed, and why, it does not know; that the app's
// tab is bound to deals is the business of package install.
//
// # Use
//
//	portals, err := portal.New(portal.Config{Apps: apps, Store: store})
//	visit, err := portals.Identify(ctx, form)        // a page was opened
//	list, err := portals.List(ctx, visit)            // its element's PDFs, after two calls
//	for d, err := range portals.Details(ctx, visit)  // what only their heads tell
//	document, err := portals.Fetch(ctx, visit.Portal, visit.User, list[0], w, app.MaxFileSize)
//	id, err := portals.Replace(ctx, visit.Portal, visit.User, document, replacement)
//	err = portals.Tell(ctx, visit.Portal, visit.User, document.Entity, story)
//
// # Whom it believes
//
// The allow-listed authorization servers, and the portal at the address that
// they name. Nothing in a form that a browser posts is believed, and of an
// event nothing that is not proven by the application token, or by an access
// token of an administrator. A portal's record is made by an administrator's
// first verified visit; an uninstallation leaves it, with all accounts and
// keys, and takes away the grants.
//
// # With whose rights
//
// Every call acts with the grant of the user whom it is made for, so nobody
// sees or changes what the portal would not let them. Grants are renewed when
// a portal refuses them, one renewal at a time, and stored before use.
//
// # Where documents lie, and where signed ones go
//
// In file fields, comments, activities, e-mails and generated documents (see
// timeline.go). [Portals.Fetch] says before anything is signed where the signed
// file will go: into the slot of its field; as a new version of an object on
// Drive, where the user may change it and the portal keeps the original;
// otherwise, and always for e-mails and generated documents, as a copy in a
// comment, with the reason. An object on Drive keeps its id, so it is its
// version that is held against the one that was signed.
//
// # What it guarantees
//
// Addresses of files, which carry access tokens, never leave this package. A
// file is taken for a document by its first bytes. A replacement never begins
// while the field holds another file than the one signed, is never repeated
// without looking, and keeps the original's bytes; see [Portals.Replace] for
// what a portal without locks cannot promise. One process replaces one file of
// an element at a time.
//
// Errors are of type *app.Error with a message key, apart from those of the
// store, which pass as they are.
package portal
