package portal

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"signservice/app"
	"signservice/bitrix"
)

// writeTime bounds the part of a replacement that a shutdown must not cut in
// half: two large uploads at the least rate, and their reading back.
const writeTime = 15 * time.Minute

// Replace puts the signed file where the document's Target says, with the
// user's own rights, and gives the portal's id of it: in a field the file's,
// otherwise the one of the object on Drive.
//
// Into a slot: the signed file keeps the original's name and, among several
// files, its place. As a new version: the object on Drive, wherever it is
// attached, has the signed content (see replace_version.go). Into a comment: a
// copy, and the original stays as it is; e-mails and generated documents are
// never altered. In each case the original's bytes are in our spool as well.
//
// In a field of several files the signed one is added beside the original,
// read back and compared by SHA-256, and only then the original is dropped. A
// field of one file allows a single write, which destroys the original before
// anybody can look; when it went wrong, the original is put back.
//
// Everything begins with reading: the file must still be in its place, or
// app.Conflict request.conflict is the answer and nothing is written. An
// answer that got lost is looked for in the field. Asked again with the same
// input, after a crash at any point, Replace finds the signed bytes that are
// there already and carries on from where it was.
//
// What cannot be excluded: a portal has no lock, so a file that a colleague
// puts into the field between our last reading and our writing (the time of
// one call) is overwritten. Where the portal's answer shows it, what we wrote
// is undone and the error is app.Conflict request.conflict-window with
// FileChanged; in a field of one file, and while the original is dropped, the
// answer does not show it.
//
// Other errors: app.NotFound deal.gone, document.gone; app.Forbidden
// portal.no-right, and with FileChanged request.both when the right was lost
// while original and signed file lay side by side; app.Invalid
// portal.refused, request.restored when the portal lost the file and the
// original was put back, request.not-restored when that failed as well;
// app.Unavailable and app.Upstream may be tried again.
func (p *Portals) Replace(ctx context.Context, portal app.PortalID, user app.UserID, d app.Document, in app.Replacement) (string, error) {
	const op = "replace document"
	original, ok := number(d.FileID)
	if !ok || in.Signed.Size <= 0 || in.Original.Size <= 0 {
		return "", app.Fail(app.Internal, op, "").Because(errors.New("replacement is incomplete"))
	}
	release, err := p.fields.acquire(ctx, elementKey{portal, d.Entity})
	if err != nil {
		return "", app.Wrap(op, err)
	}
	defer release()
	var id bitrix.ID
	err = p.as(ctx, portal, user, op, func(c *bitrix.Client) error {
		r := &replacing{
			c: c, p: p, portal: portal, user: user, doc: d, in: in, original: original,
			log: p.log.With("portal", portal, "element", d.Entity.ID, "field", d.Field, "file", d.FileID),
		}
		switch {
		case d.Source == app.SourceField:
			id, err = r.run(ctx)
		case d.Target == app.TargetVersion:
			id, err = r.version(ctx)
		default:
			id, err = r.copy(ctx)
		}
		if staleLink(err) { // a link that died twice says nothing against the grant
			busy := app.Fail(app.Unavailable, op, "portal.busy").Because(err)
			busy.After = busyWait
			return busy
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return id.String(), nil
}

// replacing is one replacement under way. The lock of its element is held.
type replacing struct {
	c        *bitrix.Client
	p        *Portals
	portal   app.PortalID
	user     app.UserID
	doc      app.Document
	in       app.Replacement
	original bitrix.ID // of the file to be replaced
	log      *slog.Logger
}

func (r *replacing) run(ctx context.Context) (bitrix.ID, error) {
	now, signed, err := r.look(ctx)
	if staleLink(err) { // the token ran out meanwhile: links of a new one
		now, signed, err = r.look(ctx)
	}
	if err != nil {
		return 0, err
	}
	there := now.has(r.original)
	switch {
	case !there && len(signed) > 0:
		return signed[0], nil // our own work of an earlier time
	case !there:
		return 0, conflict("request.conflict", true)
	}
	// From here on a write may be under way. Half of it must not be all of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	switch {
	case len(signed) > 0:
		return r.drop(ctx, signed[0], signed[1:]...)
	case bool(now.Multiple):
		return r.add(ctx, now)
	}
	return r.swap(ctx, now)
}

// look reads the field, and finds out what in it is ours already.
func (r *replacing) look(ctx context.Context) (now field, signed []bitrix.ID, err error) {
	if now, err = r.read(ctx); err == nil {
		signed, err = r.recognise(ctx, now)
	}
	return now, signed, err
}

// recognise finds the files that hold the signed bytes already. Where the
// original is gone and exactly its bytes lie there under another id, which is
// what a restoration leaves, that file becomes the original.
func (r *replacing) recognise(ctx context.Context, now field) (signed []bitrix.ID, err error) {
	there := now.has(r.original)
	var same []bitrix.ID // as the original
	for _, file := range now.files {
		if file.ID == r.original {
			continue
		}
		fact, err := r.p.fact(ctx, r.c, r.portal, file)
		if errors.Is(err, bitrix.ErrNotFound) {
			continue // taken away since we read
		}
		if err != nil {
			return nil, err
		}
		switch equal, err := r.mayHold(ctx, now, file.ID, fact, r.in.Signed); {
		case err != nil:
			return nil, err
		case equal:
			signed = append(signed, file.ID)
		}
		if there {
			continue
		}
		switch equal, err := r.mayHold(ctx, now, file.ID, fact, r.in.Original); {
		case err != nil:
			return nil, err
		case equal:
			same = append(same, file.ID)
		}
	}
	if !there && len(signed) == 0 && len(same) == 1 {
		r.original = same[0]
	}
	return signed, nil
}

// mayHold is holds for a file whose size is known, or known to be unknown.
func (r *replacing) mayHold(ctx context.Context, now field, id bitrix.ID, known fact, want app.Content) (bool, error) {
	if known.size >= 0 && known.size != want.Size {
		return false, nil
	}
	equal, err := r.holds(ctx, now, id, want)
	if errors.Is(err, bitrix.ErrNotFound) {
		return false, nil // taken away since we read
	}
	return equal, err
}

// read reads the field as it is now.
func (r *replacing) read(ctx context.Context) (field, error) {
	return readField(ctx, r.c, r.doc.Entity, r.doc.Field)
}

// conflict is the error for a file that somebody else has changed.
func conflict(key string, changed bool) *app.Error {
	e := app.Fail(app.Conflict, "replace document", key)
	e.FileChanged = changed
	return e
}
