package signer

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"time"

	"signservice/signer/pdf"
	"signservice/signer/revocation"
)

// VerifyOptions say what is trusted.
type VerifyOptions struct {
	// Roots are the certificates that a chain must end in, those of signers and
	// those of time-stamp authorities. Without them trust is not judged.
	Roots []*x509.Certificate
	// Certificates and Lists are what the verifier knows beside the file: issuers
	// between a signer and a root, and lists of revocations in DER (RFC 5280, 5).
	// What does not hold is passed over.
	Certificates []*x509.Certificate
	Lists        [][]byte
	// Now is the time of the verification; zero means now.
	Now time.Time
	// Revocation says where it is looked whether certificates were revoked.
	Revocation RevocationPolicy
	// Source is asked with RevocationNetwork; a *revocation.Gatherer is one.
	Source RevocationSource
	// RequireRevocation trusts no certificate of which it is not known that it was
	// not revoked. Many honest signatures fail this: those of internal authorities
	// without a revocation service, and those of level B-B and B-T without network.
	RequireRevocation bool
}

// RevocationPolicy says where it is looked whether certificates were revoked.
type RevocationPolicy int

// The policies.
const (
	// RevocationEmbedded looks at what the file itself holds.
	RevocationEmbedded RevocationPolicy = iota
	// RevocationNone does not ask.
	RevocationNone
	// RevocationNetwork asks the authorities as well, at addresses that stand in
	// the certificates, which are a stranger's: see package signer/revocation.
	RevocationNetwork
)

// RevocationSource asks authorities about certificates. It may be called by
// several goroutines. *revocation.Gatherer is one.
type RevocationSource interface {
	// Complete gives a certificate's chain, root last, from known certificates and
	// from the network; beside an error as far as it goes.
	Complete(ctx context.Context, c *x509.Certificate, known []*x509.Certificate) ([]*x509.Certificate, error)
	// About adds to m what is known of a certificate of an issuer. The error tells
	// why nothing is, or that it is revoked.
	About(ctx context.Context, m *revocation.Material, c, issuer *x509.Certificate) error
}

// Verify tells, for each signature of a file, whether it is intact, since when
// it provably exists, whether the signer's certificate leads to a given root and
// was not revoked, which level of PAdES it has, and what was changed after it.
// An error means that the file cannot be read; a file without signatures gives
// an empty report.
func Verify(ctx context.Context, doc io.ReaderAt, size int64, o VerifyOptions) (*Report, error) {
	x, err := examine(ctx, doc, size, o)
	if err != nil {
		return nil, err
	}
	return x.report(), nil
}

// examination is the verification of one file.
type examination struct {
	file    *pdf.File
	doc     io.ReaderAt
	size    int64
	options VerifyOptions
	now     time.Time
	result  Report
	all     []*verification
	// evidence is what the file holds now and what was fetched; stored the former
	// alone; asked what the network was asked about.
	evidence, stored *evidence
	asked            map[string]bool
	revisions        map[int64]*evidence
	read             readings
}

// examine verifies a file: first each signature by itself, then the time-stamps
// from the newest on, and what they say of the signatures at last.
func examine(ctx context.Context, doc io.ReaderAt, size int64, o VerifyOptions) (*examination, error) {
	f, err := pdf.Open(doc, size, pdf.Options{})
	if err != nil {
		return nil, err
	}
	x := &examination{
		file: f, doc: doc, size: size, options: o, now: o.Now, result: Report{Size: size},
		asked: map[string]bool{}, revisions: map[int64]*evidence{}, read: readings{},
	}
	if x.now.IsZero() {
		x.now = time.Now()
	}
	x.result.Repaired, _ = f.Repaired()
	if x.result.Pages, err = f.Pages(); err != nil && !errors.Is(err, pdf.ErrNoPages) {
		return nil, err
	}
	signatures, err := f.Signatures()
	if err != nil {
		return nil, err
	}
	for _, s := range signatures {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v := &verification{examination: x, signature: s}
		v.run(ctx)
		x.all = append(x.all, v)
	}
	if len(x.all) == 0 {
		return x, nil
	}
	x.collect()
	if err := x.judge(ctx); err != nil {
		return nil, err
	}
	return x, ctx.Err()
}

// report gives what was found, in the order of the form.
func (x *examination) report() *Report {
	r := x.result
	r.Signatures = make([]SignatureReport, 0, len(x.all))
	for _, v := range x.all {
		r.Signatures = append(r.Signatures, v.report)
	}
	return &r
}

// collect reads the material of the file. A store that cannot be read holds
// nothing.
func (x *examination) collect() {
	x.evidence, x.stored = newEvidence(x.read), newEvidence(x.read)
	// Before what the file holds, which could be so much that it keeps others out.
	x.evidence.addCertificates(x.options.Certificates...)
	x.evidence.addPieces(x.options.Lists, true, true)
	for _, v := range x.all {
		x.evidence.addCertificates(v.certificates()...)
	}
	if store, err := x.file.SecurityStore(); err == nil {
		x.evidence.addStore(store)
		x.stored.addStore(store)
	}
}

// certificates gives those that came with a signature and its time-stamps.
func (v *verification) certificates() []*x509.Certificate {
	var all []*x509.Certificate
	if v.signed != nil {
		all = append(all, v.signed.Certificates...)
	}
	for _, s := range v.stamps {
		all = append(all, s.token.Signed.Certificates...)
	}
	return all
}

// judge decides what the intact signatures prove. What a time-stamp proves
// depends on newer ones alone, so those that cover the most come first.
func (x *examination) judge(ctx context.Context) error {
	order := slices.Clone(x.all)
	slices.SortStableFunc(order, func(a, b *verification) int { return int(b.signature.End() - a.signature.End()) })
	for _, stamps := range []bool{true, false} {
		for _, v := range order {
			if err := ctx.Err(); err != nil {
				return err
			}
			if v.report.Intact && v.report.stamp() == stamps {
				v.judge(ctx)
			}
		}
	}
	return nil
}
