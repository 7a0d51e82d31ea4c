// Package store keeps SignService's records: portals, accounts, certificates,
// requests, orders, and the audit log. Records, indexes, the audit chain and
// migrations are written once here, above a small [Backend]; package bolt is
// the one for a single node, storetest holds the contract for all of them.
//
// # Keys
//
// Every key begins with the portal's member id, or with "_system", and each
// part of it is escaped: no id can break out of its portal, and one portal
// cannot name another's record.
//
// # Values
//
// A value is JSON: the record, its version, and a MAC over it and its place.
// A record that was changed, forged, or moved to another key, by a hand or by
// a failing disk, is not believed: app.Internal, key "store.record". OAuth
// grants, TOTP secrets, application tokens and software keys are sealed
// besides (app/secret), each for its bucket, key and field.
//
// What a MAC cannot show is that a row was removed, or that an older value was
// put back into its own place.
//
// # Promises
//
// A time step of an account authorizes one Order, ever, whatever the check of
// the code says, and Authorize is the only way for a Request to get to work. At
// most one link of an account is open. An operation and its audit entries are
// written in one transaction, or neither is.
//
// # Audit
//
// The entries of a node form a chain: each entry's hash covers its bytes, which
// name the hash before it, and the newest is named by a head, so that neither a
// change nor a gap nor a cut stays unseen. The head is there from the node's
// beginning; where it is missing nothing more is written.
package store
