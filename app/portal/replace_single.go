package portal

import (
	"context"
	"errors"
	"time"

	"signservice/app"
	"signservice/bitrix"
)

// swap writes the signed file over the original in a field of one file.
func (r *replacing) swap(ctx context.Context, now field) (bitrix.ID, error) {
	after, err, unknown := r.write(ctx, now, r.file(r.in.Signed))
	if unknown != nil {
		return 0, errors.Join(unknown, err)
	}
	id := single(after)
	switch {
	case id == r.original && err == nil:
		return 0, app.Fail(app.Invalid, "write signed file", "portal.refused")
	case id == r.original:
		return 0, err // nothing has happened
	case refusesUser(err):
		return 0, conflict("request.conflict", true) // not our doing: the write was refused
	case id == 0:
		return r.restore(ctx, after, err)
	}
	equal, readErr := r.holds(ctx, after, id, r.in.Signed)
	switch {
	case equal:
		return id, nil
	case errors.Is(readErr, bitrix.ErrNotFound):
		return 0, conflict("request.conflict", true) // replaced again since
	case readErr != nil:
		return 0, readErr // recognised at the next attempt
	case err != nil:
		return 0, conflict("request.conflict", true) // not what we sent: another's
	}
	return r.restore(ctx, after, nil) // the portal's answer says it is ours: damaged
}

// single gives the one file of the field, 0 when it is empty.
func single(f field) bitrix.ID {
	if len(f.files) == 0 {
		return 0
	}
	return f.files[0].ID
}

// restore puts the original back into a field of one file that our write has
// emptied or damaged. Should the signed file turn up after all, since the
// write was only late, that is success.
func (r *replacing) restore(ctx context.Context, now field, cause error) (bitrix.ID, error) {
	ours := single(now) // what our write has left: nothing, or a damaged file
	failures := []error{cause}
	for _, wait := range []time.Duration{0, 2 * time.Second, 5 * time.Second} {
		var err, said error
		if err = r.p.clock.Sleep(ctx, wait); err == nil && wait > 0 {
			now, err = r.read(ctx)
		}
		if err == nil && single(now) == ours {
			now, said, err = r.write(ctx, now, r.file(r.in.Original))
		}
		failures = append(failures, said, err)
		if err != nil || single(now) == ours {
			continue
		}
		id, err := r.found(ctx, now)
		if !passing(err) {
			return id, err
		}
		failures = append(failures, err)
	}
	return 0, notRestored(errors.Join(failures...))
}

// found tells what a field of one file holds after a restoration: the signed
// file, which is success; the original; or another's.
func (r *replacing) found(ctx context.Context, now field) (bitrix.ID, error) {
	id := single(now)
	original, err := r.holds(ctx, now, id, r.in.Original)
	signed := false
	if err == nil && !original {
		signed, err = r.holds(ctx, now, id, r.in.Signed)
	}
	switch {
	case errors.Is(err, bitrix.ErrNotFound):
		return 0, conflict("request.conflict", true) // replaced again since
	case err != nil:
		return 0, err
	case original:
		return 0, app.Fail(app.Invalid, "replace document", "request.restored")
	case signed:
		return id, nil
	}
	return 0, conflict("request.conflict", true)
}

// notRestored tells that the portal has lost the file and did not take it
// back. Original and signed file are both in our spool.
func notRestored(cause error) error {
	e := app.Fail(app.Invalid, "put original back", "request.not-restored").Because(cause)
	e.FileChanged = true
	return e
}
