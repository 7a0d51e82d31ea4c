package signing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"time"

	"signservice/app"
	"signservice/signer"
)

// Authorities give what signatures above level B are made from: time-stamps of
// the servers that a portal's settings name, and what tells whether
// certificates were revoked.
type Authorities interface {
	Sources(rules app.Settings) signer.Sources
}

// level is the level that the portal's settings ask for.
func (s *Service) level(rules app.Settings) signer.Level {
	if s.Authorities == nil || len(rules.Timestamps) == 0 {
		return signer.LevelB
	}
	switch rules.Level {
	case app.LevelT:
		return signer.LevelT
	case app.LevelLT:
		return signer.LevelLT
	case app.LevelLTA:
		return signer.LevelLTA
	}
	return signer.LevelB
}

// reached is a level as it is kept and told.
func reached(l signer.Level) app.Level {
	switch l {
	case signer.LevelT:
		return app.LevelT
	case signer.LevelLT:
		return app.LevelLT
	case signer.LevelLTA:
		return app.LevelLTA
	}
	return app.LevelB
}

// sources are what the portal's settings give.
func (s *Service) sources(rules app.Settings) signer.Sources {
	from := s.Authorities.Sources(rules)
	from.Shortfall = signer.Lower
	if rules.LevelStrict {
		from.Shortfall = signer.Fail
	}
	return from
}

// stamp puts a time-stamp into the container where the settings ask for one.
// An authority that does not answer fails the step, to be tried again, or
// leaves level B, as was decided.
func (s *Service) stamp(ctx context.Context, r app.Request, p *signer.Prepared, container []byte, rules app.Settings) ([]byte, signer.Level, error) {
	if s.level(rules) < signer.LevelT {
		return container, signer.LevelB, nil
	}
	from := s.sources(rules)
	stamped, err := signer.Stamp(ctx, p, container, from.Timestamps)
	switch {
	case err == nil:
		return stamped, signer.LevelT, nil
	case errors.Is(err, signer.ErrRoom):
		return nil, signer.LevelNone, &roomError{need: len(stamped) - len(container)}
	case ctx.Err() != nil:
		return nil, signer.LevelNone, app.Wrap("time-stamp", ctx.Err())
	case from.Shortfall == signer.Fail:
		return nil, signer.LevelNone, app.Fail(app.Unavailable, "time-stamp", "request.timestamp").Because(err)
	}
	s.Log.WarnContext(ctx, "signature stays below the level asked for", "request", r.ID, "error", err)
	return container, signer.LevelB, nil
}

// roomError tells that the authority's time-stamp is larger than the room that
// was prepared for it.
type roomError struct{ need int }

func (e *roomError) Error() string { return "the time-stamp is larger than its room" }

// widen goes back to prepare with more room: prepared → authorized. What was
// signed so far has gone nowhere; the new increment has an intent of its own.
func (s *Service) widen(ctx context.Context, r app.Request, need int) error {
	if r.StampSize >= need { // an authority whose answers grow without end
		return app.Fail(app.Unavailable, "time-stamp", "request.timestamp")
	}
	return s.advance(ctx, r, app.Authorized, "", func(now *app.Request) {
		now.StampSize, now.Prepared, now.Digest = need, nil, ""
	})
}

// raise adds what proves the signature for years, where the settings ask for
// it, and gives the level reached with the file's hash and size. What cannot be
// had fails the step or leaves a lower level, as was decided.
func (s *Service) raise(ctx context.Context, r app.Request, p *signer.Prepared, rules app.Settings, now signed) (signed, error) {
	want := s.level(rules)
	if want < signer.LevelLT || now.level < signer.LevelT {
		return now, nil
	}
	f, err := s.Spool.Open(ctx, signedName(r.ID))
	if err != nil {
		return now, app.Wrap("open signed file", err)
	}
	defer f.Close() //nolint:errcheck // only read
	e, err := signer.Raise(ctx, f, f.Size(), signer.ExtendOptions{
		Sources: s.sources(rules), Level: want, Fields: []string{p.Reserved.Field}, Now: s.Now(),
	})
	if err != nil {
		return now, app.Fail(app.Unavailable, "raise the level", "request.timestamp").Because(err)
	}
	if e.Short != nil {
		s.Log.WarnContext(ctx, "signature stays below the level asked for", "request", r.ID, "level", e.Level.String(), "error", e.Short)
	}
	now.level = e.Level
	if len(e.Increment) == 0 {
		return now, nil
	}
	if now.sum, err = s.appendTo(ctx, r, f, e.Increment); err != nil {
		return now, err
	}
	now.size = f.Size() + int64(len(e.Increment))
	if err := s.checkRaised(ctx, r, f); err != nil {
		return now, errors.Join(err, s.discard(ctx, signedName(r.ID)))
	}
	return now, nil
}

// appendTo puts the signed file with an increment into its own place, durably,
// and gives its hash.
func (s *Service) appendTo(ctx context.Context, r app.Request, f SpoolReader, increment []byte) (string, error) {
	w, err := s.Spool.Create(ctx, signedName(r.ID))
	if err != nil {
		return "", app.Wrap("spool signed file", err)
	}
	defer w.Abort() //nolint:errcheck // after Commit it does nothing
	hash := sha256.New()
	out := io.MultiWriter(w, hash)
	if _, err := io.Copy(out, io.NewSectionReader(f, 0, f.Size())); err != nil {
		return "", app.Wrap("spool signed file", err)
	}
	if _, err := out.Write(increment); err != nil {
		return "", app.Wrap("spool signed file", err)
	}
	if err := w.Commit(); err != nil {
		return "", app.Wrap("spool signed file", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// checkRaised holds what is in the spool now against the signed file that was
// checked before: material and time-stamps follow it, and nothing else.
func (s *Service) checkRaised(ctx context.Context, r app.Request, before SpoolReader) error {
	raised, err := s.Spool.Open(ctx, signedName(r.ID))
	if err != nil {
		return app.Wrap("open signed file", err)
	}
	defer raised.Close() //nolint:errcheck // only read
	if err := signer.CheckRaised(ctx, before, before.Size(), raised, raised.Size()); err != nil {
		return app.Fail(app.Internal, "check signed file", "request.check").Because(err)
	}
	return nil
}

// signed is a signed file in the spool.
type signed struct {
	sum   string
	size  int64
	level signer.Level
}

// stampPatience is how long the authorities may take in all before a signing
// goes on without them or is tried again.
const stampPatience = 20 * time.Second
