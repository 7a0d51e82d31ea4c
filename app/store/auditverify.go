package store

import (
	"context"
	"errors"
	"fmt"

	"signservice/app"
)

// VerifyAudit reads this node's chain from its beginning. It gives the number
// of good entries and, where the chain is broken, the number of the first
// entry that is altered, missing, out of order, not in its portal's index, or
// behind the end that the head names; 0 where all is well. A chain that was cut
// breaks at the first entry that is missing.
//
// Who can write to the backend and has kept an older head can take the chain
// back to it: only a hash that was written down elsewhere shows that.
func (s *Store) VerifyAudit(ctx context.Context) (count, firstBad int64, err error) {
	err = s.backend.View(ctx, func(tx Tx) (err error) {
		count, firstBad, err = s.verify(ctx, tx)
		return err
	})
	return count, firstBad, err
}

func (s *Store) verify(ctx context.Context, tx Tx) (count, firstBad int64, err error) {
	previous := ""
	for row, err := range tx.Scan(bucketAudit, Range{Prefix: s.auditPrefix()}) {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return count, 0, err
		}
		next := count + 1
		if row.Key != s.auditKey(next) {
			return count, next, nil
		}
		hash, err := s.verifyEntry(tx, next, previous)
		if tampered(err) {
			return count, next, nil
		}
		if err != nil {
			return count, 0, err
		}
		count, previous = next, hash
	}
	head, err := s.head(tx)
	switch {
	case tampered(err):
		return count, count + 1, nil
	case err != nil:
		return count, 0, err
	case head.Seq < count:
		return head.Seq, head.Seq + 1, nil
	case head.Seq > count || head.Hash != previous:
		return count, count + 1, nil
	}
	return count, 0, nil
}

// verifyEntry gives the hash of an entry that is as it was written, behind the
// one with the hash previous, and in its portal's index.
func (s *Store) verifyEntry(tx Tx, seq int64, previous string) (string, error) {
	e, err := s.entry(tx, seq)
	if err != nil {
		return "", err
	}
	if e.Previous != previous {
		return "", recordFailure("verify", bucketAudit, errRecord)
	}
	if e.Portal == "" {
		return e.Hash, nil
	}
	indexed, err := get[int64](s, tx, bucketAuditPortals, s.indexKey(e.Portal, seq), nil)
	if err == nil && indexed != seq {
		err = recordFailure("verify", bucketAuditPortals, errRecord)
	}
	return e.Hash, err
}

// checkEnd checks the newest entry against the head: what New does at every
// start, where reading all would take too long.
func (s *Store) checkEnd(tx Tx) error {
	head, err := s.head(tx)
	if err == nil && head.Seq > 0 {
		var e app.AuditEntry
		if e, err = s.entry(tx, head.Seq); err == nil && e.Hash != head.Hash {
			err = recordFailure("check", bucketAudit, errRecord)
		}
	}
	if err != nil {
		return auditFailure(err)
	}
	for row, err := range tx.Scan(bucketAudit, Range{Prefix: s.auditPrefix(), After: s.auditKey(head.Seq), Limit: 1}) {
		if err != nil {
			return err
		}
		return auditFailure(recordFailure("check", bucketAudit, fmt.Errorf("%q lies behind the head", row.Key)))
	}
	return nil
}
