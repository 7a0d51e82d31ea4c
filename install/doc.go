// Package install registers SignService in a portal: it binds the Sign tab to
// the deal card and the events that the app needs, both again and again
// without harm, since a portal's administrator may press Reinstall at any
// time, and since addresses and titles change between versions. What the
// visitor's page still has to do, to tell the portal that the installation is
// finished, its script does (static/files/install.js).
//
//	installer := install.New(portals, "https://sign.example.org")
//	err := installer.Install(ctx, visit) // an administrator's
//
// When the app is uninstalled, the portal itself removes the tab and the
// events and makes all tokens void, so nothing can be cleaned up there any
// more; what has to be forgotten here, package app/portal forgets when the
// event ONAPPUNINSTALL arrives.
//
// The package guarantees that after a success exactly one tab and one handler
// of each event of this app are bound, to the addresses of this version, and
// that a failure leaves what a repetition repairs. It touches nothing of other
// apps: portals tell an app of its own bindings only.
//
// Beside the package lie what an operator needs: signservice.service (systemd),
// Containerfile and nginx.conf (a reverse proxy).
package install
