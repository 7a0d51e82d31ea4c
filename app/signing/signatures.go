package signing

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"signservice/app"
	"signservice/signer"
)

// Verdict is what is to be thought of a signature.
type Verdict string

// The verdicts, from the best to the worst.
const (
	VerdictGood    Verdict = "good"    // intact, nothing that it does not allow was changed after it, and it is known whose it is
	VerdictUnknown Verdict = "unknown" // intact, but nobody known here says whose certificate it is
	VerdictEnded   Verdict = "ended"   // intact, but its certificate has ended, and nothing proves that it is older
	VerdictRevoked Verdict = "revoked" // intact, but its certificate was revoked
	VerdictChanged Verdict = "changed" // intact, but the document was changed after it
	VerdictBroken  Verdict = "broken"  // no valid signature of this file
)

// Signature is what is found of one signature in a document.
type Signature struct {
	// Name is the signer's, or the authority's of a document timestamp.
	Name, Issuer string
	// Stamp tells that it is a document timestamp, which nobody pressed.
	Stamp bool
	// At is when it was made: by the timestamp of the authority that StampedBy
	// names, Proven where that one is known here, or by the signer's claim.
	At        time.Time
	StampedBy string
	Proven    bool
	// Level is the baseline level of PAdES, as "B-T"; "" for none.
	Level  string
	Reason string
	// SelfSigned tells that the certificate vouches for itself; Internal that the
	// portal's own authority issued it, or that it is the portal's own.
	SelfSigned, Internal bool
	Verdict              Verdict
	// Later are the kinds of what was added after it, as package signer calls
	// them, each once; Whole tells that nothing was.
	Later []string
	Whole bool
}

// Found is who has signed a document.
type Found struct {
	Ref        DocumentRef
	Signatures []Signature
	// Failure is why it could not be looked at; nil where it could.
	Failure *app.Error
}

// maxLooks is how many documents one call may ask about.
const maxLooks = 50

// Signatures tells who has signed each of the named documents of the visit's
// element, each as it becomes known. No account is needed: whoever may read the
// file in the portal may know it. Documents that are not at the element, or
// not visible, are left out. A content that was looked at before is not
// fetched again.
func (s *Service) Signatures(ctx context.Context, v app.Visit, refs []DocumentRef) iter.Seq2[Found, error] {
	return func(yield func(Found, error) bool) {
		if len(refs) > maxLooks {
			refs = refs[:maxLooks]
		}
		list, err := s.Documents(ctx, v) // the visitor's right to read, asked anew
		if err != nil {
			yield(Found{}, err)
			return
		}
		known, err := s.trusting(ctx, v.Portal)
		if err != nil {
			yield(Found{}, err)
			return
		}
		for _, d := range list {
			ref := DocumentRef{Source: d.Source, Field: d.Field, FileID: d.FileID}
			if !slices.Contains(refs, ref) || d.Unreadable != "" {
				continue
			}
			found, err := s.signed(ctx, v, d, known)
			if ctx.Err() != nil {
				return
			}
			if !yield(Found{Ref: ref, Signatures: found, Failure: failureOf(err)}, nil) {
				return
			}
		}
	}
}

// failureOf gives an error as one of the domain's.
func failureOf(err error) *app.Error {
	if err == nil {
		return nil
	}
	var failure *app.Error
	if !errors.As(err, &failure) {
		failure = app.Fail(app.KindOf(err), "look at signatures", "").Because(err)
	}
	return failure
}

// contentKey names a content that never changes; "" where the portal gives no
// such name.
func contentKey(v app.Visit, d app.Document) string {
	if d.Source != app.SourceField && d.Source != app.SourceGenerated && d.Version == "" {
		return ""
	}
	return strings.Join([]string{string(v.Portal), string(d.Source), d.FileID, d.Version}, "/")
}

// signed gives the signatures of a document, from memory where it is known.
func (s *Service) signed(ctx context.Context, v app.Visit, d app.Document, known trust) ([]Signature, error) {
	key := contentKey(v, d)
	if found, ok := s.seen.judged(key, known.print, s.Now()); ok {
		return found, nil
	}
	leave, err := s.seen.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	content := &bytes.Buffer{}
	if d.Size > 0 && d.Size <= s.MaxSize {
		content.Grow(int(d.Size))
	}
	d, err = s.Portal.Fetch(ctx, v.Portal, v.User, d, content, s.MaxSize)
	if err != nil {
		return nil, app.Wrap("fetch document", err)
	}
	found, err := verified(ctx, bytes.NewReader(content.Bytes()), int64(content.Len()), known)
	if err != nil {
		s.refusal(v, d, err)
		return nil, err
	}
	s.seen.put(contentKey(v, d), known.print, found, s.Now())
	return found, nil
}

// Check verifies the signed file of one of the visitor's Requests, as it was
// delivered. It fails with kind app.NotFound when the retention time is over or
// the file was never made.
func (s *Service) Check(ctx context.Context, v app.Visit, id app.RequestID) ([]Signature, error) {
	if _, err := s.Request(ctx, v, id); err != nil {
		return nil, err
	}
	f, err := s.openSigned(ctx, id)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	known, err := s.trusting(ctx, v.Portal)
	if err != nil {
		return nil, err
	}
	return verified(ctx, f, f.Size(), known)
}

// verified gives the signatures of a file.
func verified(ctx context.Context, doc io.ReaderAt, size int64, known trust) ([]Signature, error) {
	report, err := signer.Verify(ctx, doc, size, known.VerifyOptions)
	if err != nil {
		return nil, unsignable(err)
	}
	found := make([]Signature, 0, len(report.Signatures))
	for _, r := range report.Signatures {
		found = append(found, signatureOf(r, known))
	}
	return found, nil
}

// refusal remembers of a document that it cannot be signed, where that is why err
// came.
func (s *Service) refusal(v app.Visit, d app.Document, err error) {
	if k := app.KindOf(err); k == app.Unsupported || k == app.TooLarge {
		s.seen.refuse(contentKey(v, d), s.Now())
	}
}

// Refused tells whether a document was found to be one that cannot be signed,
// where it was looked at before, without asking the portal.
func (s *Service) Refused(v app.Visit, d app.Document) bool {
	return s.seen.refused(contentKey(v, d), s.Now())
}

// Known gives how many signatures a document has, where it was looked at
// before, without asking the portal.
func (s *Service) Known(v app.Visit, d app.Document) (count int, ok bool) {
	found, ok := s.seen.get(contentKey(v, d), s.Now())
	return len(found), ok
}

// signatureOf puts a report into the domain's words.
func signatureOf(r signer.SignatureReport, known trust) Signature {
	g := Signature{
		Name: r.Signer, Issuer: commonName(r.Issuer), Stamp: r.Type == "DocTimeStamp", Level: r.Level.String(),
		At: r.Claimed, Reason: r.Reason, Whole: r.WholeFile, SelfSigned: r.SelfSigned, Internal: known.internal(r),
	}
	if r.Time.Source != signer.TimeClaimed && !r.Time.At.IsZero() {
		g.At, g.StampedBy, g.Proven = r.Time.At, r.Time.Authority, r.Time.Trusted
	}
	for _, c := range r.Changes {
		if kind := string(c.Kind); !slices.Contains(g.Later, kind) {
			g.Later = append(g.Later, kind)
		}
	}
	g.Verdict = verdict(r)
	return g
}

// verdict is the worst that can be said of a signature.
func verdict(r signer.SignatureReport) Verdict {
	standing := signer.Standing("")
	if r.Revocation != nil {
		standing = r.Revocation.Status
	}
	switch {
	case !r.Intact:
		return VerdictBroken
	case !r.Good():
		return VerdictChanged
	case standing == signer.StandingRevoked:
		return VerdictRevoked
	case standing == signer.StandingExpired:
		return VerdictEnded
	case !r.Trusted:
		return VerdictUnknown
	}
	return VerdictGood
}

// commonName is the name in a distinguished name as Go writes it.
func commonName(dn string) string {
	for part := range strings.SplitSeq(dn, ",") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok {
			return name
		}
	}
	return ""
}
