package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"signservice/app"
)

// auditRow is an audit entry as it is written. Entry holds the very bytes that
// Hash covers; they name the hash of the entry before.
type auditRow struct {
	Entry json.RawMessage `json:"entry"`
	Hash  string          `json:"hash"`
}

// auditHead names the newest entry of a node's chain, so that a chain that was
// cut is noticed. As every record it is under a MAC of the master key. It is
// there from the node's beginning: without it nothing is chained.
type auditHead struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
	// Latest is the latest time of any entry, which the newest entry's is not
	// when the clock was set back.
	Latest time.Time `json:"latest,omitzero"`
}

func (s *Store) headKey() string { return systemKey("audit", s.node) }

func (s *Store) auditPrefix() string { return systemKey(s.node) + "/" }

func (s *Store) auditKey(seq int64) string { return systemKey(s.node, ordinal(seq)) }

// indexKey gives an entry's key in its portal's index.
func (s *Store) indexKey(portal app.PortalID, seq int64) string {
	return key(string(portal), s.node, ordinal(seq))
}

func (s *Store) head(tx Tx) (auditHead, error) {
	return get[auditHead](s, tx, bucketSystem, s.headKey(), nil)
}

func (s *Store) putHead(tx Tx, h auditHead) error {
	return put(s, tx, bucketSystem, s.headKey(), h, nil)
}

// chain appends entries to this node's chain.
func (s *Store) chain(tx Tx, entries ...app.AuditEntry) error {
	if len(entries) == 0 {
		return nil
	}
	head, err := s.head(tx)
	if err != nil {
		return auditFailure(err)
	}
	for _, e := range entries {
		e.Seq, e.At, e.Previous, e.Hash = head.Seq+1, tx.Now(), head.Hash, ""
		data, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode audit entry: %w", err)
		}
		row := auditRow{Entry: data, Hash: entryHash(data)}
		if err := put(s, tx, bucketAudit, s.auditKey(e.Seq), row, nil); err != nil {
			return err
		}
		if e.Portal != "" {
			if err := put(s, tx, bucketAuditPortals, s.indexKey(e.Portal, e.Seq), e.Seq, nil); err != nil {
				return err
			}
		}
		head.Seq, head.Hash = e.Seq, row.Hash
		if e.At.After(head.Latest) || e.Action == app.ActClockAccepted {
			head.Latest = e.At
		}
	}
	return s.putHead(tx, head)
}

// entryHash covers an entry's bytes; these name the hash before.
func entryHash(entry []byte) string {
	sum := sha256.Sum256(entry)
	return hex.EncodeToString(sum[:])
}

// auditFailure tells of a log that was tampered with; a failure that may pass
// stays as it is.
func auditFailure(err error) error {
	if !tampered(err) {
		return err
	}
	return app.Fail(app.Internal, "use audit log", "audit.damaged").Because(err)
}

// tampered tells what is wrong with records from what is wrong with the backend.
func tampered(err error) bool {
	var e *app.Error
	return errors.Is(err, app.NotFound) || errors.As(err, &e) && e.Key == "store.record"
}

// Audit writes entries that belong to no other change.
func (s *Store) Audit(ctx context.Context, entries ...app.AuditEntry) error {
	return s.update(ctx, func(Tx) error { return nil }, entries...)
}

// Latest gives the latest time of this node's audit entries; the zero time
// before the first. A clock that lies before it was set back: see app.ClockBack.
// An entry app.ActClockAccepted makes its own time the latest.
func (s *Store) Latest(ctx context.Context) (time.Time, error) {
	return view(ctx, s, func(tx Tx) (time.Time, error) {
		head, err := s.head(tx)
		if err != nil {
			return time.Time{}, auditFailure(err)
		}
		return head.Latest, nil
	})
}

// AuditEntries lists a portal's entries of this node, newest first. Each is
// checked for itself; VerifyAudit checks the chain.
func (s *Store) AuditEntries(ctx context.Context, portal app.PortalID, q app.AuditQuery) ([]app.AuditEntry, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	r := Range{Prefix: prefix(string(portal), s.node), Reverse: true}
	if q.Before > 0 {
		r.After = s.indexKey(portal, q.Before)
	}
	return view(ctx, s, func(tx Tx) ([]app.AuditEntry, error) {
		found := []app.AuditEntry{}
		for seq, err := range each[int64](s, tx, bucketAuditPortals, r, nil) {
			if err := errors.Join(err, ctx.Err()); err != nil {
				return nil, err
			}
			e, err := s.entry(tx, seq)
			if err != nil {
				return nil, auditFailure(err)
			}
			if !q.Matches(e) {
				continue
			}
			if found = append(found, e); len(found) == limit {
				break
			}
		}
		return found, nil
	})
}

// entry reads an entry, proven to be what was written there.
func (s *Store) entry(tx Tx, seq int64) (e app.AuditEntry, err error) {
	row, err := get[auditRow](s, tx, bucketAudit, s.auditKey(seq), nil)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(row.Entry, &e); err != nil {
		return e, recordFailure("decode", bucketAudit, err)
	}
	if e.Seq != seq || row.Hash != entryHash(row.Entry) {
		return e, recordFailure("check", bucketAudit, errRecord)
	}
	e.Hash = row.Hash
	return e, nil
}
