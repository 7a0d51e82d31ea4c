// Package spool keeps documents on their way: the frozen original and the
// signed result of a Request, sealed on disk until the retention time is over.
//
// Files are sealed with age to an X25519 key of the spool's own, which lies
// beside them sealed under the master key: a stolen disk shows sizes and the
// ids of Requests, nothing else. Reading decrypts in place, so that a signer
// gets the random access it needs without a readable copy anywhere.
//
// A file exists when Commit has returned, whole and durable, or not at all.
package spool
