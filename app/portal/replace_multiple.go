package portal

import (
	"context"
	"errors"

	"signservice/app"
	"signservice/bitrix"
)

// add puts the signed file before the original in a field of several files,
// reads it back, and then drops the original.
func (r *replacing) add(ctx context.Context, now field) (bitrix.ID, error) {
	slots := make(bitrix.FileSlots, 0, len(now.files)+1)
	for _, id := range now.ids() {
		if id == r.original {
			slots = append(slots, bitrix.Put(r.file(r.in.Signed)))
		}
		slots = append(slots, bitrix.Keep(id))
	}
	after, err, unknown := r.write(ctx, now, slots)
	if unknown != nil {
		return 0, errors.Join(unknown, err)
	}
	r.noteVanished(ctx, now, after)
	signed, readErr := r.signedAmong(ctx, after, fresh(now, after))
	switch {
	case errors.Is(readErr, bitrix.ErrNotFound):
		return 0, conflict("request.conflict", !after.has(r.original)) // taken out again by somebody
	case readErr != nil:
		return 0, readErr
	case signed == 0:
		return 0, r.notAdded(ctx, now, after, err)
	case !after.has(r.original):
		// A colleague took the original away, or put another file in its place,
		// between our reading and our writing. Not ours to replace any more; a
		// signed file that cannot be taken out is the lesser harm, a conflict
		// that is not told the greater.
		return 0, conflict("request.conflict-window", true).Because(r.remove(ctx, signed))
	}
	return r.drop(ctx, signed)
}

// signedAmong finds the file that holds the signed bytes: 0 when none does, and
// bitrix.ErrNotFound when none does and one is not there any more.
func (r *replacing) signedAmong(ctx context.Context, now field, ids []bitrix.ID) (bitrix.ID, error) {
	var gone error
	for _, id := range ids {
		equal, err := r.holds(ctx, now, id, r.in.Signed)
		if errors.Is(err, bitrix.ErrNotFound) {
			gone = err
			continue
		}
		if err != nil || equal {
			return id, err
		}
	}
	return 0, gone
}

// notAdded ends a replacement whose signed file did not arrive, or not whole.
func (r *replacing) notAdded(ctx context.Context, now, after field, cause error) error {
	arrived := fresh(now, after)
	switch {
	case cause == nil && len(arrived) == 1:
		// The portal's own answer names it, so it is ours, and damaged.
		if err := r.remove(ctx, arrived[0]); err != nil {
			return err
		}
		return app.Fail(app.Upstream, "add signed file", "request.damaged")
	case cause == nil:
		return app.Fail(app.Invalid, "add signed file", "portal.refused")
	}
	return cause
}

// drop takes the original, and further copies of the signed file, out of a
// field of several files, where the signed file has been read back.
func (r *replacing) drop(ctx context.Context, signed bitrix.ID, copies ...bitrix.ID) (bitrix.ID, error) {
	now, err := r.read(ctx)
	if err == nil && !now.has(signed) {
		// Somebody has taken it out; or an earlier write of ours, whose answer
		// was lost, came late and put another copy into its place.
		var again []bitrix.ID
		if again, err = r.recognise(ctx, now); len(again) > 0 {
			signed, copies = again[0], again[1:]
		}
	}
	switch {
	case err != nil:
		return 0, err
	case !now.has(signed):
		return 0, conflict("request.conflict", !now.has(r.original))
	case !now.has(r.original):
		return signed, nil // somebody was faster
	}
	gone := append([]bitrix.ID{r.original}, copies...)
	after, err, unknown := r.write(ctx, now, keeping(now.without(gone...)))
	if unknown != nil {
		return 0, errors.Join(unknown, err)
	}
	r.noteVanished(ctx, now, after, gone...)
	switch {
	case after.has(r.original):
		return 0, both(err)
	case after.has(signed):
		return signed, nil
	}
	// A colleague took the signed file away just while we dropped the original:
	// now the field has neither.
	return 0, r.putBack(ctx, after)
}

// both tells that original and signed file lie side by side, since the
// original could not be dropped.
func both(cause error) error {
	if cause == nil {
		return app.Fail(app.Upstream, "drop original", "portal.answer")
	}
	kind := app.Invalid
	switch {
	case passing(cause), errors.Is(cause, bitrix.ErrLostAnswer), errors.Is(cause, bitrix.ErrUnexpectedAnswer):
		return cause // tried again
	case refusesUser(cause):
		kind = app.Forbidden
	}
	e := app.Fail(kind, "drop original", "request.both").Because(cause)
	e.FileChanged = true
	return e
}

// putBack adds the original to a field of several files that has lost both.
func (r *replacing) putBack(ctx context.Context, now field) error {
	slots := bitrix.FileSlots{bitrix.Put(r.file(r.in.Original))}
	for _, id := range now.ids() {
		slots = append(slots, bitrix.Keep(id))
	}
	after, err, unknown := r.write(ctx, now, slots)
	if unknown == nil {
		for _, id := range fresh(now, after) {
			if equal, _ := r.holds(ctx, after, id, r.in.Original); equal {
				return conflict("request.conflict-window", true)
			}
		}
	}
	return notRestored(errors.Join(unknown, err))
}

// remove takes our own file out of a field of several files again.
func (r *replacing) remove(ctx context.Context, ours bitrix.ID) error {
	now, err := r.read(ctx)
	if err != nil || !now.has(ours) {
		return err
	}
	after, err, unknown := r.write(ctx, now, keeping(now.without(ours)))
	if unknown != nil || after.has(ours) {
		return errors.Join(unknown, err, app.Fail(app.Upstream, "take signed file out", "portal.answer"))
	}
	return nil
}

// noteVanished logs files that went away in the time of one call: somebody
// else removed them, or replaced them and lost the new ones to our write.
func (r *replacing) noteVanished(ctx context.Context, before, after field, meant ...bitrix.ID) {
	gone := before.without(append(after.ids(), meant...)...)
	if len(gone) > 0 {
		r.log.WarnContext(ctx, "files vanished while the field was written", "files", gone)
	}
}
