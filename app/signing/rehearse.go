package signing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"time"

	"signservice/app"
)

// sampleLife is how long the files of a test signature are kept: long enough to
// look at the result.
const sampleLife = 24 * time.Hour

// Rehearse signs a generated page to see whether signing works: with a
// certificate that is assigned to the visitor, after the visitor's code, by the
// very steps that sign documents. in needs no Requests. Nothing goes to the
// portal; the signed file is given by Open, and the audit log tells that it was a
// test.
//
// Errors: those of Sign.
func (s *Service) Rehearse(ctx context.Context, v app.Visit, name string, in OrderInput) (app.Request, error) {
	v.Entity = app.Entity{} // a test belongs to no element
	if _, err := s.account(ctx, v); err != nil {
		return app.Request{}, err
	}
	if _, err := s.certificate(ctx, v, in.Certificate); err != nil { // before a file is made
		return app.Request{}, err
	}
	r, err := s.freezeSample(ctx, v, name)
	if err != nil {
		return app.Request{}, err
	}
	in.Requests, in.Places = []app.RequestID{r.ID}, nil
	if _, err := s.Sign(ctx, v, in); err != nil {
		return app.Request{}, errors.Join(err, s.dropSample(ctx, v, r.ID))
	}
	return s.Request(ctx, v, r.ID)
}

// freezeSample makes the page and its Request.
func (s *Service) freezeSample(ctx context.Context, v app.Visit, name string) (app.Request, error) {
	id, err := s.newID()
	if err != nil {
		return app.Request{}, err
	}
	page, err := SamplePortrait.page()
	if err != nil {
		return app.Request{}, err
	}
	now := s.Now()
	r := app.Request{
		ID: app.RequestID(id), Portal: v.Portal, User: v.User, UserName: v.Name, TimeZone: v.TimeZone, Sample: true,
		Document: app.Document{Name: name, Size: page.Size()}, State: app.Frozen, Keep: sampleLife,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(app.FrozenLife),
	}
	w, err := s.Spool.Create(ctx, originalName(r.ID))
	if err != nil {
		return app.Request{}, app.Wrap("spool sample", err)
	}
	defer w.Abort() //nolint:errcheck // after Commit it does nothing
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, hash), page); err != nil {
		return app.Request{}, app.Wrap("spool sample", err)
	}
	if err := w.Commit(); err != nil {
		return app.Request{}, app.Wrap("spool sample", err)
	}
	r.Original = app.Original{SHA256: hex.EncodeToString(hash.Sum(nil)), Size: page.Size(), At: now}
	return s.frozen(ctx, r)
}

// dropSample takes back a sample whose order was refused. One that is on its
// way after all stays.
func (s *Service) dropSample(ctx context.Context, v app.Visit, id app.RequestID) error {
	err := s.Cancel(context.WithoutCancel(ctx), v, id)
	if errors.Is(err, app.Conflict) {
		return nil
	}
	return err
}

// tested ends a test signature: signed → done. The file was checked by the step
// before, as every signed file is.
func (s *Service) tested(ctx context.Context, r app.Request) error {
	return s.advance(ctx, r, app.Done, app.ActTested, func(*app.Request) {})
}

// Rehearsal is a test signature and what a verifier finds in its file; none
// before it is made.
type Rehearsal struct {
	Request    app.Request
	Signatures []Signature
}

// Rehearsed gives a test signature of the visitor's, with what a stranger's
// verification of its file says.
//
// Errors: app.NotFound request.unknown, request.file-gone.
func (s *Service) Rehearsed(ctx context.Context, v app.Visit, id app.RequestID) (Rehearsal, error) {
	v.Entity = app.Entity{}
	r, err := s.Request(ctx, v, id)
	if err == nil && !r.Sample {
		err = app.Fail(app.NotFound, "find test signature", "request.unknown")
	}
	if err != nil || r.State != app.Done {
		return Rehearsal{Request: r}, err
	}
	found, err := s.Check(ctx, v, id)
	if err != nil {
		return Rehearsal{}, err
	}
	return Rehearsal{Request: r, Signatures: found}, nil
}
