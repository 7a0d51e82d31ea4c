package signer

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"

	"signservice/signer/cms"
	"signservice/signer/pdf"
)

// application is what signatures name as the program that made them.
const application = "SignService"

// Options say how a document is signed. Only Certificate is required.
type Options struct {
	// Certificate is the signer's; Chain its issuers, without the root.
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	// Hash is SHA-256, SHA-384 or SHA-512; 0 for what suits the key.
	Hash crypto.Hash
	// PSS signs with RSASSA-PSS, which older readers do not know.
	PSS bool
	// Time is the claimed signing time (/M); zero means now.
	Time time.Time
	// Name, Reason, Location and ContactInfo stand in the signature dictionary.
	Name, Reason, Location, ContactInfo string
	// Field names the signature field: an existing empty one, or a new one; ""
	// makes a new one with a free name.
	Field string
	// Signet makes the signature visible; nil leaves it invisible.
	Signet *Signet
	// Certify makes it a certifying signature: 1 permits no changes, 2 forms and
	// further signatures, 3 comments as well; 0 does not certify.
	Certify int
	// Level is what the signature shall become; above LevelB room is reserved for
	// the time-stamp that Stamp puts in. Zero is LevelB.
	Level Level
	// StampSize is the room for that time-stamp in bytes; 0 for an estimate that is
	// enough for public authorities. The function of this name measures it. When
	// Stamp fails with ErrRoom, prepare again with the size of the token.
	StampSize int
	// Copy, where given, gets the document followed by the increment while it is
	// hashed, so that a large file is read once. The signature goes into it with
	// Prepared.WriteContents.
	Copy io.Writer
}

// Prepared is a signature that lacks nothing but what the key makes. It can be
// stored as JSON, and finished by another process.
type Prepared struct {
	Reserved *pdf.Reserved `json:"reserved"`
	// Certificate and Chain are in DER; the signature is bound to them.
	Certificate []byte   `json:"certificate"`
	Chain       [][]byte `json:"chain,omitempty"`
	PSS         bool     `json:"pss,omitempty"`
	// Warnings tell what of the visible mark is drawn otherwise than ordered:
	// letters that the font lacks, parts for which there was no room.
	Warnings []Warning `json:"warnings,omitempty"`
	// Damage tells what is wrong with the document's own structure, for people who
	// know PDF, where it could be read only after a scan; empty otherwise. Other
	// programs may show such a document otherwise, or not at all.
	Damage string `json:"damage,omitempty"`
}

// Digest is what the signature will cover: the hash of the whole file but the
// place of the signature itself.
func (p *Prepared) Digest() []byte { return p.Reserved.Digest }

// Prepare makes the increment that will hold the signature. The document is
// read once and not changed.
//
// It fails with one of this package's errors when the document cannot be
// signed, before anything is written to Options.Copy.
func Prepare(ctx context.Context, doc io.ReaderAt, size int64, o Options) (*Prepared, error) {
	if o.Certificate == nil {
		return nil, errors.New("prepare: no certificate")
	}
	f, err := pdf.Open(doc, size, pdf.Options{})
	if err != nil {
		return nil, err
	}
	spec, warnings, err := o.spec(f)
	if err != nil {
		return nil, err
	}
	p := &Prepared{Certificate: o.Certificate.Raw, PSS: o.PSS, Warnings: warnings}
	for _, c := range o.Chain {
		p.Chain = append(p.Chain, c.Raw)
	}
	if o.Copy != nil {
		p.Reserved, err = f.AppendSignature(ctx, o.Copy, spec)
	} else {
		p.Reserved, err = f.Prepare(ctx, spec)
	}
	if err != nil {
		return nil, err
	}
	_, p.Damage = f.Repaired()
	return p, nil
}

// spec turns the options into the order for the file.
func (o Options) spec(f *pdf.File) (pdf.SignatureSpec, []Warning, error) {
	size, err := cms.EstimateSize(o.cms())
	if err != nil {
		return pdf.SignatureSpec{}, nil, fmt.Errorf("prepare: %w", err)
	}
	if o.Level >= LevelT {
		size += stampRoom(o.StampSize)
	}
	spec := pdf.SignatureSpec{
		Field: o.Field, Page: 1, Time: o.Time,
		Name: o.Name, Reason: o.Reason, Location: o.Location, ContactInfo: o.ContactInfo,
		Application: application, Certify: o.Certify,
		ContentsSize: contentsSize(size), Hash: o.cms().Hash,
	}
	if spec.Time.IsZero() {
		spec.Time = time.Now()
	}
	if o.Name != "" {
		spec.Tooltip = "Signature: " + o.Name
	}
	if o.Signet == nil {
		return spec, nil, nil
	}
	p, err := o.Signet.place(f, o.Field)
	if err != nil {
		return spec, nil, err
	}
	p.order(&spec)
	return spec, p.drawing.Warnings, nil
}

// contentsSize is the room for a container of an estimated size: rounded up to
// 1 KB, with a KB to spare.
func contentsSize(estimate int) int { return (estimate/1024 + 2) * 1024 }

// stampRoom is the room for a time-stamp: tokens of public authorities take 4 to
// 7 KB. One token may be a few bytes longer than another of the same authority,
// and a container with one has a few bytes of heads more.
func stampRoom(size int) int {
	if size <= 0 {
		return cms.TimestampAllowance
	}
	return size + 256
}

// cms gives the options of the container.
func (o Options) cms() cms.Options {
	c := cms.Options{Certificate: o.Certificate, Chain: o.Chain, Hash: o.Hash, PSS: o.PSS}
	if c.Hash == 0 {
		c.Hash = cms.HashFor(o.Certificate.PublicKey)
	}
	return c
}

// Sign has the key sign the prepared digest, and gives the CMS container for
// the reserved place. The key is asked once; what it made is verified with the
// certificate before it is returned.
func Sign(ctx context.Context, p *Prepared, key crypto.Signer) ([]byte, error) {
	o := cms.Options{Hash: p.Reserved.Hash, PSS: p.PSS}
	var err error
	if o.Certificate, err = x509.ParseCertificate(p.Certificate); err != nil {
		return nil, fmt.Errorf("sign: certificate: %w", err)
	}
	for _, der := range p.Chain {
		issuer, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("sign: issuer: %w", err)
		}
		o.Chain = append(o.Chain, issuer)
	}
	return cms.Sign(ctx, p.Reserved.Digest, key, o)
}

// Embed writes the document, unchanged, followed by the increment with the
// signature in its place. It fails with ErrInputChanged when doc is not the
// document that was prepared; what was written is worthless then.
func Embed(ctx context.Context, w io.Writer, doc io.ReaderAt, p *Prepared, container []byte) error {
	err := p.Reserved.Embed(ctx, w, doc, container)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it is shorter", ErrInputChanged)
	}
	return err
}

// WriteContents puts the signature into its place in a file that Options.Copy
// received.
func (p *Prepared) WriteContents(w io.WriterAt, container []byte) error {
	return pdf.WriteContents(w, p.Reserved, container)
}

// Facts are what can be told of a document before it is signed.
type Facts struct {
	Pages      int
	Signatures int
	// Repaired tells that the file's structure was damaged and could be read
	// only after a scan.
	Repaired bool
	// DynamicForm tells that what readers show is made by a program inside the
	// file (XFA), so that signing its pages says little.
	DynamicForm bool
}

// Inspect finds out whether a document can be signed, without a certificate.
// It fails as Prepare would.
func Inspect(ctx context.Context, doc io.ReaderAt, size int64) (Facts, error) {
	if err := ctx.Err(); err != nil {
		return Facts{}, err
	}
	f, err := pdf.Open(doc, size, pdf.Options{})
	if err != nil {
		return Facts{}, err
	}
	var facts Facts
	facts.Repaired, _ = f.Repaired()
	if facts.Pages, err = f.Pages(); err != nil {
		return Facts{}, err
	}
	if _, err = f.Increment(pdf.SignatureSpec{}); err != nil {
		return Facts{}, err
	}
	signatures, err := f.Signatures()
	if err != nil {
		return Facts{}, err
	}
	facts.Signatures = len(signatures)
	profile, err := f.Profile()
	if err != nil {
		return Facts{}, err
	}
	facts.DynamicForm = profile.XFA == "dynamic"
	return facts, nil
}
