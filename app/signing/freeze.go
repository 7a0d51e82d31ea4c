package signing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"slices"
	"time"

	"signservice/app"
	"signservice/signer"
)

// DocumentRef names a document of the visit's element, as the page names it.
type DocumentRef struct {
	Source app.Source
	Field  string
	FileID string
}

// Documents lists the PDFs of the element that the visit is at, read with the
// visitor's own rights. What is Pending the portal has not told yet; see
// app/portal.
func (s *Service) Documents(ctx context.Context, v app.Visit) ([]app.Document, error) {
	if v.Entity == (app.Entity{}) {
		return nil, app.Fail(app.Invalid, "list documents", "deal.none")
	}
	rules, err := s.Store.Settings(ctx, v.Portal)
	if err != nil {
		return nil, app.Wrap("read settings", err)
	}
	list, err := s.Portal.List(ctx, v)
	if len(rules.Fields) > 0 {
		list = slices.DeleteFunc(list, func(d app.Document) bool {
			return d.Source == app.SourceField && !slices.Contains(rules.Fields, d.Field)
		})
	}
	return list, err
}

// Details tells of the documents of a list that are Pending, each as it
// becomes known. The sequence ends after the first error.
func (s *Service) Details(ctx context.Context, v app.Visit) iter.Seq2[app.Detail, error] {
	return s.Portal.Details(ctx, v)
}

// Freeze puts a document's bytes into the spool and finds out whether they can
// be signed, before any code is asked. The Request it gives expires after
// app.FrozenLife if no order follows. The same unchanged file is frozen once
// per user.
//
// It fails with kind app.NotFound when the document is not at this element,
// app.TooLarge, or app.Unsupported with the reason why the file cannot be signed.
func (s *Service) Freeze(ctx context.Context, v app.Visit, ref DocumentRef) (app.Request, error) {
	if v.Entity == (app.Entity{}) || ref.FileID == "" {
		return app.Request{}, app.Fail(app.Invalid, "freeze document", "document.gone")
	}
	if r, ok := s.frozenAlready(ctx, v, ref); ok {
		return r, nil
	}
	id, err := s.newID()
	if err != nil {
		return app.Request{}, err
	}
	rules, err := s.Store.Settings(ctx, v.Portal)
	if err != nil {
		return app.Request{}, app.Wrap("read settings", err)
	}
	r := app.Request{
		Keep: rules.KeepFor(),
		ID:   app.RequestID(id), Portal: v.Portal, User: v.User, UserName: v.Name, TimeZone: v.TimeZone,
		Document:  app.Document{Source: ref.Source, Entity: v.Entity, Field: ref.Field, FileID: ref.FileID, Size: -1},
		State:     app.Frozen,
		CreatedAt: s.Now(), UpdatedAt: s.Now(), ExpiresAt: s.Now().Add(app.FrozenLife),
	}
	if err := s.spoolOriginal(ctx, &r); err != nil {
		return app.Request{}, err
	}
	kept, err := s.frozen(ctx, r)
	s.refusal(v, r.Document, err)
	return kept, err
}

// frozen stores a Request whose bytes are in the spool and can be signed. Of any
// other nothing is kept.
func (s *Service) frozen(ctx context.Context, r app.Request) (app.Request, error) {
	err := s.inspect(ctx, &r)
	if err == nil {
		err = s.Store.SaveRequest(ctx, r, s.entry(r, app.ActFrozen))
	}
	if err != nil {
		return app.Request{}, errors.Join(err, s.discard(ctx, originalName(r.ID)))
	}
	return r, nil
}

// discard deletes a file that came to nothing, also when nobody waits any more.
func (s *Service) discard(ctx context.Context, name string) error {
	return s.Spool.Delete(context.WithoutCancel(ctx), name)
}

// reuseMargin is the life a frozen Request must have left to be offered again.
const reuseMargin = 5 * time.Minute

// frozenAlready finds the visitor's own Request that holds this very file: a
// file id never changes its content, so the bytes need not be fetched again.
func (s *Service) frozenAlready(ctx context.Context, v app.Visit, ref DocumentRef) (app.Request, bool) {
	list, err := s.Store.Requests(ctx, v.Portal, app.RequestQuery{
		User: v.User, Entity: v.Entity, States: []app.State{app.Frozen}, Limit: 20,
	})
	if err != nil {
		return app.Request{}, false
	}
	for _, r := range list {
		d := r.Document
		if d.Source != ref.Source || d.Field != ref.Field || d.FileID != ref.FileID {
			continue
		}
		if s.Now().Add(reuseMargin).After(r.ExpiresAt) {
			continue
		}
		// The visitor's right to read is asked anew, as for a first opening.
		if s.kept(ctx, r) == nil && s.readable(ctx, v, r.Document) {
			return r, true
		}
	}
	return app.Request{}, false
}

// kept tells whether the frozen bytes are still there.
func (s *Service) kept(ctx context.Context, r app.Request) error {
	f, err := s.Spool.Open(ctx, originalName(r.ID))
	if err != nil {
		return app.Wrap("open frozen document", err)
	}
	return f.Close()
}

// sameContent tells whether a document of the list surely has the bytes that
// were frozen: an object on Drive keeps its id when it gets another version.
func sameContent(seen, frozen app.Document) bool {
	switch seen.Source {
	case app.SourceField, app.SourceGenerated:
		return true
	}
	return seen.Version != "" && seen.Version == frozen.Version
}

// readable tells whether the visitor sees the document now, unchanged.
func (s *Service) readable(ctx context.Context, v app.Visit, d app.Document) bool {
	list, err := s.Portal.List(ctx, v)
	if err != nil {
		return false
	}
	for _, seen := range list {
		if seen.Ref() == d.Ref() && seen.Unreadable == "" {
			return sameContent(seen, d)
		}
	}
	return false
}

// spoolOriginal fetches the document into the spool and fills in its name,
// size and hash.
func (s *Service) spoolOriginal(ctx context.Context, r *app.Request) error {
	w, err := s.Spool.Create(ctx, originalName(r.ID))
	if err != nil {
		return app.Wrap("spool document", err)
	}
	defer w.Abort() //nolint:errcheck // after Commit it does nothing, before it the cause is already reported
	hash := sha256.New()
	count := &counter{}
	d, err := s.Portal.Fetch(ctx, r.Portal, r.User, r.Document, io.MultiWriter(w, hash, count), s.MaxSize)
	if err != nil {
		return app.Wrap("fetch document", err)
	}
	if count.n == 0 {
		return app.Fail(app.Unsupported, "fetch document", "document.empty")
	}
	if err := w.Commit(); err != nil {
		return app.Wrap("spool document", err)
	}
	d.Size = count.n
	r.Document = d
	r.Original.SHA256 = hex.EncodeToString(hash.Sum(nil))
	r.Original.Size = count.n
	r.Original.At = s.Now()
	return nil
}

// inspect reads the frozen bytes and refuses what cannot be signed.
func (s *Service) inspect(ctx context.Context, r *app.Request) error {
	f, err := s.Spool.Open(ctx, originalName(r.ID))
	if err != nil {
		return app.Wrap("open frozen document", err)
	}
	defer f.Close() //nolint:errcheck // only read
	facts, err := signer.Inspect(ctx, f, f.Size())
	if err != nil {
		return unsignable(err)
	}
	r.Original.Pages = facts.Pages
	r.Original.Signatures = facts.Signatures
	r.Original.Repaired = facts.Repaired
	return nil
}

// counter counts the bytes written to it.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}
