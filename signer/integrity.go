package signer

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"signservice/signer/cms"
	"signservice/signer/pdf"
	"signservice/signer/tsp"
)

// verification is the verification of one signature.
type verification struct {
	*examination
	signature *pdf.Signature
	report    SignatureReport
	// signed is the container of a signature that is intact, stamps its verified
	// time-stamps. A document time-stamp has its own token in stamps.
	signed *cms.SignedData
	stamps []*stamp
	// weak is the algorithm that can be forged today; "" when there is none.
	weak cms.Finding
}

// run fills the report.
func (v *verification) run(ctx context.Context) SignatureReport {
	s := v.signature
	v.report = SignatureReport{
		Type: string(s.Type), SubFilter: string(s.SubFilter),
		Signer: s.Name, Reason: s.Reason, Claimed: s.Time, trustAsked: len(v.options.Roots) > 0,
	}
	if s.Field != nil {
		v.report.Field = s.Field.Name
	}
	if s.Flaw != nil {
		v.problem("the byte range is not what a signature must cover", s.Flaw)
		return v.report
	}
	if err := v.integrity(ctx); err != nil {
		v.problem("", err)
		return v.report
	}
	v.report.Intact = true
	v.coverage(ctx)
	return v.report
}

// problem adds a sentence to the report.
func (v *verification) problem(what string, err error) {
	if what != "" && err != nil {
		what += ": "
	}
	if err != nil {
		what += err.Error()
	}
	v.report.Problems = append(v.report.Problems, what)
}

// integrity checks the container against the bytes of the file.
func (v *verification) integrity(ctx context.Context) error {
	if v.report.stamp() {
		return v.documentStamp(ctx)
	}
	sd, err := cms.Parse(v.signature.Contents)
	if err != nil {
		return err
	}
	v.certificate(sd.Signer.Certificate)
	var findings []cms.Finding
	if v.signature.SubFilter == "adbe.pkcs7.sha1" {
		findings, err = v.encapsulated(ctx, sd)
	} else {
		var digest []byte
		if digest, err = v.digest(ctx, sd.Signer.Hash); err == nil {
			findings, err = sd.Verify(digest)
		}
	}
	v.remark(findings)
	if err != nil {
		return err
	}
	v.signed, v.weak = sd, weakness(findings)
	if t, ok := sd.Signer.SigningTime(); ok && v.report.Claimed.IsZero() {
		v.report.Claimed = t
	}
	tokens := sd.Signer.Timestamps()
	for _, token := range tokens[:min(len(tokens), maxStamps)] {
		v.signatureStamp(token, sd.Signer.Signature)
	}
	return nil
}

// weakness gives the finding that leaves a signature open to forgery: somebody
// may have found another document with the same digest, or the key.
func weakness(findings []cms.Finding) cms.Finding {
	for _, f := range []cms.Finding{cms.WeakDigest, cms.WeakKey} {
		if slices.Contains(findings, f) {
			return f
		}
	}
	return ""
}

// maxStamps bounds the time-stamps of one signature that are looked at.
const maxStamps = 16

// encapsulated checks the old form in which the container carries the SHA-1 of
// the byte range.
func (v *verification) encapsulated(ctx context.Context, sd *cms.SignedData) ([]cms.Finding, error) {
	digest, err := v.digest(ctx, crypto.SHA1)
	if err != nil {
		return nil, err
	}
	if string(digest) != string(sd.Content) {
		return nil, cms.ErrDigest
	}
	findings, err := sd.VerifyContent()
	return append(findings, cms.WeakDigest), err
}

// documentStamp checks a document time-stamp.
func (v *verification) documentStamp(ctx context.Context) error {
	token, err := tsp.Parse(v.signature.Contents)
	if err != nil {
		return err
	}
	v.certificate(token.Certificate())
	digest, err := v.digest(ctx, token.Hash)
	if err != nil {
		return err
	}
	findings, err := token.Verify(digest)
	v.remark(findings)
	if err != nil {
		return err
	}
	v.stamped(token, TimeDocumentStamp, findings)
	return nil
}

// signatureStamp checks a time-stamp over the signature value; one that does
// not hold proves nothing.
func (v *verification) signatureStamp(der, value []byte) {
	token, err := tsp.Parse(der)
	if err != nil {
		v.problem("time-stamp", err)
		return
	}
	findings, err := token.VerifySignature(value)
	v.remark(findings)
	if err != nil {
		v.problem("time-stamp", err)
		return
	}
	v.stamped(token, TimeSignatureStamp, findings)
}

// stamped keeps a time-stamp that holds.
func (v *verification) stamped(token *tsp.Token, source TimeSource, findings []cms.Finding) {
	v.stamps = append(v.stamps, &stamp{token: token, source: source, weak: weakness(findings)})
	if v.report.Timestamp.IsZero() || token.Time.Before(v.report.Timestamp) {
		v.report.Timestamp = token.Time
	}
}

// digest hashes what the signature covers.
func (v *verification) digest(ctx context.Context, h crypto.Hash) ([]byte, error) {
	if h == 0 || !h.Available() {
		return nil, cms.ErrUnsupported
	}
	hash := h.New()
	b := v.signature.ByteRange
	for _, part := range []*io.SectionReader{
		io.NewSectionReader(v.doc, b[0], b[1]), io.NewSectionReader(v.doc, b[2], b[3]),
	} {
		if err := copyAll(ctx, hash, part); err != nil {
			return nil, fmt.Errorf("read signed bytes: %w", err)
		}
	}
	return hash.Sum(nil), nil
}

// certificate writes who signed into the report.
func (v *verification) certificate(c *x509.Certificate) {
	if c == nil {
		return
	}
	v.report.certificate, v.report.SelfSigned = c, selfSigned(c)
	v.report.Subject, v.report.Issuer = c.Subject.String(), c.Issuer.String()
	v.report.Serial = fmt.Sprintf("%X", c.SerialNumber)
	v.report.Signer = c.Subject.CommonName
	if v.report.Signer == "" {
		v.report.Signer = v.report.Subject
	}
}

// remark adds what a policy may dislike, each once.
func (v *verification) remark(findings []cms.Finding) {
	for _, f := range findings {
		if !strings.Contains(strings.Join(v.report.Remarks, "\n"), string(f)) {
			v.report.Remarks = append(v.report.Remarks, string(f))
		}
	}
}

// copyAll copies in portions, so that a cancelled context ends a long read.
func copyAll(ctx context.Context, w io.Writer, r io.Reader) error {
	const portion = 4 << 20
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(w, r, portion)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n < portion {
			return nil
		}
	}
}
