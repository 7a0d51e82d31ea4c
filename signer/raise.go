package signer

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"signservice/signer/cms"
	"signservice/signer/pdf"
)

// Why a level is not reached, for errors.Is, beside the errors of packages tsp
// and revocation.
var (
	// ErrNoSignature: there is none, or none in the named field.
	ErrNoSignature = errors.New("there is no signature to raise")
	// ErrNotGood: the signature is not intact, or was followed by a change that it
	// does not allow.
	ErrNotGood = errors.New("the signature is not good")
	// ErrNotBaseline: the signature is in an older format than PAdES's.
	ErrNotBaseline = errors.New("the signature is no PAdES baseline signature")
	// ErrMaterial: what proves that the certificates were good is not to be had.
	ErrMaterial = errors.New("the material for long-term validation is not complete")
	// ErrSource: no source of time-stamps or of revocation material was given.
	ErrSource = errors.New("no source was given")
)

// Shortfall says what is done when a level cannot be reached: no authority
// answers, or nobody tells of a certificate.
type Shortfall int

// What is done.
const (
	// Fail gives an error and nothing else.
	Fail Shortfall = iota
	// Lower gives the highest level that could be reached, and why it is no higher.
	Lower
)

// Sources are what levels above B-B are made from.
type Sources struct {
	// Timestamps is needed for every level above LevelB.
	Timestamps Timestamps
	// Revocation is needed for LevelLT and LevelLTA; a *revocation.Gatherer is one.
	Revocation RevocationSource
	// Known are certificates that chains may need, roots for instance.
	Known []*x509.Certificate
	// Shortfall says what is done when they do not give what is needed.
	Shortfall Shortfall
}

// ExtendOptions say how far a signature is raised.
type ExtendOptions struct {
	Sources
	// Level is the level to reach: LevelT, LevelLT or LevelLTA; zero is LevelLTA.
	// A signature that is at LevelLTA already is renewed by one more time-stamp
	// over the material that is new since the last.
	Level Level
	// Fields names the signatures that have to reach it; nil means all. The others
	// are covered by time-stamps too, but nothing is gathered for them.
	Fields []string
	// Hash is that of document time-stamps: SHA-256 (0), SHA-384 or SHA-512.
	Hash crypto.Hash
	// Now is the time of the extension; zero means now.
	Now time.Time
	// Rand is for encrypted files; default crypto/rand.
	Rand io.Reader
}

// Extension is what was added to a document.
type Extension struct {
	// Increment is to be appended to the document; empty when nothing was to do.
	Increment []byte
	// Level is the lowest level of the signatures in question, as a verification
	// of the whole finds it.
	Level Level
	// Short tells why the level is lower than was asked for; nil when it is not.
	Short error
	// Report is that verification, made without roots.
	Report *Report
}

// Raise makes what brings the signatures of a document to a level: document
// time-stamps and security stores as incremental updates (EN 319 142-1, 5.4 and
// 5.5). The document is not changed; no key is needed; signatures that forbid
// every change permit it (ISO 32000-2, 12.8.2.2). The result is verified before
// it is given.
//
// A signature of level B-B gets a document time-stamp, since its own value
// cannot be changed any more. LevelLT adds certificates, OCSP answers and
// revocation lists for signers, time-stamp authorities and OCSP responders,
// those alone that the document lacks. LevelLTA adds a time-stamp over them.
//
// Errors: ErrNoSignature, ErrNotGood, ErrNotBaseline, ErrSource; those of the
// sources, and ErrMaterial, unless Sources.Shortfall is Lower.
func Raise(ctx context.Context, doc io.ReaderAt, size int64, o ExtendOptions) (*Extension, error) {
	if o.Level == LevelNone {
		o.Level = LevelLTA
	}
	if o.Hash == 0 {
		o.Hash = stampHash
	}
	r := &raising{options: o, doc: &appended{doc: doc, size: size}}
	if err := r.examine(ctx); err != nil {
		return nil, fmt.Errorf("raise the level: %w", err)
	}
	before := r.now.report()
	short := r.run(ctx)
	if short != nil && (o.Shortfall == Fail || ctx.Err() != nil) {
		return nil, fmt.Errorf("raise the level: %w", short)
	}
	if err := r.hold(before, short); err != nil {
		return nil, fmt.Errorf("raise the level: %w", err)
	}
	return &Extension{Increment: r.doc.tail, Level: r.level(), Short: short, Report: r.now.report()}, nil
}

// Extend writes the document, unchanged, followed by what Raise makes.
func Extend(ctx context.Context, w io.Writer, doc io.ReaderAt, size int64, o ExtendOptions) (*Extension, error) {
	e, err := Raise(ctx, doc, size, o)
	if err != nil {
		return nil, err
	}
	if err := copyAll(ctx, w, io.NewSectionReader(doc, 0, size)); err != nil {
		return nil, fmt.Errorf("copy the document: %w", err)
	}
	if _, err := w.Write(e.Increment); err != nil {
		return nil, fmt.Errorf("write the increment: %w", err)
	}
	return e, nil
}

// raising is one run of Raise.
type raising struct {
	options ExtendOptions
	doc     *appended
	now     *examination // of doc as it is
	targets []*verification
}

// examine verifies the document as it is, and finds the signatures in question.
func (r *raising) examine(ctx context.Context) error {
	o := VerifyOptions{Now: r.options.Now}
	var err error
	if r.now, err = examine(ctx, r.doc, r.doc.Size(), o); err != nil {
		return err
	}
	r.targets = nil
	for _, v := range r.now.all {
		if !v.report.stamp() && (r.options.Fields == nil || slices.Contains(r.options.Fields, v.report.Field)) {
			r.targets = append(r.targets, v)
		}
	}
	if len(r.targets) == 0 || r.options.Fields != nil && len(r.targets) != len(r.options.Fields) {
		return ErrNoSignature
	}
	for _, v := range r.targets {
		switch {
		case !v.report.Good():
			return fmt.Errorf("%w: field %q", ErrNotGood, v.report.Field)
		case v.report.Level < LevelB:
			return fmt.Errorf("%w: field %q", ErrNotBaseline, v.report.Field)
		}
	}
	return nil
}

// level is the lowest of the signatures in question.
func (r *raising) level() Level {
	lowest := LevelLTA
	for _, v := range r.targets {
		lowest = min(lowest, v.report.Level)
	}
	return lowest
}

// run goes from level to level, and tells why it went no further.
func (r *raising) run(ctx context.Context) error {
	if r.options.Level >= LevelT && r.level() < LevelT {
		if err := r.stamp(ctx, nil); err != nil {
			return err
		}
	}
	if r.options.Level < LevelLT || r.options.Level == LevelLT && r.level() >= LevelLT {
		return nil
	}
	store, err := r.gather(ctx)
	if err != nil {
		return err
	}
	if r.options.Level == LevelLTA {
		err := r.stamp(ctx, store)
		if err == nil || r.level() >= LevelLT {
			return err
		}
		return errors.Join(err, r.store(ctx, store)) // LT at least
	}
	return r.store(ctx, store)
}

// store appends a security store.
func (r *raising) store(ctx context.Context, store *pdf.SecurityStore) error {
	tail, err := r.now.file.SecurityStoreIncrement(*store, r.options.Rand)
	if err != nil {
		return err
	}
	return r.append(ctx, tail)
}

// append keeps an increment and verifies the document with it.
func (r *raising) append(ctx context.Context, tail []byte) error {
	r.doc.tail = append(r.doc.tail, tail...)
	return r.examine(ctx)
}

// maxTries is how often a document time-stamp is made anew because the
// authority's token was larger than the room for it.
const maxTries = 4

// stamp appends a document time-stamp, over a security store where one is given.
// When its token does not fit, the whole increment is made again with more room.
func (r *raising) stamp(ctx context.Context, store *pdf.SecurityStore) error {
	if r.options.Timestamps == nil {
		return fmt.Errorf("%w: of time-stamps", ErrSource)
	}
	room := cms.TimestampAllowance
	for range maxTries {
		f, err := pdf.Open(r.doc, r.doc.Size(), pdf.Options{})
		if err != nil {
			return err
		}
		reserved, err := f.Prepare(ctx, pdf.SignatureSpec{
			Type: pdf.DocTimeStamp, ContentsSize: contentsSize(room), Hash: r.options.Hash, Store: store, Rand: r.options.Rand,
		})
		if err != nil {
			return err
		}
		token, err := stampOver(ctx, r.options.Timestamps, r.options.Hash, reserved.Digest)
		if err != nil {
			return err
		}
		tail, err := reserved.Fill(token.Raw)
		if errors.Is(err, ErrRoom) {
			room = len(token.Raw)
			continue
		}
		if err != nil {
			return err
		}
		return r.append(ctx, tail)
	}
	return fmt.Errorf("%w: the authority's time-stamps grow from one to the next", ErrRoom)
}

// hold checks the result: what was good before is good, and the level is
// reached, or why not is said.
func (r *raising) hold(before *Report, short error) error {
	if err := earlierGood(before, r.now.report()); err != nil {
		return err
	}
	if short == nil && r.level() < r.options.Level {
		return fmt.Errorf("%w: level %v was to be reached, the document has %v", ErrCheck, r.options.Level, r.level())
	}
	return nil
}

// appended is a document with what is to follow it.
type appended struct {
	doc  io.ReaderAt
	size int64
	tail []byte
}

// Size is the length of both.
func (a *appended) Size() int64 { return a.size + int64(len(a.tail)) }

// ReadAt reads from the document and from the tail.
func (a *appended) ReadAt(p []byte, at int64) (n int, err error) {
	if at < 0 {
		return 0, errors.New("read before the beginning")
	}
	if at < a.size {
		n, err = a.doc.ReadAt(p[:min(int64(len(p)), a.size-at)], at)
		if n == len(p) || err != nil && !(errors.Is(err, io.EOF) && at+int64(n) == a.size) {
			return n, err
		}
	}
	n += copy(p[n:], a.tail[min(int64(len(a.tail)), at+int64(n)-a.size):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
