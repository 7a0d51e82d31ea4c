package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"signservice/app"
)

// migration changes the records of an older version, within one transaction.
// It may run more than once.
type migration func(s *Store, tx Tx) error

// migrations only ever grow: the number of those done is kept in the store, and
// each runs once in a store's life. A new store begins behind the last.
func migrations() []migration { return nil }

// meta is the first record of a store.
type meta struct {
	// Check is the key-check value of the master key.
	Check string `json:"check"`
	// Migrations is how many are done.
	Migrations int `json:"migrations"`
	// Nodes have begun an audit chain.
	Nodes []string `json:"nodes"`
}

func metaKey() string { return systemKey("store") }

func (s *Store) meta(tx Tx) (meta, error) { return get[meta](s, tx, bucketSystem, metaKey(), nil) }

// open looks before it writes, so that a store which is refused stays as it is.
func (s *Store) open(ctx context.Context, steps []migration) error {
	var m *meta
	err := s.backend.View(ctx, func(tx Tx) (err error) {
		if m, err = optional(s.look(tx)); m == nil && err == nil {
			return empty(tx)
		}
		return err
	})
	if err != nil {
		return err
	}
	if m == nil {
		m = &meta{Migrations: len(steps)}
	}
	if m.Migrations > len(steps) {
		return app.Fail(app.Invalid, "open store", "store.newer")
	}
	if !slices.Contains(m.Nodes, s.node) {
		if err := s.join(ctx, m.Migrations); err != nil {
			return err
		}
	}
	for n := m.Migrations; n < len(steps); n++ {
		if err := s.migrate(ctx, n, steps[n]); err != nil {
			return fmt.Errorf("migrate store: %w", err)
		}
	}
	return s.backend.View(ctx, s.checkEnd)
}

// look reads the first record. The key-check value comes first: under a wrong
// key everything else looks altered.
func (s *Store) look(tx Tx) (meta, error) {
	value, err := tx.Get(bucketSystem, metaKey())
	if err != nil {
		return meta{}, err
	}
	var e envelope
	var unproven row[meta]
	readable := json.Unmarshal(value, &e) == nil && json.Unmarshal(e.Data, &unproven) == nil
	if check := unproven.Value.Check; readable && check != "" && !s.keeper.Fits(check) {
		return meta{}, app.Fail(app.Invalid, "open store", "master.wrong").
			Because(errors.New("the data was sealed under another master key; give the one it was made with"))
	}
	m, err := decode[meta](s, bucketSystem, metaKey(), value, nil)
	if err != nil {
		return meta{}, app.Fail(app.Internal, "open store", "store.record").Because(err)
	}
	return m, nil
}

// empty refuses records without a first one: they are not a new store's.
func empty(tx Tx) error {
	for _, bucket := range Buckets() {
		for _, err := range tx.Scan(bucket, Range{Limit: 1}) {
			if err != nil {
				return err
			}
			return app.Fail(app.Internal, "open store", "store.record").Because(errors.New("the first record is missing"))
		}
	}
	return nil
}

// join begins the audit chain of this node, and the store with its first node.
func (s *Store) join(ctx context.Context, migrated int) error {
	return s.backend.Update(ctx, func(tx Tx) error {
		m, err := optional(s.meta(tx))
		if err != nil {
			return err
		}
		if m == nil {
			m = &meta{Check: s.keeper.Check(), Migrations: migrated}
		}
		if slices.Contains(m.Nodes, s.node) {
			return nil
		}
		m.Nodes = append(m.Nodes, s.node)
		if err := put(s, tx, bucketSystem, metaKey(), *m, nil); err != nil {
			return err
		}
		return s.putHead(tx, auditHead{})
	})
}

// migrate does the n-th migration unless another node was faster.
func (s *Store) migrate(ctx context.Context, n int, step migration) error {
	return s.backend.Update(ctx, func(tx Tx) error {
		m, err := s.meta(tx)
		if err != nil || m.Migrations != n {
			return err
		}
		if err := step(s, tx); err != nil {
			return err
		}
		m.Migrations++
		return put(s, tx, bucketSystem, metaKey(), m, nil)
	})
}
