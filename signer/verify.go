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
	"time"

	"signservice/signer/cms"
	"signservice/signer/pdf"
	"signservice/signer/tsp"
)

// VerifyOptions say what is trusted.
type VerifyOptions struct {
	// Roots are the certificates that a chain must end in. Without them trust
	// is not judged.
	Roots []*x509.Certificate
	// Now is the time of the verification; zero means now.
	Now time.Time
}

// Report is what a stranger finds in a file.
type Report struct {
	Size  int64 `json:"size"`
	Pages int   `json:"pages"`
	// Repaired tells that the file's structure is damaged.
	Repaired   bool              `json:"repaired,omitempty"`
	Signatures []SignatureReport `json:"signatures"`
}

// SignatureReport is what is found of one signature.
type SignatureReport struct {
	Field string `json:"field"`
	// Type is "Sig" or "DocTimeStamp"; SubFilter the format.
	Type      string `json:"type"`
	SubFilter string `json:"subFilter"`
	// Signer is the common name in the certificate; Subject and Issuer are whole.
	Signer  string `json:"signer"`
	Subject string `json:"subject,omitempty"`
	Issuer  string `json:"issuer,omitempty"`
	Serial  string `json:"serial,omitempty"`
	// Reason is the signer's claim, as is Claimed, the time.
	Reason  string    `json:"reason,omitempty"`
	Claimed time.Time `json:"claimed,omitzero"`
	// Timestamp is when an authority saw the signature; zero without one.
	Timestamp time.Time `json:"timestamp,omitzero"`
	// Intact: the signed bytes are the ones that were signed, by this
	// certificate's key.
	Intact bool `json:"intact"`
	// WholeFile: nothing follows what the signature covers.
	WholeFile bool `json:"wholeFile"`
	// Trusted: the certificate leads to one of the given roots and was valid at
	// the time of signing. False when no roots were given.
	Trusted bool `json:"trusted"`
	// Changes are what was added after the signature.
	Changes []Change `json:"changes,omitempty"`
	// Problems say in words what is wrong; Remarks what a strict reader may
	// dislike.
	Problems []string `json:"problems,omitempty"`
	Remarks  []string `json:"remarks,omitempty"`

	certificate *x509.Certificate
	trustAsked  bool // roots were given
}

// Good tells whether every signature is intact, nothing was changed after one
// that it does not allow and, if trust is asked for, each is trusted. A file
// without signatures is not good.
func (r *Report) Good(trust bool) bool {
	for _, s := range r.Signatures {
		if !s.Good() || trust && !s.Trusted {
			return false
		}
	}
	return len(r.Signatures) > 0
}

// Good tells whether the signature is intact and all that follows is allowed.
func (s *SignatureReport) Good() bool {
	if !s.Intact {
		return false
	}
	for _, c := range s.Changes {
		if !c.Allowed {
			return false
		}
	}
	return true
}

// Findings gives the report of the signature in words, a finding a line.
func (s *SignatureReport) Findings() []string {
	lines := []string{"BAD: it is no valid signature of this file"}
	if s.Intact {
		lines[0] = "intact"
	}
	if s.WholeFile {
		lines = append(lines, "covers the whole file")
	}
	for _, c := range s.Changes {
		verdict := "allowed"
		if !c.Allowed {
			verdict = "NOT ALLOWED"
		}
		lines = append(lines, fmt.Sprintf("changed after signing, %s: %s (%s)", verdict, c.Kind, c.Path))
	}
	switch {
	case s.Trusted:
		lines = append(lines, "chained to a trusted root")
	case s.trustAsked:
		lines = append(lines, "not chained to a trusted root")
	default:
		lines = append(lines, "trust was not asked for")
	}
	if s.Reason != "" {
		lines = append(lines, "reason: "+s.Reason)
	}
	if !s.Claimed.IsZero() {
		lines = append(lines, "claimed time "+s.Claimed.Format(time.RFC3339))
	}
	if !s.Timestamp.IsZero() {
		lines = append(lines, "time-stamped "+s.Timestamp.Format(time.RFC3339))
	}
	for _, p := range s.Problems {
		lines = append(lines, "problem: "+p)
	}
	for _, r := range s.Remarks {
		lines = append(lines, "remark: "+r)
	}
	return lines
}

// Verify tells, for each signature of a file, whether it is intact, whether
// the signer's certificate leads to a given root, and what was changed after
// it. An error means that the file cannot be read; a file without signatures
// gives an empty report.
func Verify(ctx context.Context, doc io.ReaderAt, size int64, o VerifyOptions) (*Report, error) {
	f, err := pdf.Open(doc, size, pdf.Options{})
	if err != nil {
		return nil, err
	}
	r := &Report{Size: size, Signatures: []SignatureReport{}}
	r.Repaired, _ = f.Repaired()
	if r.Pages, err = f.Pages(); err != nil && !errors.Is(err, pdf.ErrNoPages) {
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
		v := verification{file: f, doc: doc, size: size, options: o, signature: s}
		r.Signatures = append(r.Signatures, v.run(ctx))
	}
	return r, nil
}

// verification is the verification of one signature.
type verification struct {
	file      *pdf.File
	doc       io.ReaderAt
	size      int64
	options   VerifyOptions
	signature *pdf.Signature
	report    SignatureReport
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
	if v.signature.Type == pdf.DocTimeStamp || v.signature.SubFilter == "ETSI.RFC3161" {
		return v.timestamp(ctx)
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
	at := v.report.Claimed
	if t, ok := sd.Signer.SigningTime(); ok && at.IsZero() {
		at, v.report.Claimed = t, t
	}
	for _, token := range sd.Signer.Timestamps() {
		if t := v.signatureTimestamp(token, sd.Signer.Signature); !t.IsZero() {
			at = t
		}
	}
	v.trust(sd.Signer.Certificate, sd.Certificates, at, x509.ExtKeyUsageAny)
	return nil
}

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

// timestamp checks a document time-stamp.
func (v *verification) timestamp(ctx context.Context) error {
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
	v.report.Timestamp = token.Time
	v.trust(token.Certificate(), token.Signed.Certificates, token.Time, x509.ExtKeyUsageTimeStamping)
	return nil
}

// signatureTimestamp checks a time-stamp over the signature value, and gives
// its time; zero where it proves nothing.
func (v *verification) signatureTimestamp(der, value []byte) time.Time {
	token, err := tsp.Parse(der)
	if err != nil {
		v.problem("time-stamp", err)
		return time.Time{}
	}
	findings, err := token.VerifySignature(value)
	v.remark(findings)
	if err != nil {
		v.problem("time-stamp", err)
		return time.Time{}
	}
	v.report.Timestamp = token.Time
	if len(v.options.Roots) == 0 || chains(token.Certificate(), token.Signed.Certificates, v.options.Roots, token.Time, x509.ExtKeyUsageTimeStamping) != nil {
		return time.Time{} // an unknown authority's word does not move the time
	}
	return token.Time
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
	v.report.certificate = c
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

// trust builds the way to one of the given roots.
func (v *verification) trust(c *x509.Certificate, with []*x509.Certificate, at time.Time, purpose x509.ExtKeyUsage) {
	if len(v.options.Roots) == 0 {
		return
	}
	if at.IsZero() {
		at = v.options.Now
	}
	if at.IsZero() {
		at = time.Now()
	}
	if err := chains(c, with, v.options.Roots, at, purpose); err != nil {
		v.problem("not trusted", err)
		return
	}
	v.report.Trusted = true
}

// chains tells why there is no way from a certificate to one of the roots.
func chains(c *x509.Certificate, with, roots []*x509.Certificate, at time.Time, purpose x509.ExtKeyUsage) error {
	if c == nil {
		return cms.ErrNoCertificate
	}
	for _, r := range roots { // a self-signed signer that is itself the root
		if c.Equal(r) {
			if at.Before(c.NotBefore) || at.After(c.NotAfter) {
				return errors.New("the certificate was not valid at the time of signing")
			}
			return nil
		}
	}
	o := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{purpose},
	}
	for _, r := range roots {
		o.Roots.AddCert(r)
	}
	for _, i := range with {
		o.Intermediates.AddCert(i)
	}
	_, err := c.Verify(o)
	return err
}

// coverage tells what follows the signed revision, and judges it.
func (v *verification) coverage(ctx context.Context) {
	end := v.signature.End()
	if end == v.size {
		v.report.WholeFile = true
		return
	}
	old, restrictions, err := v.revision(end)
	if err != nil {
		v.report.Changes = []Change{{Kind: ChangeUndecided, Path: "revision"}}
		v.problem("the signed revision cannot be compared with the file", err)
		return
	}
	p := permission(2)
	if restrictions.Permission > 0 {
		p = permission(restrictions.Permission)
	}
	v.report.Changes = append(compare(ctx, old, v.file, p, restrictions.Locks), v.trailing(end)...)
}

// revision opens the document as it was signed, with what its signatures leave
// open. A revision that can only be read by repairing it is not what a signer
// saw, or the end of the file is not what a reader sees.
func (v *verification) revision(end int64) (*pdf.File, pdf.Restrictions, error) {
	old, err := v.file.At(end)
	if err != nil {
		return nil, pdf.Restrictions{}, err
	}
	restrictions, err := old.Restrictions()
	if err != nil {
		return nil, restrictions, err
	}
	signatures, err := old.Signatures()
	if err != nil {
		return nil, restrictions, err
	}
	if !slices.ContainsFunc(signatures, v.isThis) {
		return nil, restrictions, errors.New("the signature does not belong to the revision that it covers")
	}
	for _, f := range []*pdf.File{old, v.file} {
		if repaired, why := f.Repaired(); repaired {
			return nil, restrictions, fmt.Errorf("%w: %s", pdf.ErrDamaged, why)
		}
	}
	return old, restrictions, nil
}

// isThis recognises the signature in another revision.
func (v *verification) isThis(s *pdf.Signature) bool {
	return s.Flaw == nil && s.Field.Name == v.signature.Field.Name && s.ByteRange == v.signature.ByteRange
}

// trailing reports bytes behind the last revision: they belong to nothing that
// a signature or a cross-reference section vouches for (the attack known as
// ISA).
func (v *verification) trailing(end int64) []Change {
	revisions, err := v.file.Revisions()
	if err != nil || len(revisions) == 0 {
		return []Change{{Kind: ChangeUndecided, Path: "revisions"}}
	}
	last := max(end, revisions[len(revisions)-1].End)
	if last >= v.size {
		return nil
	}
	rest := make([]byte, min(v.size-last, 1024))
	if _, err := v.doc.ReadAt(rest, last); err != nil && !errors.Is(err, io.EOF) {
		return []Change{{Kind: ChangeUndecided, Path: "end of file"}}
	}
	if strings.Trim(string(rest), "\x00\t\n\f\r ") == "" && v.size-last <= int64(len(rest)) {
		return nil
	}
	return []Change{{Kind: ChangeTrailing, Path: "end of file"}}
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
