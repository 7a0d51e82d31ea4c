package signer

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"

	"signservice/signer/pdf"
	"signservice/signer/revocation"
)

// Bounds of the material that is looked at: a file cannot make a verification
// work longer. Honest files hold a few pieces a signature.
const (
	maxCertificates  = 512
	maxPieces        = 512
	maxEvidenceBytes = 32 << 20
	maxChecks        = 2000 // pieces held against certificates, signatures verified
	maxChain         = 10   // certificates from a signer to a root
)

// evidence is what tells of certificates: those that are known, and material
// about their revocation, from a security store or from the network. It is not
// safe for concurrent use.
type evidence struct {
	certificates []*x509.Certificate
	pieces       []*piece
	fetched      []*piece        // of pieces, those from the network
	known        map[digest]bool // of both
	size, checks int
	asked        map[string][]statement // by the DER of certificate and issuer
	read         readings
}

// digest names a piece of DER.
type digest = [sha256.Size]byte

// readings are the pieces that were read, so that what several revisions of a
// file hold is read once.
type readings map[digest]*piece

// piece is an OCSP answer or a revocation list.
type piece struct {
	der    []byte
	isList bool
	list   *revocation.CRL // once it was read
	broken bool
}

// statement is what a piece says of a certificate.
type statement struct {
	revocation.Status
	*piece
	fetched bool
}

func newEvidence(read readings) *evidence {
	return &evidence{known: map[digest]bool{}, asked: map[string][]statement{}, read: read}
}

func (e *evidence) addStore(store *pdf.SecurityStore) {
	all := append([]pdf.RelatedMaterial{{Certs: store.Certs, OCSPs: store.OCSPs, CRLs: store.CRLs}}, store.Related...)
	for _, r := range all {
		for _, der := range r.Certs {
			if len(e.certificates) < maxCertificates && !e.known[sha256.Sum256(der)] {
				if c, err := x509.ParseCertificate(der); err == nil {
					e.addCertificates(c)
				}
			}
		}
		e.addPieces(r.OCSPs, false, false)
		e.addPieces(r.CRLs, true, false)
	}
}

func (e *evidence) addCertificates(all ...*x509.Certificate) {
	for _, c := range all {
		name := sha256.Sum256(c.Raw)
		if len(e.certificates) < maxCertificates && !e.known[name] {
			e.known[name] = true
			e.certificates = append(e.certificates, c)
		}
	}
}

func (e *evidence) addPieces(ders [][]byte, isList, fetched bool) {
	for _, der := range ders {
		name := sha256.Sum256(der)
		if e.known[name] || len(e.pieces) >= maxPieces || e.size+len(der) > maxEvidenceBytes {
			continue
		}
		e.known[name] = true
		e.size += len(der)
		if e.read[name] == nil {
			e.read[name] = &piece{der: der, isList: isList}
		}
		e.pieces = append(e.pieces, e.read[name])
		if fetched {
			e.fetched = append(e.fetched, e.read[name])
		}
		clear(e.asked)
	}
}

// addMaterial adds what was fetched.
func (e *evidence) addMaterial(m *revocation.Material) {
	e.addCertificates(m.Certificates...)
	e.addPieces(m.OCSPs, false, true)
	e.addPieces(m.CRLs, true, true)
}

// statements gives what the material says of a certificate of an issuer, each
// verified.
func (e *evidence) statements(c, issuer *x509.Certificate) []statement {
	key := string(c.Raw) + string(issuer.Raw)
	if all, ok := e.asked[key]; ok {
		return all
	}
	var all []statement
	for _, p := range e.pieces {
		if e.checks++; e.checks > maxChecks {
			break
		}
		if s, err := p.read(c, issuer); err == nil {
			all = append(all, statement{s, p, slices.Contains(e.fetched, p)})
		}
	}
	e.asked[key] = all
	return all
}

// read gives what a piece says; a list is parsed once for all certificates.
func (p *piece) read(c, issuer *x509.Certificate) (revocation.Status, error) {
	if !p.isList {
		return revocation.ReadOCSP(p.der, c, issuer)
	}
	if p.list == nil && !p.broken {
		var err error
		p.list, err = revocation.ParseCRL(p.der)
		p.broken = err != nil
	}
	if p.broken {
		return revocation.Status{}, revocation.ErrMaterial
	}
	return p.list.Status(c, issuer)
}

// standing tells how a certificate stood at a time.
func (e *evidence) standing(c, issuer *x509.Certificate, at time.Time) Revocation {
	out := Revocation{Status: StandingUnknown, Certificate: c.Subject.String()}
	all := e.statements(c, issuer)
	for _, s := range all {
		if s.Revoked && !e.superseded(s, issuer, all) && e.usable(s, issuer) && (out.Since.IsZero() || s.RevokedAt.Before(out.Since)) {
			out.Since, out.Reason, out.AsOf, out.FromNetwork = s.RevokedAt, reasonName(s.Reason), s.ThisUpdate, s.fetched
		}
	}
	if !out.Since.IsZero() && !at.Before(out.Since) {
		out.Status = StandingRevoked
		return out
	}
	for _, s := range all {
		if s.Good(at) && s.SpeaksOf(c, at) && e.usable(s, issuer) && (out.Status != StandingGood || s.ThisUpdate.After(out.AsOf)) {
			out.Status, out.AsOf, out.FromNetwork = StandingGood, s.ThisUpdate, s.fetched
		}
	}
	return out
}

// superseded tells whether a revocation was taken back: only a certificate that
// was on hold may become good again (RFC 5280, 5.3.1).
func (e *evidence) superseded(s statement, issuer *x509.Certificate, all []statement) bool {
	const certificateHold = 6
	return s.Reason == certificateHold && slices.ContainsFunc(all, func(later statement) bool {
		return !later.Revoked && later.ThisUpdate.After(s.ThisUpdate) && e.usable(later, issuer)
	})
}

// usable tells whether the responder who made a statement is not known to have
// been revoked by then.
func (e *evidence) usable(s statement, issuer *x509.Certificate) bool {
	if s.Responder == nil || s.Exempt {
		return true
	}
	return !slices.ContainsFunc(e.statements(s.Responder, issuer), func(about statement) bool { return !about.Status.Good(s.ThisUpdate) })
}

// gap is a certificate about which material is missing.
type gap struct{ certificate, issuer *x509.Certificate }

// gaps gives the certificates of a chain of which nothing says how they stood at
// a time, responders who need it included. The last of the chain is an anchor.
func (e *evidence) gaps(chain []*x509.Certificate, at time.Time) []gap {
	var out []gap
	for i := range len(chain) - 1 {
		c, issuer := chain[i], chain[i+1]
		var responders []gap
		covered := false
		for _, s := range e.statements(c, issuer) {
			if !s.SpeaksOf(c, at) {
				continue
			}
			if s.Responder == nil || s.Exempt || e.vouched(s, issuer) {
				covered = true
				break
			}
			responders = append(responders, gap{s.Responder, issuer})
		}
		switch {
		case covered:
		case len(responders) > 0:
			out = append(out, responders[0])
		default:
			out = append(out, gap{c, issuer})
		}
	}
	return out
}

// support gives what speaks of the certificates of a chain at a time: statements
// about them, and about the responders who made those.
func (e *evidence) support(chain []*x509.Certificate, at time.Time) []statement {
	var all []statement
	for i := range len(chain) - 1 {
		for _, s := range e.statements(chain[i], chain[i+1]) {
			if !s.SpeaksOf(chain[i], at) {
				continue
			}
			all = append(all, s)
			if s.Responder != nil && !s.Exempt {
				all = append(all, e.statements(s.Responder, chain[i+1])...)
			}
		}
	}
	return all
}

// vouched tells whether the material says of the responder of a statement that
// it was good.
func (e *evidence) vouched(s statement, issuer *x509.Certificate) bool {
	return slices.ContainsFunc(e.statements(s.Responder, issuer), func(about statement) bool {
		return about.SpeaksOf(s.Responder, s.ThisUpdate) && about.Good(s.ThisUpdate) &&
			(about.Responder == nil || about.Exempt || about.Responder.Equal(s.Responder))
	})
}

// path gives the way from a certificate to the first that is one of the anchors
// or signed itself; false when an issuer is not known.
func (e *evidence) path(c *x509.Certificate, more, anchors []*x509.Certificate) (chain []*x509.Certificate, complete bool) {
	if c == nil {
		return nil, false
	}
	chain = []*x509.Certificate{c}
	for len(chain) < maxChain {
		last := chain[len(chain)-1]
		if slices.ContainsFunc(anchors, last.Equal) || selfSigned(last) {
			return chain, true
		}
		issuer := e.issuer(last, anchors, more, e.certificates)
		if issuer == nil {
			return chain, false
		}
		chain = append(chain, issuer)
	}
	return chain, false
}

// issuer looks for who signed a certificate.
func (e *evidence) issuer(c *x509.Certificate, lists ...[]*x509.Certificate) *x509.Certificate {
	for _, list := range lists {
		for _, issuer := range list {
			if !bytes.Equal(issuer.RawSubject, c.RawIssuer) {
				continue
			}
			if e.checks++; e.checks > maxChecks {
				return nil
			}
			if c.CheckSignatureFrom(issuer) == nil {
				return issuer
			}
		}
	}
	return nil
}

// selfSigned tells whether a certificate names and signed itself.
func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}
