package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"

	"signservice/signer"
	"signservice/signer/revocation"
	"signservice/signer/tsp"
)

// levelFlags say from what levels above B-B are made.
type levelFlags struct {
	TSA     []string       `name:"tsa" help:"Address of a time-stamp authority; may be given several times, and they are asked in this order." sep:"none" placeholder:"URL"`
	TSARoot []string       `name:"tsa-root" help:"Roots to which time-stamp authorities must lead, PEM or DER. Any is believed, if it is not given." type:"path" sep:"none" placeholder:"F.pem"`
	Root    []string       `help:"Certificates that chains may need, such as roots, PEM or DER; may be given several times." type:"path" sep:"none" placeholder:"F.pem"`
	Allow   []netip.Prefix `help:"Network that may be asked about certificates although it is not public, such as 10.0.0.0/8." placeholder:"NET"`
	Lower   bool           `help:"Reach the highest level that the authorities allow, instead of failing."`
}

// sources gives what the flags name, and what ends it.
func (f levelFlags) sources() (signer.Sources, func(), error) {
	known, err := readCertificates(f.Root)
	if err != nil {
		return signer.Sources{}, nil, err
	}
	gatherer := revocation.New(revocation.Config{Allow: f.Allow})
	client := &http.Client{}
	s := signer.Sources{Known: known, Revocation: gatherer}
	if s.Timestamps, err = f.timestamps(client); err != nil {
		return signer.Sources{}, nil, err
	}
	if f.Lower {
		s.Shortfall = signer.Lower
	}
	return s, func() { gatherer.Close(); client.CloseIdleConnections() }, nil
}

// timestamps gives the authorities; nil when there is none.
func (f levelFlags) timestamps(client *http.Client) (signer.Timestamps, error) {
	if len(f.TSA) == 0 {
		return nil, nil
	}
	c := tsp.Client{URLs: f.TSA, HTTP: client}
	roots, err := readCertificates(f.TSARoot)
	if err != nil || len(roots) == 0 {
		return c, err
	}
	c.Roots = x509.NewCertPool()
	for _, r := range roots {
		c.Roots.AddCert(r)
	}
	return c, nil
}

// withIssuers adds a signer's issuers to what is known.
func withIssuers(s signer.Sources, issuers []*x509.Certificate) signer.Sources {
	s.Known = append(s.Known[:len(s.Known):len(s.Known)], issuers...)
	return s
}

// tellShort says why the level is lower than was asked for.
func tellShort(w io.Writer, level signer.Level, short error) {
	if short != nil {
		fmt.Fprintf(w, "signservice: the level is %v and no higher: %s\n", level, sentence(short))
	}
}

// levelHint adds what can be done about a level that is not reached; nil for
// other errors.
func levelHint(name string, err error) error {
	hints := []struct {
		cause error
		hint  string
	}{
		{tsp.ErrUnavailable, "give another authority as well: --tsa may be given several times; or --lower goes on without it"},
		{tsp.ErrRefused, "give another authority as well: --tsa may be given several times; or --lower goes on without it"},
		{tsp.ErrMalformed, "look whether --tsa is the address of a time-stamp authority (RFC 3161)"},
		{tsp.ErrMismatch, "do not use this authority; give another with --tsa"},
		{tsp.ErrCertificate, "do not use this authority; give another with --tsa"},
		{revocation.ErrRevoked, "use a certificate that was not revoked"},
		{revocation.ErrForbidden, "if the address is your own authority's, permit it: --allow NET"},
		{revocation.ErrIncomplete, "give the missing issuers up to the root with --root; or --lower stays at the level that can be reached"},
		{signer.ErrMaterial, "try again later; or --lower stays at the level that can be reached"},
		{signer.ErrNoSignature, "sign it first: signservice sign --level lta IN OUT"},
		{signer.ErrNotGood, "look at it: signservice verify FILE"},
		{signer.ErrNotBaseline, "only signatures of PAdES have levels; ask its signer to sign anew"},
		{signer.ErrSource, "give the address of a time-stamp authority: --tsa URL"},
	}
	for _, h := range hints {
		if errors.Is(err, h.cause) {
			return hinted(fmt.Errorf("%s: %w", name, err), h.hint)
		}
	}
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return hinted(fmt.Errorf("%s: %w", name, err), "the authority leads to none of --tsa-root; give its root, or another authority")
	}
	return nil
}
