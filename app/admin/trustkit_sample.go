package admin

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"signservice/app/i18n"
	"signservice/signer"
	"signservice/signer/ca"
)

// signedSample is a page with nothing on it but a visible signature, which says
// in the language what it is for.
func signedSample(ctx context.Context, words *i18n.Printer, now time.Time, who ca.Authority, issuer *x509.Certificate) ([]byte, error) {
	page := bytes.NewReader(emptyPage())
	name := who.Certificate.Subject.CommonName
	o := signer.Options{
		Certificate: who.Certificate, Chain: []*x509.Certificate{issuer}, Time: now, Name: name, Reason: words.T("kit.sample-reason"),
		Signet: &signer.Signet{
			Page: 1,
			Mark: signer.Mark{
				Labels: signer.Labels{
					Title: words.T("kit.sample-title"), Reason: words.T("kit.sample-what"), Internal: words.T("signet.internal"),
				},
				Owner: name, Internal: true, Time: now, Reason: words.T("kit.sample-reason"), Width: 400, Height: 120,
			},
		},
	}
	var err error
	if o.Signet.Position, err = signer.ParsePosition("top-center"); err != nil {
		return nil, err
	}
	p, err := signer.Prepare(ctx, page, page.Size(), o)
	if err != nil {
		return nil, fmt.Errorf("prepare test document: %w", err)
	}
	container, err := signer.Sign(ctx, p, who.Key)
	if err != nil {
		return nil, fmt.Errorf("sign test document: %w", err)
	}
	var signed bytes.Buffer
	if err := signer.Embed(ctx, &signed, page, p, container); err != nil {
		return nil, fmt.Errorf("write test document: %w", err)
	}
	return signed.Bytes(), nil
}

// emptyPage is a PDF of one empty page in A4 (ISO 32000-1, 7.5).
func emptyPage() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var offsets []int
	for _, object := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>",
	} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), object)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, table)
	return b.Bytes()
}
