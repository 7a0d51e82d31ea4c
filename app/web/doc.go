// Package web is where people and portals reach SignService: the pages that
// Bitrix24 shows in its frames, the enrolment page, the calls of the pages'
// scripts, and the health checks. It is the only room that knows Echo. It
// decides nothing about signing, accounts or certificates: it identifies the
// visitor, asks the room concerned, and turns the answer into the view models
// of package views, in the visitor's language.
//
//	server, err := web.New(web.Config{…})
//	http := server.HTTP(":8080")
//	err = http.ListenAndServe()
//
// # Who may call what
//
// routes.go holds one table of all routes. Each row names its door, and the
// middleware of that door is the only way to the handler:
//
//	public   nobody is asked: static files, health, the refusal of unknown addresses
//	frame    a POST that a portal's frame makes: the visitor is identified from the authorization in it (app/portal), nothing else in it is believed
//	event    a POST of the portal's server, verified by app/portal
//	link     an enrolment link: it shows no secret and no name, and changes nothing
//	deal     a Session of a deal's tab
//	admin    a Session of the app's own page, of an administrator; asked of the portal again for every change, at most a minute ago for every look
//	owner    a Session of the owner of an enrolment link
//
// # Sessions
//
// A page gets a Session of 15 minutes: a sealed value that only this service
// can open, bound to portal, user, slot, element and door. The page's script
// keeps it in memory and sends it as a bearer. There is no cookie, and nothing
// secret is ever in an address. When it has run out the script has the
// portal's frame give a fresh authorization and exchanges it at /session, which
// gives a new Session for the same user, slot and element only. The owner of an
// enrolment link has no such frame: that Session lasts as long as the link, and
// a page that is loaded anew begins with the sign-in again.
//
// # Answers
//
// The script's calls answer with JSON: for the Sign tab a screen (its name and
// its HTML), for the settings a section. Errors are answered in one place,
// errors.go: a status by kind, a sentence in the visitor's language, whether
// the file changed and whether the code was used up, and the number under
// which the cause is in the log. Nothing below logs and returns.
//
// # Headers
//
// Every page has a strict content security policy: nothing from elsewhere,
// nothing inline, and it may be framed by the visitor's own portal only. The
// pages of refusal carry no data and no script, and say nothing about frames, so
// that they can be seen wherever they appear.
package web
