//go:build cgo

package keys

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/miekg/pkcs11"
)

// maxObjects bounds the objects of one class that are read from a token.
const maxObjects = 4096

// read reads what is on the token and remembers it until the token is opened
// anew.
func (t *token) read(ctx context.Context) (entries []Entry, err error) {
	err = t.use(ctx, func() error {
		objects, err := t.readObjects()
		if err != nil {
			return err
		}
		entries = pair(t.serial, objects)
		t.cacheMu.Lock()
		t.entries = entries
		t.cacheMu.Unlock()
		return nil
	})
	return entries, err
}

// entry gives the entry that id names, reading the token anew when it is not
// among those remembered.
func (t *token) entry(ctx context.Context, id KeyID) (e Entry, err error) {
	if err := t.use(ctx, func() error { return nil }); err != nil {
		return e, err
	}
	t.cacheMu.Lock()
	remembered := t.entries
	t.cacheMu.Unlock()
	if e, err := choose(remembered, id); err == nil {
		return e, nil
	}
	entries, err := t.read(ctx)
	if err != nil {
		return e, err
	}
	e, err = choose(entries, id)
	return e, t.wrap(err)
}

// readObjects reads certificates and keys. The caller holds module.mu.
func (t *token) readObjects() (o objects, err error) {
	p := t.module.ctx
	session, err := p.OpenSession(t.slot, pkcs11.CKF_SERIAL_SESSION)
	if err != nil {
		return o, fmt.Errorf("open a session: %w", err)
	}
	defer func() { _ = p.CloseSession(session) }()
	r := reader{p, session}
	handles, err := findObjects(p, session, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_CERTIFICATE),
		pkcs11.NewAttribute(pkcs11.CKA_CERTIFICATE_TYPE, pkcs11.CKC_X_509),
	})
	if err != nil {
		return o, fmt.Errorf("find the certificates: %w", err)
	}
	for _, h := range handles {
		c, err := r.certificate(h)
		if err != nil {
			return o, fmt.Errorf("read a certificate: %w", err)
		}
		o.certificates = append(o.certificates, c)
	}
	if o.private, err = r.keys(pkcs11.CKO_PRIVATE_KEY); err != nil {
		return o, fmt.Errorf("read the private keys: %w", err)
	}
	if o.public, err = r.keys(pkcs11.CKO_PUBLIC_KEY); err != nil {
		return o, fmt.Errorf("read the public keys: %w", err)
	}
	return o, nil
}

// reader reads attributes in a session.
type reader struct {
	ctx     *pkcs11.Ctx
	session pkcs11.SessionHandle
}

func (r reader) certificate(h pkcs11.ObjectHandle) (certificateObject, error) {
	a, err := r.attributes(h, pkcs11.CKA_ID, pkcs11.CKA_LABEL, pkcs11.CKA_VALUE)
	if err != nil {
		return certificateObject{}, err
	}
	return certificateObject{id: a[0], label: string(a[1]), der: a[2]}, nil
}

func (r reader) keys(class uint) ([]keyObject, error) {
	handles, err := findObjects(r.ctx, r.session, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, class)})
	if err != nil {
		return nil, err
	}
	var all []keyObject
	for _, h := range handles {
		key, err := r.key(h, class)
		if err != nil {
			return nil, err
		}
		all = append(all, key)
	}
	return all, nil
}

// key reads a key. The public half of an RSA key is readable on the private key
// as well; that of an elliptic key on the public key alone.
func (r reader) key(h pkcs11.ObjectHandle, class uint) (k keyObject, err error) {
	a, err := r.attributes(h, pkcs11.CKA_ID, pkcs11.CKA_LABEL, pkcs11.CKA_KEY_TYPE)
	if err != nil {
		return k, err
	}
	k = keyObject{id: a[0], label: string(a[1])}
	switch kind := number(a[2]); kind {
	case pkcs11.CKK_RSA:
		if a, err = r.attributes(h, pkcs11.CKA_MODULUS, pkcs11.CKA_PUBLIC_EXPONENT); err != nil {
			return k, err
		}
		k.kind, k.modulus = kindRSA, a[0]
		k.public = rsaKey(a[0], a[1])
	case pkcs11.CKK_EC:
		k.kind = kindEC
		if a, err = r.attributes(h, pkcs11.CKA_EC_PARAMS, pkcs11.CKA_EC_POINT); err != nil {
			return k, err
		}
		k.public, k.oddCurve = ecKey(a[0], a[1]), oddCurve(a[0])
	default:
		k.kind = keyKind(fmt.Sprintf("PKCS#11 key type %#x", kind))
	}
	if class == pkcs11.CKO_PRIVATE_KEY {
		if a, err = r.attributes(h, pkcs11.CKA_ALWAYS_AUTHENTICATE); err != nil {
			return k, err
		}
		k.always = len(a[0]) == 1 && a[0][0] != 0
	}
	return k, nil
}

// attributes reads attributes of an object; one that the object lacks, or that
// is kept secret, comes as nil.
func (r reader) attributes(h pkcs11.ObjectHandle, types ...uint) ([][]byte, error) {
	template := make([]*pkcs11.Attribute, len(types))
	for i, kind := range types {
		template[i] = pkcs11.NewAttribute(kind, nil)
	}
	values := make([][]byte, len(types))
	found, err := r.ctx.GetAttributeValue(r.session, h, template)
	if err == nil {
		for i := range found {
			values[i] = found[i].Value
		}
		return values, nil
	}
	if !isAttributeCode(err) || len(types) == 1 {
		if isAttributeCode(err) {
			return values, nil
		}
		return nil, err
	}
	// One missing attribute fails the whole call: ask for each.
	for i, kind := range types {
		one, err := r.attributes(h, kind)
		if err != nil {
			return nil, err
		}
		values[i] = one[0]
	}
	return values, nil
}

func isAttributeCode(err error) bool {
	code, ok := err.(pkcs11.Error) //nolint:errorlint // as the binding returns it
	return ok && (code == pkcs11.CKR_ATTRIBUTE_TYPE_INVALID || code == pkcs11.CKR_ATTRIBUTE_SENSITIVE)
}

// findObjects gives the handles of the objects that match a template.
func findObjects(p *pkcs11.Ctx, session pkcs11.SessionHandle, template []*pkcs11.Attribute) (all []pkcs11.ObjectHandle, err error) {
	if err := p.FindObjectsInit(session, template); err != nil {
		return nil, err
	}
	defer func() {
		if final := p.FindObjectsFinal(session); err == nil {
			err = final
		}
	}()
	for {
		some, _, err := p.FindObjects(session, 100)
		if err != nil {
			return nil, err
		}
		if len(some) == 0 {
			return all, nil
		}
		if all = append(all, some...); len(all) > maxObjects {
			return nil, fmt.Errorf("more than %d objects", maxObjects)
		}
	}
}

// keyTemplate finds the private key of an entry: by CKA_ID, and by modulus where
// it has one, since CKA_IDs repeat.
func keyTemplate(e Entry) ([]*pkcs11.Attribute, error) {
	id, err := hex.DecodeString(e.ID.ID)
	if err != nil {
		return nil, fmt.Errorf("CKA_ID %q: %w", e.ID.ID, err)
	}
	template := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_ID, id)}
	if e.modulus != nil {
		return append(template,
			pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_RSA),
			pkcs11.NewAttribute(pkcs11.CKA_MODULUS, e.modulus)), nil
	}
	return append(template, pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_EC)), nil
}

// number reads a CK_ULONG, in the machine's byte order and of its length.
func number(b []byte) uint64 {
	switch len(b) {
	case 4:
		return uint64(binary.NativeEndian.Uint32(b))
	case 8:
		return binary.NativeEndian.Uint64(b)
	}
	return 1<<64 - 1 // no key type
}
