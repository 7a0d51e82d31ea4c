package revocation

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"signservice/signer/cms"
)

// maxChain bounds the way from a certificate to its root.
const maxChain = 10

// Complete gives the chain of a certificate, itself first and its root last,
// from the certificates that are known and, where one is missing, from the
// addresses in the certificates (caIssuers, RFC 5280, 4.2.2.1). Fetched
// certificates count only when they signed the one below.
//
// Errors: ErrIncomplete with the chain as far as it goes. Whether the root is
// trusted is not asked.
func (g *Gatherer) Complete(ctx context.Context, leaf *x509.Certificate, known []*x509.Certificate) ([]*x509.Certificate, error) {
	chain := []*x509.Certificate{leaf}
	for len(chain) < maxChain {
		last := chain[len(chain)-1]
		if isRoot(last) {
			return chain, nil
		}
		issuer := issuerOf(last, known)
		if issuer == nil {
			var err error
			if issuer, err = g.fetchIssuer(ctx, last); err != nil {
				return chain, fmt.Errorf("%w: %q: %w", ErrIncomplete, last.Issuer, err)
			}
		}
		chain = append(chain, issuer)
	}
	return chain, fmt.Errorf("%w: more than %d levels", ErrIncomplete, maxChain)
}

// isRoot tells whether a certificate signed itself.
func isRoot(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// issuerOf looks for the issuer among certificates.
func issuerOf(c *x509.Certificate, all []*x509.Certificate) *x509.Certificate {
	for _, issuer := range all {
		if bytes.Equal(issuer.RawSubject, c.RawIssuer) && c.CheckSignatureFrom(issuer) == nil {
			return issuer
		}
	}
	return nil
}

// fetchIssuer fetches the issuer from the addresses in the certificate.
func (g *Gatherer) fetchIssuer(ctx context.Context, c *x509.Certificate) (*x509.Certificate, error) {
	errs := []error{}
	for _, address := range first(c.IssuingCertificateURL) {
		data, err := g.fetch(ctx, address, nil, "", maxCertificate)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if issuer := issuerOf(c, readCertificates(data)); issuer != nil {
			return issuer, nil
		}
		errs = append(errs, fmt.Errorf("%w: what is there is not its issuer", ErrMaterial))
	}
	if len(errs) == 0 {
		return nil, errors.New("the certificate does not say where")
	}
	return nil, errors.Join(errs...)
}

// readCertificates reads a certificate in DER, or several in PEM or PKCS#7.
func readCertificates(data []byte) []*x509.Certificate {
	if c, err := x509.ParseCertificate(data); err == nil {
		return []*x509.Certificate{c}
	}
	if all, err := cms.Certificates(data); err == nil {
		return all
	}
	var all []*x509.Certificate
	for range maxChain {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			all = append(all, c)
		}
	}
	return all
}

// first bounds the number of addresses that are tried.
func first(addresses []string) []string { return addresses[:min(len(addresses), 3)] }
