package signing

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"signservice/app"
	"signservice/app/i18n"
	"signservice/signer"
)

// prepare makes the increment that will hold the signature, over the frozen
// bytes, and stores it with its digest: authorized → prepared.
func (s *Service) prepare(ctx context.Context, r app.Request) error {
	cert, leaf, chain, err := s.stillAllowed(ctx, r)
	if err != nil {
		return err
	}
	f, err := s.Spool.Open(ctx, originalName(r.ID))
	if err != nil {
		return app.Wrap("open frozen document", err)
	}
	defer f.Close() //nolint:errcheck // only read
	if err := keptBytes(f, r.Original.SHA256); err != nil {
		return err
	}
	at := s.Now()
	rules, err := s.Store.Settings(ctx, r.Portal)
	if err != nil {
		return app.Wrap("read settings", err)
	}
	o, err := options(ctx, f, r, cert, leaf, chain, at, rules.Signet)
	if err != nil {
		return err
	}
	o.Level, o.StampSize = s.level(rules), r.StampSize
	p, err := signer.Prepare(ctx, f, f.Size(), o)
	if err != nil {
		return unsignable(err)
	}
	stored, err := json.Marshal(p)
	if err != nil {
		return app.Wrap("store prepared", err)
	}
	return s.advance(ctx, r, app.Prepared, "", func(now *app.Request) {
		now.Prepared, now.Digest, now.SignedAt = stored, hex.EncodeToString(p.Digest()), at
	})
}

// keptBytes refuses to go on with anything but the bytes that were kept: the
// ones that the person saw, or the ones that were checked.
func keptBytes(f SpoolReader, want string) error {
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(f, 0, f.Size())); err != nil {
		return app.Fail(app.Internal, "read kept file", "request.spool").Because(err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		return app.Fail(app.Internal, "read kept file", "request.spool").
			Because(fmt.Errorf("kept bytes have changed to %s", got))
	}
	return nil
}

// options turns the order into the signer's words.
func options(ctx context.Context, doc SpoolReader, r app.Request, c app.Certificate, leaf *x509.Certificate, chain []*x509.Certificate, at time.Time, look app.SignetSettings) (signer.Options, error) {
	o := signer.Options{
		Certificate: leaf, Chain: chain, Time: zoned(at, r.TimeZone), Name: c.Name, Reason: reason(r),
	}
	var err error
	o.Signet, err = placed(ctx, doc, r, c, o.Time, look)
	return o, err
}

// reason is the signature dictionary's /Reason.
func reason(r app.Request) string {
	if !r.ForOther() {
		return r.Signet.Reason
	}
	pressed := i18n.For(r.Signet.Language).T("signet.pressed-by", r.UserName)
	if r.Signet.Reason == "" {
		return pressed
	}
	return r.Signet.Reason + " (" + pressed + ")"
}

// zoned gives the time in the user's zone, or in UTC where it is not known.
func zoned(t time.Time, zone string) time.Time {
	if zone == "" {
		return t.UTC()
	}
	l, err := time.LoadLocation(zone)
	if err != nil {
		return t.UTC()
	}
	return t.In(l)
}

// stillAllowed checks, before the key is touched, that the account may still
// sign and the certificate is still assigned and in its time.
func (s *Service) stillAllowed(ctx context.Context, r app.Request) (app.Certificate, *x509.Certificate, []*x509.Certificate, error) {
	v := app.Visit{Portal: r.Portal, User: r.User}
	if err := s.clockGood(ctx); err != nil {
		return app.Certificate{}, nil, nil, err
	}
	if _, err := s.account(ctx, v); err != nil {
		return app.Certificate{}, nil, nil, err
	}
	c, err := s.certificate(ctx, v, r.Certificate)
	if err != nil {
		return app.Certificate{}, nil, nil, err
	}
	leaf, err := x509.ParseCertificate(c.DER)
	if err != nil {
		return app.Certificate{}, nil, nil, app.Fail(app.Internal, "parse certificate", "").Because(err)
	}
	var chain []*x509.Certificate
	for _, der := range c.Chain {
		issuer, err := x509.ParseCertificate(der)
		if err != nil {
			return app.Certificate{}, nil, nil, app.Fail(app.Internal, "parse issuer", "").Because(err)
		}
		chain = append(chain, issuer)
	}
	return c, leaf, chain, nil
}

// sign stores the intent, has the key sign, embeds the signature and checks
// the signed file: prepared → signed.
func (s *Service) sign(ctx context.Context, r app.Request) error {
	cert, _, _, err := s.stillAllowed(ctx, r)
	if err != nil {
		return err
	}
	var p signer.Prepared
	if err := json.Unmarshal(r.Prepared, &p); err != nil {
		return app.Fail(app.Internal, "read prepared", "").Because(err)
	}
	if err := s.intend(ctx, r); err != nil {
		return err
	}
	key, release, err := s.Keys.Signer(ctx, cert)
	if err != nil {
		return app.Wrap("open key", err)
	}
	defer release()
	// A token may have taken its time to open: the right is asked for once more,
	// with nothing between the answer and the key.
	if _, _, _, err := s.stillAllowed(ctx, r); err != nil {
		return err
	}
	cms, err := signer.Sign(ctx, &p, key)
	var told *app.Error
	if errors.As(err, &told) { // the keys know what to tell
		return app.Wrap("sign", err)
	}
	if errors.Is(err, signer.ErrTokenAbsent) || errors.Is(err, signer.ErrToken) { // pulled out this very moment
		return app.Fail(app.Unavailable, "sign", "certificate.token-absent").Because(err)
	}
	if err != nil {
		return app.Wrap("sign", err)
	}
	file, err := s.finish(ctx, r, &p, cms)
	var room *roomError
	if errors.As(err, &room) {
		return s.widen(ctx, r, room.need)
	}
	if err != nil {
		return err
	}
	return s.advance(ctx, r, app.Signed, app.ActSigned, func(now *app.Request) {
		now.ResultSHA256, now.ResultSize, now.Level = file.sum, file.size, reached(file.level)
		now.Prepared = nil // its place is in the signed file now
	})
}

// finish makes the signed file from what the key gave: time-stamped, embedded,
// checked as a stranger would, and raised to the portal's level.
func (s *Service) finish(ctx context.Context, r app.Request, p *signer.Prepared, container []byte) (signed, error) {
	rules, err := s.Store.Settings(ctx, r.Portal)
	if err != nil {
		return signed{}, app.Wrap("read settings", err)
	}
	patience, cancel := context.WithTimeout(ctx, stampPatience)
	defer cancel()
	container, level, err := s.stamp(patience, r, p, container, rules)
	if err != nil {
		return signed{}, err
	}
	sum, size, err := s.embed(ctx, r, p, container)
	if err != nil {
		return signed{}, err
	}
	file := signed{sum: sum, size: size, level: level}
	if err := s.check(ctx, r, p); err != nil {
		return file, errors.Join(err, s.discard(ctx, signedName(r.ID)))
	}
	return s.raise(ctx, r, p, rules, file)
}

// intend writes, before the key is touched, which digest will be signed with
// which certificate, at whose order. Without it nothing is signed.
func (s *Service) intend(ctx context.Context, r app.Request) error {
	_, err := s.Store.UpdateRequest(ctx, r.Portal, r.ID, func(now *app.Request, _ time.Time) ([]app.AuditEntry, error) {
		if now.State != app.Prepared {
			return nil, app.Fail(app.Conflict, "store intent", "request.already")
		}
		return []app.AuditEntry{s.entry(*now, app.ActIntent)}, nil
	})
	return app.Wrap("store intent", err)
}

// embed writes the signed file into the spool, durably.
func (s *Service) embed(ctx context.Context, r app.Request, p *signer.Prepared, cms []byte) (sum string, size int64, err error) {
	f, err := s.Spool.Open(ctx, originalName(r.ID))
	if err != nil {
		return "", 0, app.Wrap("open frozen document", err)
	}
	defer f.Close() //nolint:errcheck // only read
	w, err := s.Spool.Create(ctx, signedName(r.ID))
	if err != nil {
		return "", 0, app.Wrap("spool signed file", err)
	}
	defer w.Abort() //nolint:errcheck // after Commit it does nothing
	hash := sha256.New()
	count := &counter{}
	if err := signer.Embed(ctx, io.MultiWriter(w, hash, count), f, p, cms); err != nil {
		return "", 0, app.Wrap("embed signature", err)
	}
	if err := w.Commit(); err != nil {
		return "", 0, app.Wrap("spool signed file", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), count.n, nil
}

// check verifies the signed file as a stranger would, before it leaves the
// house: the original is its prefix, the new signature is intact, covers the
// whole file and signs the intended digest, and earlier signatures are no
// worse than they were.
func (s *Service) check(ctx context.Context, r app.Request, p *signer.Prepared) error {
	original, err := s.Spool.Open(ctx, originalName(r.ID))
	if err != nil {
		return app.Wrap("open frozen document", err)
	}
	defer original.Close() //nolint:errcheck // only read
	signed, err := s.Spool.Open(ctx, signedName(r.ID))
	if err != nil {
		return app.Wrap("open signed file", err)
	}
	defer signed.Close() //nolint:errcheck // only read
	if err := signer.Check(ctx, original, original.Size(), signed, signed.Size(), p); err != nil {
		return app.Fail(app.Internal, "check signed file", "request.check").Because(err)
	}
	return nil
}

// deliver puts the signed file into the place of the original: signed → delivered.
func (s *Service) deliver(ctx context.Context, r app.Request) error {
	original, err := s.Spool.Open(ctx, originalName(r.ID))
	if err != nil {
		return app.Wrap("open frozen document", err)
	}
	defer original.Close() //nolint:errcheck // only read
	signed, err := s.Spool.Open(ctx, signedName(r.ID))
	if err != nil {
		return app.Wrap("open signed file", err)
	}
	defer signed.Close() //nolint:errcheck // only read
	if err := errors.Join(keptBytes(original, r.Original.SHA256), keptBytes(signed, r.ResultSHA256)); err != nil {
		return err
	}
	id, err := s.Portal.Replace(ctx, r.Portal, r.User, r.Document, app.Replacement{
		Signed:   app.Content{Reader: signed, Size: signed.Size(), SHA256: r.ResultSHA256},
		Original: app.Content{Reader: original, Size: original.Size(), SHA256: r.Original.SHA256},
		Name:     r.Document.Name,
		Request:  r.ID,
		Text:     copyText(r),
	})
	if err != nil {
		return app.Wrap("put back", err)
	}
	return s.advance(ctx, r, app.Delivered, app.ActDelivered, func(now *app.Request) { now.DeliveredID = id })
}

// copyText goes with the signed file where it is put into a comment.
func copyText(r app.Request) string {
	words := i18n.For(r.Signet.Language)
	if r.ForOther() {
		return words.T("story.copy-for", r.Document.Name, r.UserName, r.OwnerName)
	}
	return words.T("story.copy", r.Document.Name, r.UserName)
}

// tell writes the timeline entry: delivered → done.
func (s *Service) tell(ctx context.Context, r app.Request) error {
	words := i18n.For(r.Signet.Language)
	text := words.T("story.text", r.Document.Name, r.UserName)
	if r.ForOther() {
		text = words.T("story.text-for", r.Document.Name, r.UserName, r.OwnerName)
	}
	err := s.Portal.Tell(ctx, r.Portal, r.User, r.Document.Entity, app.Story{
		Request: r.ID, Title: words.T("story.title"), Text: text,
	})
	if err != nil {
		return app.Wrap("tell the timeline", err)
	}
	if s.Config.Delivered != nil {
		if err := s.Config.Delivered(ctx, r); err != nil {
			return app.Wrap("tell of delivery", err)
		}
	}
	return s.advance(ctx, r, app.Done, app.ActDone, func(*app.Request) {})
}
