package store

import (
	"context"
	"io"
	"iter"
	"time"
)

// Backend keeps rows in buckets, in the order of their keys. The contract
// below is checked for every backend by storetest.Run.
//
// A transaction sees all of what was committed before it began and nothing of
// what others do meanwhile; transactions that write behave as if they had run
// one after the other. When Update returns nil, what it wrote survives the loss
// of power; when it returns an error or fn panics, nothing of it is seen, ever.
//
// Errors of fn are returned as they are. The backend's own failures have kind
// app.Unavailable when they may pass (disk full, database away), app.Internal
// otherwise. A context that has ended prevents a transaction from beginning.
type Backend interface {
	// View runs fn in a transaction that reads.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn in a transaction that may write. fn may run more than once:
	// no network, token or clock in it, and nothing outside that adds up.
	Update(ctx context.Context, fn func(Tx) error) error
	// Close waits for running transactions. A closed backend answers
	// app.Unavailable; closing it again does nothing.
	Close() error
}

// Snapshotter is a Backend that can be copied whole while it is in use.
type Snapshotter interface {
	Backend
	// Snapshot writes all rows as they are at one moment, size bytes, to the writer
	// that begin gives; tx reads at the same moment, until begin returns. Others
	// go on; a slow writer may hold up those who write. An error of begin or of the
	// writer is returned, and the copy is none then.
	Snapshot(ctx context.Context, begin func(tx Tx, size int64) (io.Writer, error)) error
}

// Tx is one transaction. It belongs to the goroutine that runs fn and ends
// with it; a Tx that was kept fails. Values it gives are the caller's.
type Tx interface {
	// Get gives a value, or an error of kind app.NotFound.
	Get(bucket, key string) ([]byte, error)
	// Put writes a value. Bucket and key must not be empty; the value is JSON.
	Put(bucket, key string, value []byte) error
	// Delete removes a row; one that does not exist is no error.
	Delete(bucket, key string) error
	// Scan gives the rows of a range. An error ends the scan. The bucket must not
	// be written to while it runs.
	Scan(bucket string, r Range) iter.Seq2[Row, error]
	// Now is the time of the transaction, in UTC: the same at every call.
	Now() time.Time
}

// Range chooses rows of a bucket by their keys, compared as bytes.
type Range struct {
	// Prefix of the keys; "" is every key.
	Prefix string
	// After leaves out the rows up to and with this key, in the direction of the
	// scan. "" begins at the first row, in reverse at the last.
	After string
	// Reverse scans from the last key to the first.
	Reverse bool
	// Limit is the most rows to give; 0 is no limit.
	Limit int
}

// Row is a key with its value.
type Row struct {
	Key   string
	Value []byte
}
