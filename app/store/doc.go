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
// # Secrets
//
// OAuth grants, TOTP secrets, application tokens and software keys are sealed
// (app/secret) with their bucket, key and field as associated data: a sealed
// value that is moved to another record does not open. The rest is readable
// JSON with a version.
//
// # Audit
//
// The entries of a node form a chain: each entry's hash covers its bytes and
// the hash before it, and the newest is named by a head under a MAC of the
// master key, so that neither a change nor a cut stays unseen. An operation's
// entries are written in the operation's own transaction.
package store
