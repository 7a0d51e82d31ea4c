package pdf

import (
	"fmt"
)

// openCrypt reads the encryption dictionary and opens the document with the
// empty password, as user or as owner.
func (f *File) openCrypt() error {
	f.crypt = nil
	e, ok := f.trailer.get("Encrypt")
	if !ok || e.value == nil {
		return nil
	}
	d, err := f.dictOf(e.value)
	if err != nil {
		return fmt.Errorf("encryption: %w", err)
	}
	if d == nil {
		return fmt.Errorf("%w: the encryption dictionary is missing", ErrDamaged)
	}
	h, err := f.readHandler(d)
	if err != nil {
		return err
	}
	c, err := f.cryptOf(d, h)
	if err != nil {
		return err
	}
	if f.trailer.value("AuthCode") != nil || d["KDFSalt"] != nil {
		return fmt.Errorf("%w: an increment would break its message authentication code", ErrUnsupportedEncryption)
	}
	c.self, _ = e.value.(Ref)
	f.forget() // the encryption dictionary and what led to it
	f.crypt = c
	return nil
}

// readHandler refuses what is not the standard handler and reads its values.
func (f *File) readHandler(d Dict) (*handler, error) {
	name, _, err := resolved[Name](f, d["Filter"])
	if err != nil {
		return nil, err
	}
	if name != "Standard" {
		if d["Recipients"] != nil || d["SubFilter"] != nil || name == "Adobe.PubSec" {
			return nil, ErrPublicKeyEncryption
		}
		return nil, fmt.Errorf("%w: handler %q", ErrUnsupportedEncryption, name)
	}
	h := &handler{encryptMetadata: true}
	for key, v := range map[Name]*int{"V": &h.v, "R": &h.r, "Length": &h.bits} {
		n, _, err := resolved[Integer](f, d[key])
		if err != nil {
			return nil, err
		}
		*v = int(max(-1, min(n, 1<<20)))
	}
	p, _, err := f.float(d["P"]) // some write it unsigned, some as a real
	if err != nil {
		return nil, err
	}
	h.p = int32(uint32(int64(max(-1<<40, min(p, 1<<40)))))
	for key, v := range map[Name]*[]byte{"O": &h.o, "U": &h.u, "OE": &h.oe, "UE": &h.ue, "Perms": &h.perms} {
		s, _, err := resolved[String](f, d[key])
		if err != nil {
			return nil, err
		}
		*v = s
	}
	if b, ok, err := resolved[bool](f, d["EncryptMetadata"]); ok {
		h.encryptMetadata = b
	} else if err != nil {
		return nil, err
	}
	h.id, err = f.firstID()
	return h, err
}

// firstID gives the first part of the trailer's ID, empty if there is none.
func (f *File) firstID() ([]byte, error) {
	a, _, err := resolved[Array](f, f.trailer.value("ID"))
	if err != nil || len(a) == 0 {
		return nil, err
	}
	s, _, err := resolved[String](f, a[0])
	return s, err
}

// cryptOf finds the key and the methods.
func (f *File) cryptOf(d Dict, h *handler) (*crypt, error) {
	c := &crypt{version: h.v, revision: h.r, permissions: h.p, metadata: true}
	switch h.v {
	case 1, 2:
		c.strings, c.streams, c.embedded = useRC4, useRC4, useRC4
		if h.v == 1 || h.bits < 40 || h.bits > 128 || h.bits%8 != 0 {
			h.bits = 40
		}
	case 4, 5:
		c.metadata = h.encryptMetadata
		h.bits = 128
		if err := f.readCryptFilters(c, d); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("%w: V %d", ErrUnsupportedEncryption, h.v)
	}
	if h.r < 2 || h.r > 6 || (h.v == 5) != (h.r >= 5) {
		return nil, fmt.Errorf("%w: V %d with R %d", ErrUnsupportedEncryption, h.v, h.r)
	}
	var ok bool
	if h.v == 5 {
		c.key, c.owner, ok = h.open256()
		if ok {
			c.permissions &= h.sealedPermissions(c.key)
		}
	} else {
		c.key, c.owner, ok = h.openOld()
	}
	if !ok {
		return nil, ErrPasswordRequired
	}
	return c, nil
}

// readCryptFilters reads CF and which of its filters is used for what (7.6.6).
func (f *File) readCryptFilters(c *crypt, d Dict) error {
	c.named = map[Name]method{"Identity": identity}
	cf, err := f.dictOf(d["CF"])
	if err != nil {
		return err
	}
	for name, o := range cf {
		filter, err := f.dictOf(o)
		if err != nil {
			return err
		}
		cfm, _, err := resolved[Name](f, filter["CFM"])
		if err != nil {
			return err
		}
		switch {
		case cfm == "V2" && c.version == 4:
			c.named[name] = useRC4
		case cfm == "AESV2" && c.version == 4:
			c.named[name] = useAES128
		case cfm == "AESV3" && c.version == 5:
			c.named[name] = useAES256
		}
	}
	uses := []struct {
		key Name
		m   *method
	}{{"StrF", &c.strings}, {"StmF", &c.streams}, {"EFF", &c.embedded}}
	for _, use := range uses {
		name, ok, err := resolved[Name](f, d[use.key])
		if err != nil {
			return err
		}
		if !ok {
			name = "Identity"
			if use.key == "EFF" { // as other streams
				c.embedded = c.streams
				continue
			}
		}
		m, known := c.named[name]
		if !known {
			return fmt.Errorf("%w: crypt filter %q", ErrUnsupportedEncryption, name)
		}
		*use.m = m
	}
	return nil
}

// Encryption tells how a document is encrypted and what its owner permits.
type Encryption struct {
	// Version and Revision are V and R of the standard security handler.
	Version, Revision int
	// Owner tells whether the empty password is the owner's: all is permitted.
	Owner bool
	// Permissions are the bits of P (ISO 32000-2, table 22).
	Permissions int32
}

// Encryption gives nil for a document that is not encrypted.
func (f *File) Encryption() *Encryption {
	if f.crypt == nil {
		return nil
	}
	c := f.crypt
	return &Encryption{Version: c.version, Revision: c.revision, Owner: c.owner, Permissions: c.permissions}
}

func (e *Encryption) bit(n int) bool { return e.Owner || e.Permissions&(1<<(n-1)) != 0 }

// MayFill tells whether a signature field that exists may be signed: bit 9, or 6.
func (e *Encryption) MayFill() bool {
	if e.Revision == 2 && !e.bit(6) { // bit 9 means nothing before revision 3
		return false
	}
	return e.bit(6) || e.bit(9)
}

// MayCreate tells whether a signature field may be made: bits 4 and 6.
func (e *Encryption) MayCreate() bool { return e.bit(4) && e.bit(6) }
