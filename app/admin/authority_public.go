package admin

import (
	"context"
	"crypto/x509"
	"errors"
	"sync"
	"time"

	"signservice/app"
	"signservice/signer/ca"
)

// List gives an authority's list of revocations in DER, with its times and its
// number, to anybody.
//
// Errors: app.NotFound "authority.unknown", also where there is no list yet.
func (a *Authorities) List(ctx context.Context, id app.AuthorityID) (app.RevocationList, error) {
	const op = "give list"
	portal, root, err := a.find(ctx, op, id)
	if err != nil {
		return app.RevocationList{}, err
	}
	var l app.RevocationList
	if root {
		r, rootErr := a.config.Store.Root(ctx, portal, id)
		l, err = r.List, rootErr
	} else {
		i, issuerErr := a.config.Store.Issuer(ctx, portal, id)
		l, err = i.List, issuerErr
	}
	if err != nil {
		return app.RevocationList{}, app.Wrap(op, err)
	}
	if len(l.DER) == 0 {
		return app.RevocationList{}, app.Fail(app.NotFound, op, "authority.unknown")
	}
	return l, nil
}

// Certificate gives an authority's certificate in DER, to anybody.
//
// Errors: app.NotFound "authority.unknown", also while it waits for its root.
func (a *Authorities) Certificate(ctx context.Context, id app.AuthorityID) ([]byte, error) {
	const op = "give authority's certificate"
	portal, root, err := a.find(ctx, op, id)
	if err != nil {
		return nil, err
	}
	var der []byte
	if root {
		r, rootErr := a.config.Store.Root(ctx, portal, id)
		der, err = r.DER, rootErr
	} else {
		i, issuerErr := a.config.Store.Issuer(ctx, portal, id)
		der, err = i.DER, issuerErr
	}
	if err != nil {
		return nil, app.Wrap(op, err)
	}
	if len(der) == 0 {
		return nil, app.Fail(app.NotFound, op, "authority.unknown")
	}
	return der, nil
}

func (a *Authorities) find(ctx context.Context, op string, id app.AuthorityID) (app.PortalID, bool, error) {
	if !authorityID.MatchString(string(id)) {
		return "", false, app.Fail(app.NotFound, op, "authority.unknown")
	}
	portal, root, err := a.config.Store.FindAuthority(ctx, id)
	return portal, root, app.Wrap(op, err)
}

// OCSPAnswer is an answer to an OCSP request, in DER.
type OCSPAnswer struct {
	DER []byte
	// Until is until when it may be kept; zero for an answer that says that none
	// can be given.
	Until time.Time
}

// How long an answer says that it is good, and how long it is given again before
// it is signed anew.
const (
	ocspLife = 12 * time.Hour
	ocspKeep = time.Hour
)

// OCSP answers a request (RFC 6960) about a certificate of an authority, to
// anybody. It answers every request; an error means that the authority is unknown
// (app.NotFound). Only certificates that were issued get a signed answer, each at
// most once an hour and kind of request, so that nobody can keep the key busy.
func (a *Authorities) OCSP(ctx context.Context, id app.AuthorityID, request []byte) (OCSPAnswer, error) {
	const op = "answer OCSP"
	portal, root, err := a.find(ctx, op, id)
	if err != nil {
		return OCSPAnswer{}, err
	}
	if root { // whose key is elsewhere; its list says it all
		return OCSPAnswer{DER: ca.OCSPUnauthorized()}, nil
	}
	i, err := a.config.Store.Issuer(ctx, portal, id)
	if err != nil {
		return OCSPAnswer{}, app.Wrap(op, err)
	}
	if i.Waiting() {
		return OCSPAnswer{}, app.Fail(app.NotFound, op, "authority.unknown")
	}
	c, err := x509.ParseCertificate(i.DER)
	if err != nil {
		return OCSPAnswer{}, app.Wrap(op, err)
	}
	q, err := ca.ParseOCSPRequest(request, c)
	switch {
	case errors.Is(err, ca.ErrOCSPIssuer):
		return OCSPAnswer{DER: ca.OCSPUnauthorized()}, nil
	case err != nil:
		return OCSPAnswer{DER: ca.OCSPMalformed()}, nil
	}
	found, err := a.config.Store.Issued(ctx, portal, id, q.Serial.Text(16))
	if errors.Is(err, app.NotFound) {
		return OCSPAnswer{DER: ca.OCSPUnauthorized()}, nil
	}
	if err != nil {
		return OCSPAnswer{}, app.Wrap(op, err)
	}
	return a.signedAnswer(ctx, i, found, q)
}

// signedAnswer gives an answer that was kept, or signs one.
func (a *Authorities) signedAnswer(ctx context.Context, i app.IssuingAuthority, c app.IssuedCertificate, q ca.OCSPRequest) (OCSPAnswer, error) {
	now := a.config.Now().UTC()
	at := answerKey{authority: i.ID, serial: c.Serial, hash: uint(q.Hash), revoked: !c.RevokedAt.IsZero()}
	if kept, ok := a.answers.get(at, now); ok {
		return kept, nil
	}
	o := ca.OCSPAnswer{OCSPRequest: q, ThisUpdate: now, NextUpdate: now.Add(ocspLife)}
	if at.revoked {
		o.Revoked = &ca.Revoked{Serial: q.Serial, At: c.RevokedAt, Reason: ca.Reason(c.Reason)}
	}
	key, err := a.open(ctx, i.Portal, i.ID, i.DER)
	if err != nil {
		return OCSPAnswer{}, app.Wrap("answer OCSP", err)
	}
	der, err := key.AnswerOCSP(o)
	if err != nil {
		return OCSPAnswer{}, app.Wrap("answer OCSP", err)
	}
	answer := OCSPAnswer{DER: der, Until: o.NextUpdate}
	a.answers.put(at, answer, now)
	return answer, nil
}

// answers keeps signed answers for a while.
type answers struct {
	mu   *sync.Mutex
	kept map[answerKey]keptAnswer // guarded by mu
}

// answerKey tells answers apart; one about a certificate that was revoked is
// another than before.
type answerKey struct {
	authority app.AuthorityID
	serial    string
	hash      uint
	revoked   bool
}

type keptAnswer struct {
	OCSPAnswer
	at time.Time
}

// maxAnswers bounds the memory: some 10 MB.
const maxAnswers = 10_000

func newAnswers() answers { return answers{mu: &sync.Mutex{}, kept: map[answerKey]keptAnswer{}} }

func (s answers) get(at answerKey, now time.Time) (OCSPAnswer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.kept[at]
	return k.OCSPAnswer, ok && !now.Before(k.at) && now.Before(k.at.Add(ocspKeep))
}

func (s answers) put(at answerKey, a OCSPAnswer, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= maxAnswers {
		clear(s.kept)
	}
	s.kept[at] = keptAnswer{a, now}
}

// OCSPRequestIn gives the request that stands in an address behind the
// responder's (RFC 6960, A.1); what is none gives nothing, to which OCSP answers
// that it is malformed.
func OCSPRequestIn(escapedPath string) []byte {
	der, err := ca.OCSPFromPath(escapedPath)
	if err != nil {
		return nil
	}
	return der
}
