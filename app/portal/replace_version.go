package portal

import (
	"context"
	"errors"
	"slices"

	"signservice/app"
	"signservice/bitrix"
)

// version puts the signed file on Drive as a new version of the original,
// reads it back and compares. Where the right to do so was lost meanwhile the
// signed file goes into a comment.
//
// A portal joins the versions that one user makes within five minutes, and
// then loses the bytes of the earlier one; [Portals.Fetch] has chosen a
// comment in that case, and an earlier content than the one signed is a
// conflict here. So the original stays in the history where the plan has one,
// and in our spool in any case.
func (r *replacing) version(ctx context.Context) (bitrix.ID, error) {
	at, err := locate(ctx, r.c, r.doc)
	switch {
	case errors.Is(err, app.NotFound):
		return 0, conflict("request.conflict", true).Because(err)
	case errors.Is(err, app.Forbidden), err == nil && at.drive.ID == 0:
		return r.copy(ctx)
	case err != nil:
		return 0, err
	}
	if at.Version != r.doc.Version {
		equal, err := r.holdsLink(ctx, at.link, r.in.Signed)
		switch {
		case err != nil:
			return 0, err
		case equal:
			return r.original, nil // our own work of an earlier time
		}
		return 0, conflict("request.conflict", true)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	after, err := r.c.UploadVersion(ctx, r.original, r.file(r.in.Signed))
	switch {
	case errors.Is(err, bitrix.ErrAccessDenied), errors.Is(err, bitrix.ErrInsufficientScope), errors.Is(err, bitrix.ErrMethodNotFound):
		return r.copy(ctx)
	case err != nil:
		var unknown error
		if after, unknown = r.settleDrive(ctx, at.drive, errors.Is(err, bitrix.ErrLostAnswer)); unknown != nil {
			return 0, errors.Join(unknown, err)
		}
	}
	return r.uploaded(ctx, at.drive, after, err)
}

// uploaded judges what an object holds after a new version was sent; err is
// what the portal said to it.
func (r *replacing) uploaded(ctx context.Context, before, after bitrix.DriveFile, err error) (bitrix.ID, error) {
	if after.FileID == before.FileID {
		if err == nil {
			err = app.Fail(app.Invalid, "write signed file", "portal.refused")
		}
		return 0, err // nothing has happened
	}
	equal, readErr := r.driveHolds(ctx, after, r.in.Signed)
	switch {
	case readErr != nil:
		return 0, readErr // recognised at the next attempt
	case !equal && err != nil:
		return 0, conflict("request.conflict", true) // not what we sent: another's
	case !equal:
		return 0, r.restoreVersion(ctx) // the portal's answer says it is ours: damaged
	case after.Version > before.Version+1:
		return r.original, r.beaten(ctx, before, after)
	}
	return r.original, nil
}

// settleDrive reads the object after an upload without a good answer: until it
// has changed, where the upload may still be under way, and until it can be read.
func (r *replacing) settleDrive(ctx context.Context, before bitrix.DriveFile, lost bool) (after bitrix.DriveFile, err error) {
	for _, wait := range settleWaits() {
		if err := r.p.clock.Sleep(ctx, wait); err != nil {
			return bitrix.DriveFile{}, err
		}
		after, err = r.c.DriveFile(ctx, r.original)
		switch {
		case err != nil && !passing(err) && !errors.Is(err, bitrix.ErrUnexpectedAnswer):
			return bitrix.DriveFile{}, err
		case err == nil && (!lost || after.FileID != before.FileID):
			return after, nil
		}
	}
	return after, err
}

// beaten deals with a version that a colleague has stored between our reading
// and our writing: it becomes the content again, since it is not what was
// signed. Where the portal keeps no history, that it lies below is told.
func (r *replacing) beaten(ctx context.Context, before, after bitrix.DriveFile) error {
	versions, err := bitrix.Collect(r.c.DriveVersions(ctx, r.original), 20)
	i := slices.IndexFunc(versions, func(v bitrix.DriveVersion) bool { return v.Version > before.Version && v.Version < after.Version })
	if err == nil && i < 0 {
		return nil // it was our own upload, carried out twice and joined
	}
	if err == nil && versions[i].CreatedBy == numberOf(r.user) {
		return nil // the same, before versions are joined
	}
	if err == nil {
		err = r.c.RestoreVersion(ctx, r.original, versions[i].ID)
	}
	if err != nil {
		return conflict("request.version-over", true).Because(err)
	}
	return conflict("request.conflict-window", true)
}

// restoreVersion puts the original back over a signed file that arrived
// damaged.
func (r *replacing) restoreVersion(ctx context.Context) error {
	after, err := r.c.UploadVersion(ctx, r.original, r.file(r.in.Original))
	if err != nil {
		var unknown error
		if after, unknown = r.settleDrive(ctx, bitrix.DriveFile{}, false); unknown != nil {
			return notRestored(errors.Join(err, unknown))
		}
	}
	equal, readErr := r.driveHolds(ctx, after, r.in.Original)
	if !equal {
		return notRestored(errors.Join(err, readErr))
	}
	return app.Fail(app.Invalid, "replace document", "request.restored")
}

// driveHolds tells whether the object has exactly this content. Links die with
// their token, so a stale one is read anew.
func (r *replacing) driveHolds(ctx context.Context, file bitrix.DriveFile, want app.Content) (bool, error) {
	equal, err := r.holdsLink(ctx, file.Link, want)
	if staleLink(err) {
		if file, err = r.c.DriveFile(ctx, r.objectOr(file.ID)); err == nil {
			equal, err = r.holdsLink(ctx, file.Link, want)
		}
	}
	return equal, err
}

// objectOr gives the id of an answer that may lack it.
func (r *replacing) objectOr(id bitrix.ID) bitrix.ID {
	if id == 0 {
		return r.original
	}
	return id
}

// holdsLink tells whether the bytes at an address are these. A difference is
// looked at twice: it may have come about on the way.
func (r *replacing) holdsLink(ctx context.Context, link bitrix.Secret, want app.Content) (bool, error) {
	for range 2 {
		sum, err := sumOf(ctx, r.c, link, want.Size)
		if err != nil || sum == want.SHA256 {
			return err == nil, err
		}
	}
	return false, nil
}
