package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"signservice/app"
	"signservice/app/spool"
	"signservice/app/store"
	"signservice/app/store/bolt"
)

// prove opens what was written as the service will. With the master key it also
// writes into the audit log that the store goes on from a backup. It gives the
// first altered entry, where that is allowed.
func (c RestoreConfig) prove(ctx context.Context, dir string, m Manifest) (firstBad int64, err error) {
	if m.Migrations > store.Migrations() {
		return 0, fmt.Errorf("%w (%s)", ErrNewer, m.Version)
	}
	backend, err := bolt.Open(filepath.Join(dir, storeName), bolt.Options{})
	if err != nil {
		return 0, err
	}
	if c.Keeper == nil {
		return 0, backend.Close()
	}
	records, err := store.New(ctx, backend, c.Keeper, store.Options{})
	if err != nil {
		return 0, errors.Join(err, backend.Close())
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	if firstBad, err = c.audit(ctx, records, m); err != nil {
		return firstBad, err
	}
	if err := c.spool(dir); err != nil {
		return firstBad, err
	}
	return firstBad, records.Audit(ctx, app.AuditEntry{
		Action: app.ActRestored, File: filepath.Base(c.In), Detail: fmt.Sprintf("%d %s", m.Seq, m.Hash),
	})
}

// audit goes through the whole audit log.
func (c RestoreConfig) audit(ctx context.Context, records *store.Store, m Manifest) (firstBad int64, err error) {
	_, firstBad, err = records.VerifyAudit(ctx)
	if err != nil {
		return 0, err
	}
	if firstBad > 0 && !c.AlteredAudit {
		return 0, fmt.Errorf("%w at entry %d", ErrAudit, firstBad)
	}
	seq, hash, err := records.AuditEnd(ctx)
	if err == nil && (seq != m.Seq || hash != m.Hash) {
		err = fmt.Errorf("%w: it ends at entry %d, the manifest at %d", ErrAudit, seq, m.Seq)
	}
	return firstBad, err
}

// spool proves that the spool's key is sealed under the master key.
func (c RestoreConfig) spool(dir string) error {
	dir = filepath.Join(dir, "spool")
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil // there was none yet
	}
	_, err := spool.New(dir, c.Keeper)
	return err
}
