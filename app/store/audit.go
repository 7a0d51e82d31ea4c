package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"signservice/app"
)

// auditRow is an audit entry as it is written. Entry holds the very bytes that
// Hash covers.
type auditRow struct {
	Entry json.RawMessage `json:"entry"`
	Hash  string          `json:"hash"`
}

// auditHead names the newest entry of a node's chain, so that a chain that was
// cut is noticed. MAC is keyed by the master key.
type auditHead struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
	MAC  []byte `json:"mac"`
}

func (s *Store) headKey() string { return key(system, "audit", s.node) }

func (s *Store) auditKey(seq int64) string { return key(system, s.node, fmt.Sprintf("%020d", seq)) }

func (s *Store) mac(seq int64, hash string) []byte {
	m := hmac.New(sha256.New, s.keeper.Derive("audit head"))
	fmt.Fprintf(m, "%s\x00%d\x00%s", s.node, seq, hash)
	return m.Sum(nil)
}

// head gives the head of this node's chain; a blank one at the beginning.
func (s *Store) head(tx Tx) (auditHead, error) {
	h, err := optional(get[auditHead](s, tx, bucketSystem, s.headKey(), nil))
	if err != nil || h == nil {
		return auditHead{}, err
	}
	if !hmac.Equal(h.MAC, s.mac(h.Seq, h.Hash)) {
		return auditHead{}, app.Fail(app.Internal, "read audit head", "").Because(errors.New("the audit head was altered"))
	}
	return *h, nil
}

// chain appends entries to this node's chain.
func (s *Store) chain(tx Tx, entries ...app.AuditEntry) error {
	if len(entries) == 0 {
		return nil
	}
	head, err := s.head(tx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		e.Seq, e.At, e.Previous, e.Hash = head.Seq+1, tx.Now(), head.Hash, ""
		data, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode audit entry: %w", err)
		}
		row := auditRow{Entry: data, Hash: entryHash(data)}
		value, err := json.Marshal(row)
		if err != nil {
			return fmt.Errorf("encode audit entry: %w", err)
		}
		if err := tx.Put(bucketAudit, s.auditKey(e.Seq), value); err != nil {
			return err
		}
		if e.Portal != "" {
			index := key(string(e.Portal), s.node, fmt.Sprintf("%020d", e.Seq))
			if err := put(s, tx, bucketAuditPortals, index, e.Seq, nil); err != nil {
				return err
			}
		}
		head = auditHead{Seq: e.Seq, Hash: row.Hash}
	}
	head.MAC = s.mac(head.Seq, head.Hash)
	return put(s, tx, bucketSystem, s.headKey(), head, nil)
}

// entryHash covers an entry's bytes; these name the hash before.
func entryHash(entry []byte) string {
	sum := sha256.Sum256(entry)
	return hex.EncodeToString(sum[:])
}

// Audit writes entries that belong to no other change.
func (s *Store) Audit(ctx context.Context, entries ...app.AuditEntry) error {
	return s.update(ctx, func(Tx) error { return nil }, entries...)
}

// AuditEntries lists a portal's entries of this node, newest first.
func (s *Store) AuditEntries(ctx context.Context, portal app.PortalID, q app.AuditQuery) ([]app.AuditEntry, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	r := Range{Prefix: prefix(string(portal), s.node), Reverse: true}
	if q.Before > 0 {
		r.After = key(string(portal), s.node, fmt.Sprintf("%020d", q.Before))
	}
	return view(ctx, s, func(tx Tx) ([]app.AuditEntry, error) {
		found := []app.AuditEntry{}
		for seq, err := range each[int64](s, tx, bucketAuditPortals, r, nil) {
			if err != nil {
				return nil, err
			}
			e, _, err := s.entry(tx, seq)
			if err != nil {
				return nil, err
			}
			if q.User != "" && e.User != q.User || q.Action != "" && e.Action != q.Action || e.Portal != portal {
				continue
			}
			if found = append(found, e); len(found) == limit {
				break
			}
		}
		return found, nil
	})
}

// entry reads an entry and whether its hash fits its bytes.
func (s *Store) entry(tx Tx, seq int64) (e app.AuditEntry, intact bool, err error) {
	value, err := tx.Get(bucketAudit, s.auditKey(seq))
	if err != nil {
		return e, false, err
	}
	var row auditRow
	if err := json.Unmarshal(value, &row); err != nil {
		return e, false, nil //nolint:nilerr // unreadable means altered
	}
	if err := json.Unmarshal(row.Entry, &e); err != nil {
		return e, false, nil //nolint:nilerr // unreadable means altered
	}
	e.Hash = row.Hash
	return e, row.Hash == entryHash(row.Entry), nil
}

// VerifyAudit reads this node's chain from its beginning. It gives the number
// of good entries and, where the chain is broken, the number of the first
// entry that is altered, missing or out of order; 0 where all is well.
func (s *Store) VerifyAudit(ctx context.Context) (count, firstBad int64, err error) {
	err = s.backend.View(ctx, func(tx Tx) error {
		count, firstBad = 0, 0
		head, err := s.head(tx)
		if errors.Is(err, app.Internal) {
			firstBad = 1
			return nil
		}
		if err != nil {
			return err
		}
		previous := ""
		for seq := int64(1); seq <= head.Seq; seq++ {
			e, intact, err := s.entry(tx, seq)
			if err != nil && !errors.Is(err, app.NotFound) {
				return err
			}
			if err != nil || !intact || e.Seq != seq || e.Previous != previous {
				firstBad = seq
				return nil
			}
			count, previous = seq, e.Hash
		}
		if previous != head.Hash {
			firstBad = max(head.Seq, 1)
			return nil
		}
		return s.beyond(tx, head.Seq, &firstBad)
	})
	return count, firstBad, err
}

// beyond looks for entries behind the head.
func (s *Store) beyond(tx Tx, last int64, firstBad *int64) error {
	for _, err := range tx.Scan(bucketAudit, Range{Prefix: prefix(system, s.node), After: s.auditKey(last), Limit: 1}) {
		if err != nil {
			return err
		}
		*firstBad = last + 1
	}
	return nil
}
