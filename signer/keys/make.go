//go:build cgo

package keys

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/miekg/pkcs11"
)

// GenerateKey has a token make a key pair whose private half never leaves it,
// under a CKA_ID of its own, and gives its name. It takes a token seconds, with
// long RSA keys minutes. When it fails with ErrToken a key may have been made:
// List shows it then, as a key without a certificate.
//
// Errors: ErrKeyUnsupported for a kind that the token does not know, and those
// about tokens and PINs.
func (r *Tokens) GenerateKey(ctx context.Context, token string, k NewKey) (KeyID, error) {
	t, err := r.find(ctx, token)
	if err != nil {
		return KeyID{}, err
	}
	id := make([]byte, 10)
	rand.Read(id) //nolint:errcheck // it never fails, see crypto/rand
	mechanism, public, err := generation(k.Kind)
	if err != nil {
		return KeyID{}, err
	}
	tried := false
	err = t.use(ctx, func() error {
		if tried { // the first try may have made one
			return fmt.Errorf("%w while it made a key", ErrToken)
		}
		return t.writing(func(session pkcs11.SessionHandle) error {
			tried = true
			return generate(t.module.ctx, session, mechanism, public, k.Label, id)
		})
	})
	return KeyID{Token: t.currentStatus().Token.Serial, ID: hex.EncodeToString(id)}, err
}

// generation gives the mechanism for a kind of key, and what the public half is
// made with (PKCS#11 v2.40, mechanisms, 2.1.4 and 2.3.5).
func generation(kind Kind) (uint, []*pkcs11.Attribute, error) {
	bits := map[Kind]int{RSA2048: 2048, RSA3072: 3072, RSA4096: 4096}[kind]
	if bits > 0 {
		return pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_MODULUS_BITS, bits),
			pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1}),
		}, nil
	}
	curves := map[Kind]asn1.ObjectIdentifier{"": {1, 2, 840, 10045, 3, 1, 7}, P256: {1, 2, 840, 10045, 3, 1, 7}, P384: {1, 3, 132, 0, 34}}
	oid, ok := curves[kind]
	if !ok {
		return 0, nil, fmt.Errorf("make a key of kind %q: %w", kind, ErrKeyUnsupported)
	}
	params, err := asn1.Marshal(oid)
	return pkcs11.CKM_EC_KEY_PAIR_GEN, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, params)}, err
}

// generate makes the pair in a session.
func generate(p *pkcs11.Ctx, session pkcs11.SessionHandle, mechanism uint, public []*pkcs11.Attribute, label string, id []byte) error {
	both := []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_ID, id),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
	}
	public = append(append(public, both...), pkcs11.NewAttribute(pkcs11.CKA_VERIFY, true))
	private := append(slices.Clone(both),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
		pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false),
		pkcs11.NewAttribute(pkcs11.CKA_SIGN, true),
	)
	if _, _, err := p.GenerateKeyPair(session, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, public, private); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	return nil
}

// writing calls f with a session that may write. The caller holds module.mu.
func (t *token) writing(f func(session pkcs11.SessionHandle) error) error {
	p := t.module.ctx
	session, err := p.OpenSession(t.slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	defer func() { _ = p.CloseSession(session) }()
	return f(session)
}

// CertificateRequest makes a certificate request (PKCS #10, DER) for the private
// key that id.Token and id.ID name, with or without a certificate.
//
// Errors: ErrKeyAbsent, ErrKeyAmbiguous, ErrKeyUnsupported, and those about
// tokens and PINs.
func (r *Tokens) CertificateRequest(ctx context.Context, id KeyID, s Subject) ([]byte, error) {
	t, err := r.find(ctx, id.Token)
	if err != nil {
		return nil, err
	}
	entries, err := t.read(ctx)
	if err != nil {
		return nil, err
	}
	e, err := privateKey(entries, id.ID)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	return s.request(NewSigner(e, t.signWith(e)))
}

// privateKey gives the one private key with a CKA_ID.
func privateKey(entries []Entry, id string) (Entry, error) {
	var found Entry
	for _, e := range entries {
		switch {
		case !e.HasKey || e.ID.ID != id || id == "":
		case e.Public == nil:
			return Entry{}, fmt.Errorf("%w: its public half is not on the token", ErrKeyUnsupported)
		case e.Problem != nil:
			return Entry{}, e.Problem
		case found.HasKey && !samePublic(found.Public, e.Public):
			return Entry{}, ErrKeyAmbiguous
		default:
			found = e
		}
	}
	if !found.HasKey {
		return Entry{}, ErrKeyAbsent
	}
	return found, nil
}

// ImportCertificate writes a certificate (DER) onto a token, under the CKA_ID of
// the private key that it belongs to, and gives its name. One that is there
// already is left as it is.
//
// Errors: ErrFormat, ErrKeyMismatch, ErrKeyUnsupported, and those about tokens
// and PINs.
func (r *Tokens) ImportCertificate(ctx context.Context, token string, der []byte) (KeyID, error) {
	c, err := parse(der)
	if err != nil {
		return KeyID{}, err
	}
	t, err := r.find(ctx, token)
	if err != nil {
		return KeyID{}, err
	}
	entries, err := t.read(ctx)
	if err != nil {
		return KeyID{}, err
	}
	at := slices.IndexFunc(entries, func(e Entry) bool { return e.HasKey && samePublic(e.Public, c.PublicKey) })
	if at < 0 {
		return KeyID{}, t.wrap(ErrKeyMismatch)
	}
	if err := errors.Join(supported(c.PublicKey), entries[at].Problem); err != nil {
		return KeyID{}, t.wrap(err)
	}
	id := KeyID{Token: entries[at].ID.Token, ID: entries[at].ID.ID, Certificate: Fingerprint(der)}
	if slices.ContainsFunc(entries, func(e Entry) bool { return e.ID == id }) {
		return id, nil
	}
	err = t.use(ctx, func() error {
		return t.writing(func(session pkcs11.SessionHandle) error { return t.writeCertificate(session, id, entries[at].Label, c) })
	})
	return id, err
}

// writeCertificate makes the object (PKCS#11 v2.40, 4.6.3).
func (t *token) writeCertificate(session pkcs11.SessionHandle, id KeyID, label string, c *x509.Certificate) error {
	raw, err := hex.DecodeString(id.ID)
	if err != nil {
		return fmt.Errorf("CKA_ID %q: %w", id.ID, err)
	}
	serial, err := asn1.Marshal(c.SerialNumber)
	if err != nil {
		return fmt.Errorf("serial number: %w", err)
	}
	if _, err := t.module.ctx.CreateObject(session, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_CERTIFICATE),
		pkcs11.NewAttribute(pkcs11.CKA_CERTIFICATE_TYPE, pkcs11.CKC_X_509),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, false),
		pkcs11.NewAttribute(pkcs11.CKA_ID, raw),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
		pkcs11.NewAttribute(pkcs11.CKA_SUBJECT, c.RawSubject),
		pkcs11.NewAttribute(pkcs11.CKA_ISSUER, c.RawIssuer),
		pkcs11.NewAttribute(pkcs11.CKA_SERIAL_NUMBER, serial),
		pkcs11.NewAttribute(pkcs11.CKA_VALUE, c.Raw),
	}); err != nil {
		return fmt.Errorf("write the certificate: %w", err)
	}
	return nil
}
