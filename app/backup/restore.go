package backup

import (
	"context"
	"errors"
	"fmt"
	"os"

	"filippo.io/age"

	"signservice/app/secret"
)

// RestoreConfig says what is restored, and to where.
type RestoreConfig struct {
	// In is the backup, Identity the file with the identity of age that opens it.
	In       string
	Identity string
	// Dir is the folder to be made; it may be there when it is empty.
	Dir string
	// Keeper is of the master key. With nil what only it can prove is not proved:
	// that the store is ours, and that the audit log is whole.
	Keeper *secret.Keeper
	// AlteredAudit restores a store whose audit log was altered before it was
	// backed up, for those who have nothing better.
	AlteredAudit bool
}

// Restored is what was restored.
type Restored struct {
	Manifest Manifest
	// Proved tells whether the master key was there to prove it.
	Proved bool
	// FirstBad is the first altered audit entry, which RestoreConfig allowed; or 0.
	FirstBad int64
}

// Restore makes a folder of a backup. It returns when all of the folder is
// durable; where it fails nothing of it is left.
func Restore(ctx context.Context, c RestoreConfig) (_ Restored, err error) {
	ids, err := identities(c.Identity)
	if err != nil {
		return Restored{}, err
	}
	in, err := os.Open(c.In)
	if err != nil {
		return Restored{}, err
	}
	defer in.Close() //nolint:errcheck // only read
	opened, err := age.Decrypt(in, ids...)
	switch {
	case otherKey(err):
		return Restored{}, fmt.Errorf("%s: %w", c.In, ErrOtherKey)
	case err != nil:
		return Restored{}, fmt.Errorf("%s: %w, or its beginning was altered", c.In, ErrForeign)
	}
	to, err := prepare(c.Dir)
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, to.leave()) }()
	r := Restored{Proved: c.Keeper != nil}
	if r.Manifest, err = extract(ctx, opened, to.stage); err != nil {
		return Restored{}, fmt.Errorf("%s: %w", c.In, err)
	}
	if r.FirstBad, err = c.prove(ctx, to.stage, r.Manifest); err != nil {
		return Restored{}, fmt.Errorf("%s: %w", c.In, err)
	}
	return r, to.commit()
}
