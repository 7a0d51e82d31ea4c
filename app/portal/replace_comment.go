package portal

import (
	"context"
	"errors"
	"path"
	"strings"

	"signservice/app"
	"signservice/bitrix"
)

// copy puts the signed file into a new comment of the element, and leaves the
// original as it is. The comment bears a mark made of the Request's id, by
// which it is found again after a crash or a lost answer: so it is written
// once.
func (r *replacing) copy(ctx context.Context) (bitrix.ID, error) {
	mark := storyMark(r.in.Request)
	if mark == "" {
		return 0, app.Fail(app.Internal, "copy into comment", "").Because(errors.New("replacement without request"))
	}
	there, err := r.copied(ctx, mark)
	if err != nil || there.done {
		return there.file, err
	}
	if !there.found {
		if err := r.unchanged(ctx); err != nil {
			return 0, err
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	n := bitrix.NewComment{
		Entity: bitrix.EntityType(r.doc.Entity.Type), EntityID: bitrix.ID(r.doc.Entity.ID),
		Text:  strings.TrimSpace(r.in.Text + " " + mark),
		Files: []bitrix.File{{Name: copyName(r.in.Name), Content: r.in.Signed.Reader, Size: r.in.Signed.Size}},
	}
	if there.found { // its file was lost or damaged on the way
		err = r.c.UpdateComment(ctx, there.comment, n)
	} else {
		_, err = r.c.AddComment(ctx, n)
	}
	return r.settleCopy(ctx, mark, err)
}

// settleCopy looks for the comment after it was sent; err is what the portal
// said to it.
func (r *replacing) settleCopy(ctx context.Context, mark string, err error) (bitrix.ID, error) {
	if err != nil && !errors.Is(err, bitrix.ErrLostAnswer) {
		return 0, err
	}
	var there copyFound
	var readErr error
	for _, wait := range settleWaits() {
		if err := r.p.clock.Sleep(ctx, wait); err != nil {
			return 0, err
		}
		there, readErr = r.copied(ctx, mark)
		if there.done || readErr == nil && err == nil {
			break
		}
	}
	switch {
	case readErr != nil:
		return 0, errors.Join(readErr, err)
	case there.done:
		return there.file, nil
	case err != nil:
		return 0, err // it never arrived
	}
	return 0, app.Fail(app.Upstream, "copy into comment", "request.damaged")
}

// copyFound is what an element's timeline has of our copy.
type copyFound struct {
	found   bool // the comment is there
	done    bool // and holds the signed bytes
	comment bitrix.ID
	file    bitrix.ID // on Drive
}

// copied looks for the comment with the mark, among the newest ones of the
// user. A second one, which a portal has written that carried out our call
// twice, is taken out again.
func (r *replacing) copied(ctx context.Context, mark string) (copyFound, error) {
	var ours []bitrix.Comment
	n := 0
	for comment, err := range r.c.Comments(ctx, bitrix.EntityType(r.doc.Entity.Type), bitrix.ID(r.doc.Entity.ID)) {
		if err != nil {
			return copyFound{}, err
		}
		if comment.AuthorID == numberOf(r.user) && strings.Contains(string(comment.Text), mark) {
			ours = append(ours, comment)
		}
		if n++; n == maxTold {
			break
		}
	}
	var there copyFound
	for _, comment := range ours {
		one, err := r.inComment(ctx, comment)
		if err != nil {
			return one, err
		}
		if there.done && one.done {
			if err := r.c.DeleteComment(ctx, bitrix.EntityType(r.doc.Entity.Type), bitrix.ID(r.doc.Entity.ID), comment.ID); err != nil {
				r.log.WarnContext(ctx, "second copy could not be taken out", "comment", comment.ID, "error", err)
			}
			continue
		}
		if !there.done {
			there = one
		}
	}
	return there, nil
}

func (r *replacing) inComment(ctx context.Context, comment bitrix.Comment) (copyFound, error) {
	there := copyFound{found: true, comment: comment.ID}
	for _, f := range comment.Files() {
		if int64(f.Size) != r.in.Signed.Size {
			continue
		}
		file, err := r.c.DriveFile(ctx, f.ID)
		if errors.Is(err, bitrix.ErrInsufficientScope) {
			// Without the permission for Drive nothing can be read back: that a
			// file of this very size is there has to do.
			there.done, there.file = true, f.ID
			return there, nil
		}
		if err != nil {
			return there, err
		}
		equal, err := r.driveHolds(ctx, file, r.in.Signed)
		if err != nil {
			return there, err
		}
		if equal {
			there.done, there.file = true, f.ID
			return there, nil
		}
	}
	return there, nil
}

// unchanged refuses to add a copy of what is no longer there as it was signed.
func (r *replacing) unchanged(ctx context.Context) error {
	for again := false; ; again = true {
		at, err := locate(ctx, r.c, r.doc)
		switch {
		case errors.Is(err, app.NotFound):
			return conflict("request.conflict", true).Because(err)
		case err != nil:
			return err
		case r.doc.Source == app.SourceGenerated:
			return nil // made anew it would have another id
		case at.Version != "" && r.doc.Version != "":
			if at.Version != r.doc.Version {
				return conflict("request.conflict", true)
			}
			return nil
		}
		equal, err := r.holdsLink(ctx, at.link, r.in.Original)
		switch {
		case !again && (staleLink(err) || errors.Is(err, bitrix.ErrAccessDenied)):
			continue // the token ran out meanwhile
		case err != nil:
			return err
		case !equal:
			return conflict("request.conflict", true)
		}
		return nil
	}
}

// copyName tells the copy from its original.
func copyName(name string) string {
	ext := path.Ext(name)
	if !strings.EqualFold(ext, ".pdf") {
		ext = ""
	}
	base := strings.TrimSuffix(name, ext)
	if strings.HasSuffix(base, "-signed") {
		return name
	}
	return base + "-signed.pdf"
}
