//go:build cgo

package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"github.com/miekg/pkcs11"
)

// signAuthenticated signs with a key that wants the PIN at each signature
// (CKA_ALWAYS_AUTHENTICATE): C_SignInit, C_Login as CKU_CONTEXT_SPECIFIC, C_Sign
// (PKCS#11 v2.40, 5.6 and 5.11). crypto11 cannot do that. The caller holds
// module.mu.
func (t *token) signAuthenticated(e Entry, digest []byte, opts crypto.SignerOpts) (value []byte, err error) {
	t.signatureMu.Lock()
	defer t.signatureMu.Unlock()
	p := t.module.ctx
	session, err := p.OpenSession(t.slot, pkcs11.CKF_SERIAL_SESSION)
	if err != nil {
		return nil, fmt.Errorf("open a session: %w", err)
	}
	defer func() { _ = p.CloseSession(session) }() // ends the operation as well
	template, err := keyTemplate(e)
	if err != nil {
		return nil, err
	}
	handles, err := findObjects(p, session, append(template, pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY)))
	switch {
	case err != nil:
		return nil, fmt.Errorf("find the private key: %w", err)
	case len(handles) == 0:
		return nil, ErrKeyAbsent
	case len(handles) > 1:
		return nil, ErrKeyAmbiguous
	}
	mechanism, message, err := mechanismFor(e.Public, digest, opts)
	if err != nil {
		return nil, err
	}
	if err := p.SignInit(session, []*pkcs11.Mechanism{mechanism}, handles[0]); err != nil {
		return nil, fmt.Errorf("begin to sign: %w", err)
	}
	if err := t.authenticate(session); err != nil {
		return nil, err
	}
	if value, err = p.Sign(session, message); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if _, ok := e.Public.(*ecdsa.PublicKey); ok {
		return joinECDSA(value)
	}
	return value, nil
}

// authenticate sends the PIN of a signature, which is the user PIN where no
// other is configured.
func (t *token) authenticate(session pkcs11.SessionHandle) error {
	info, err := t.module.ctx.GetTokenInfo(t.slot)
	if err != nil {
		return fmt.Errorf("read the token's flags: %w", err)
	}
	source, name := t.config.SignaturePIN, t.serial+"/signature"
	if source == nil {
		source, name = t.config.PIN, t.serial
		if err := loginAllowed(info); err != nil {
			return err
		}
	}
	return t.sendPIN(context.Background(), source, name, func(pin string) error {
		return t.module.ctx.Login(session, pkcs11.CKU_CONTEXT_SPECIFIC, pin)
	})
}

// mechanismFor gives the mechanism and what the token is to sign with it.
func mechanismFor(public crypto.PublicKey, digest []byte, opts crypto.SignerOpts) (*pkcs11.Mechanism, []byte, error) {
	if _, ok := public.(*ecdsa.PublicKey); ok {
		return pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil), digest, nil
	}
	if pss, ok := opts.(*rsa.PSSOptions); ok {
		hash, mgf, err := pssMechanisms(pss.Hash)
		if err != nil {
			return nil, nil, err
		}
		params := pkcs11.NewPSSParams(hash, mgf, uint(pss.SaltLength)) //nolint:gosec // explicitOptions holds it positive
		return pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS_PSS, params), digest, nil
	}
	info, err := digestInfo(opts.HashFunc(), digest)
	return pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS, nil), info, err
}

func pssMechanisms(h crypto.Hash) (hash, mgf uint, err error) {
	switch h {
	case crypto.SHA256:
		return pkcs11.CKM_SHA256, pkcs11.CKG_MGF1_SHA256, nil
	case crypto.SHA384:
		return pkcs11.CKM_SHA384, pkcs11.CKG_MGF1_SHA384, nil
	case crypto.SHA512:
		return pkcs11.CKM_SHA512, pkcs11.CKG_MGF1_SHA512, nil
	}
	return 0, 0, fmt.Errorf("digest %v: %w", h, ErrKeyUnsupported)
}

// digestInfo writes the DigestInfo of PKCS #1 v1.5 (RFC 8017, 9.2), which
// CKM_RSA_PKCS leaves to the caller.
func digestInfo(h crypto.Hash, digest []byte) ([]byte, error) {
	oids := map[crypto.Hash]asn1.ObjectIdentifier{
		crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1},
		crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2},
		crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3},
	}
	oid, ok := oids[h]
	if !ok {
		return nil, fmt.Errorf("digest %v: %w", h, ErrKeyUnsupported)
	}
	type algorithm struct {
		OID  asn1.ObjectIdentifier
		Null asn1.RawValue
	}
	return asn1.Marshal(struct {
		Algorithm algorithm
		Digest    []byte
	}{algorithm{oid, asn1.NullRawValue}, digest})
}

// joinECDSA turns r and s side by side, as PKCS#11 has them, into ASN.1.
func joinECDSA(value []byte) ([]byte, error) {
	if len(value) == 0 || len(value)%2 != 0 {
		return nil, errors.New("the token gave an ECDSA signature of odd length")
	}
	half := len(value) / 2
	return asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(value[:half]), new(big.Int).SetBytes(value[half:]),
	})
}
