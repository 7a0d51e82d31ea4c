// Package bolt is the store's backend for one process: a single file, by
// bbolt. It is the default; several nodes need a database server.
//
//	backend, err := bolt.Open("/var/lib/signservice/store.db", bolt.Options{})
//	defer backend.Close()
//
// # What is guaranteed
//
// The contract of store.Backend. Every commit is synced to the disk before it
// returns. One process holds the file: a second one is refused within a second.
//
// Open follows the whole tree and refuses a damaged one, since bbolt
// itself would read on until it panics, or for ever. Damage that shows later, and a failed
// sync, after which the kernel may have dropped what it had not written, end
// all further work until the file is opened again: app.Unavailable. A full
// disk does not: the transaction fails and the next one may succeed.
//
// # What it is not
//
// It does not look at values. Changes of a value that keep the file's structure
// whole are found by package store, which authenticates each record.
package bolt
