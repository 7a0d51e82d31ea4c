// Package install registers SignService in a portal: it binds the Sign tab and
// an entry in the menu to the cards of deals, leads, contacts, companies,
// quotes and smart invoices, but for those that an administrator left out, and of
// the smart processes that one chose; the entry in the document generator's menu; the events that the app
// needs; and the robot that asks for a signature. All of it again and again
// without harm, since a portal's administrator may press Reinstall at any
// time, and since addresses and titles change between versions. What the
// visitor's page still has to do, to tell the portal that the installation is
// finished, its script does (static/files/install.js).
//
//	installer := install.New(portals, "https://sign.example.org")
//	err := installer.Install(ctx, visit) // an administrator's
//
// What a portal does not have, or the app has no permission for, is left out:
// an older event, the generator's menu, automation.
//
// When the app is uninstalled, the portal itself removes the slots, the robot
// and the events and makes all tokens void, so nothing can be cleaned up there any
// more; what has to be forgotten here, package app/portal forgets when the
// event ONAPPUNINSTALL arrives.
//
// The package guarantees that after a success each slot of this app is bound
// once, as is one handler of each event, to the addresses of this version, and
// that a failure leaves what a repetition repairs. It touches nothing of other
// apps: portals tell an app of its own bindings only.
//
// Beside the package lie what an operator needs: signservice.service (systemd),
// Containerfile and nginx.conf (a reverse proxy).
package install
