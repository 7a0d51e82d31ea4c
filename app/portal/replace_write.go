package portal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"signservice/app"
	"signservice/bitrix"
)

// settleWaits are the pauses between looks at a field whose write was not
// answered: the portal may still be busy with it.
func settleWaits() []time.Duration {
	return []time.Duration{0, time.Second, 3 * time.Second, 6 * time.Second}
}

// write gives the field a new value and tells what it holds then, as the
// answer has it. Where there is no such answer, the field is read: err says
// what the portal said, and after what has become of the field all the same.
// A state that cannot be read either is the error unknown.
func (r *replacing) write(ctx context.Context, before field, value any) (after field, err, unknown error) {
	item, err := r.c.UpdateItem(ctx, bitrix.EntityType(r.doc.Entity.Type), bitrix.ID(r.doc.Entity.ID),
		bitrix.Params{r.doc.Field: value})
	if err == nil {
		files, broken := item.Files(r.doc.Field)
		if broken == nil && item.Has(r.doc.Field) {
			return field{Field: before.Field, files: files}, nil, nil
		}
	}
	after, unknown = r.settle(ctx, before, errors.Is(err, bitrix.ErrLostAnswer))
	return after, err, unknown
}

// settle reads the field after a write without a good answer: until it has
// changed, where the write may still be under way, and until it can be read.
func (r *replacing) settle(ctx context.Context, before field, lost bool) (after field, err error) {
	for _, wait := range settleWaits() {
		if err := r.p.clock.Sleep(ctx, wait); err != nil {
			return field{}, err
		}
		after, err = r.read(ctx)
		switch {
		case err != nil && !passing(err) && !errors.Is(err, bitrix.ErrUnexpectedAnswer):
			return field{}, err // the deal is gone, or the right to it
		case err == nil && (!lost || !slices.Equal(after.ids(), before.ids())):
			return after, nil
		}
	}
	return after, err
}

// holds tells whether a file in the field has exactly this content; now is the
// field as last read. A difference is looked at twice: it may have come about
// on the way. A file that is not there any more is bitrix.ErrNotFound.
func (r *replacing) holds(ctx context.Context, now field, id bitrix.ID, want app.Content) (bool, error) {
	for range 2 {
		sum, err := r.sum(ctx, now, id, want.Size)
		if staleLink(err) { // links die with their token: read others
			if now, err = r.read(ctx); err == nil {
				sum, err = r.sum(ctx, now, id, want.Size)
			}
		}
		if err != nil || sum == want.SHA256 {
			return err == nil, err
		}
	}
	return false, nil
}

// sum gives the SHA-256 of a file in the field, "" when it is of another size.
func (r *replacing) sum(ctx context.Context, now field, id bitrix.ID, size int64) (string, error) {
	link, ok := now.link(id)
	if !ok {
		return "", bitrix.ErrNotFound
	}
	return sumOf(ctx, r.c, link, size)
}

// sumOf gives the SHA-256 of the bytes at an address, "" when they are of
// another size.
func sumOf(ctx context.Context, c *bitrix.Client, link bitrix.Secret, size int64) (string, error) {
	hash := sha256.New()
	got, err := c.Download(ctx, link, hash, size)
	switch {
	case errors.Is(err, bitrix.ErrTooLarge), err == nil && got.Size != size:
		return "", nil
	case err != nil:
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// file is a content as it is sent.
func (r *replacing) file(c app.Content) bitrix.File {
	return bitrix.File{Name: r.in.Name, Content: c.Reader, Size: c.Size}
}

// keeping makes the value of a field of several files: these stay.
func keeping(ids []bitrix.ID) any {
	if len(ids) == 0 {
		return nil
	}
	slots := make(bitrix.FileSlots, len(ids))
	for i, id := range ids {
		slots[i] = bitrix.Keep(id)
	}
	return slots
}

// fresh gives the ids in after that were not in before.
func fresh(before, after field) []bitrix.ID { return after.without(before.ids()...) }
