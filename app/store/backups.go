package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"signservice/app"
)

// Snapshot is what is known of a copy of the store before it is written. All of
// it is of one moment.
type Snapshot struct {
	// At is that moment, Size the length of the copy in bytes.
	At   time.Time `json:"at"`
	Size int64     `json:"size"`
	// Migrations is the number that the store has done.
	Migrations int `json:"migrations"`
	// Seq and Hash are of the newest audit entry of this node.
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// Migrations is how many migrations this program knows: it cannot use a store
// that has done more.
func Migrations() int { return len(migrations()) }

// Snapshot copies the whole store into the writer that begin gives, while others
// go on reading and writing: see [Snapshotter] for what that costs them. A
// backend that is copied by tools of its own fails with kind app.Unsupported.
func (s *Store) Snapshot(ctx context.Context, begin func(Snapshot) (io.Writer, error)) error {
	b, ok := s.backend.(Snapshotter)
	if !ok {
		return app.Fail(app.Unsupported, "copy store", "").
			Because(errors.New("a database server is backed up with its own tools"))
	}
	return b.Snapshot(ctx, func(tx Tx, size int64) (io.Writer, error) {
		m, err := s.meta(tx)
		if err != nil {
			return nil, err
		}
		head, err := s.head(tx)
		if err != nil {
			return nil, auditFailure(err)
		}
		return begin(Snapshot{At: tx.Now(), Size: size, Migrations: m.Migrations, Seq: head.Seq, Hash: head.Hash})
	})
}

// AuditEnd gives the number and the hash of the newest audit entry of this node;
// 0 and "" where there is none.
func (s *Store) AuditEnd(ctx context.Context) (seq int64, hash string, err error) {
	head, err := view(ctx, s, func(tx Tx) (auditHead, error) { return s.head(tx) })
	if err != nil {
		return 0, "", auditFailure(err)
	}
	return head.Seq, head.Hash, nil
}

func backupKey() string { return systemKey("backup") }

// LastBackup gives the backup that was made last, or an error of kind
// app.NotFound.
func (s *Store) LastBackup(ctx context.Context) (app.Backup, error) {
	return view(ctx, s, func(tx Tx) (app.Backup, error) {
		return get[app.Backup](s, tx, bucketSystem, backupKey(), nil)
	})
}

// SaveBackup notes that a backup was made, and writes it to the audit log. One
// whose audit entry is not in this store is another store's: app.Invalid. Of two
// that were made at the same time the younger copy stays the last one.
func (s *Store) SaveBackup(ctx context.Context, b app.Backup) error {
	entry := app.AuditEntry{
		Action: app.ActBackedUp, File: b.File, SHA256: b.SHA256,
		Detail: fmt.Sprintf("%d %s", b.Seq, b.Hash),
	}
	return s.update(ctx, func(tx Tx) error {
		if b.Seq > 0 {
			newest, err := optional(s.entry(tx, b.Seq))
			if err != nil {
				return auditFailure(err)
			}
			if newest == nil || newest.Hash != b.Hash {
				return app.Fail(app.Invalid, "note backup", "").Because(errors.New("it is a backup of another store"))
			}
		}
		last, err := optional(get[app.Backup](s, tx, bucketSystem, backupKey(), nil))
		if err != nil || last != nil && last.At.After(b.At) {
			return err
		}
		return put(s, tx, bucketSystem, backupKey(), b, nil)
	}, entry)
}
