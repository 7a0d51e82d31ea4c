package pdf

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // the standard security handler is made of it
	"crypto/rc4" //nolint:gosec // see above
	"fmt"
	"io"
)

// A crypt is the key of an encrypted document, which an empty password opened,
// and what it is used for (ISO 32000-2, 7.6).
type crypt struct {
	key      []byte
	strings  method
	streams  method
	embedded method
	named    map[Name]method
	self     Ref // of the encryption dictionary, which is not encrypted itself
	metadata bool

	version, revision int
	owner             bool
	permissions       int32
}

// method is how bytes are encrypted.
type method uint8

const (
	identity method = iota
	useRC4
	useAES128
	useAES256
)

// objectKey makes the key for one object (algorithm 1).
func (c *crypt) objectKey(m method, ref Ref) []byte {
	if m == useAES256 {
		return c.key
	}
	h := md5.New() //nolint:gosec // as the standard demands
	h.Write(c.key)
	h.Write([]byte{
		byte(ref.Number), byte(ref.Number >> 8), byte(ref.Number >> 16),
		byte(ref.Generation), byte(ref.Generation >> 8),
	})
	if m == useAES128 {
		h.Write([]byte("sAlT"))
	}
	return h.Sum(nil)[:min(len(c.key)+5, 16)]
}

func (c *crypt) encryptString(ref Ref, b []byte, random io.Reader) ([]byte, error) {
	return c.encrypt(c.strings, ref, b, random)
}

func (c *crypt) encryptStream(ref Ref, b []byte, random io.Reader) ([]byte, error) {
	return c.encrypt(c.streams, ref, b, random)
}

func (c *crypt) encrypt(m method, ref Ref, b []byte, random io.Reader) ([]byte, error) {
	switch m {
	case identity:
		return b, nil
	case useRC4:
		return c.rc4(ref, b), nil
	}
	block, err := aes.NewCipher(c.objectKey(m, ref))
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	pad := aes.BlockSize - len(b)%aes.BlockSize
	out := make([]byte, aes.BlockSize+len(b)+pad)
	if _, err := io.ReadFull(random, out[:aes.BlockSize]); err != nil {
		return nil, fmt.Errorf("encrypt: read randomness: %w", err)
	}
	body := out[aes.BlockSize:]
	for i := copy(body, b); i < len(body); i++ {
		body[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(body, body)
	return out, nil
}

// decrypt gives nothing for data that cannot have been encrypted so.
func (c *crypt) decrypt(m method, ref Ref, b []byte) ([]byte, error) {
	switch m {
	case identity:
		return b, nil
	case useRC4:
		return c.rc4(ref, b), nil
	}
	if len(b) < 2*aes.BlockSize {
		return nil, nil
	}
	block, err := aes.NewCipher(c.objectKey(m, ref))
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	whole := len(b) / aes.BlockSize * aes.BlockSize
	out := make([]byte, whole-aes.BlockSize)
	cipher.NewCBCDecrypter(block, b[:aes.BlockSize]).CryptBlocks(out, b[aes.BlockSize:whole])
	if pad := int(out[len(out)-1]); pad >= 1 && pad <= aes.BlockSize {
		out = out[:len(out)-pad]
	}
	return out, nil
}

func (c *crypt) rc4(ref Ref, b []byte) []byte { return rc4Bytes(c.objectKey(useRC4, ref), b) }

// rc4Bytes encrypts and decrypts. The key is never empty nor longer than 16.
func rc4Bytes(key, b []byte) []byte {
	s, err := rc4.NewCipher(key) //nolint:gosec // as the standard demands
	if err != nil {
		return nil
	}
	out := make([]byte, len(b))
	s.XORKeyStream(out, b)
	return out
}

// decryptObject decrypts the strings of a plain object. Those in object streams
// are not encrypted by themselves.
func (f *File) decryptObject(o *object) error {
	if f.crypt == nil || o.packed || o.ref == f.crypt.self || f.crypt.strings == identity {
		return nil
	}
	if d, ok := o.value.(Dict); ok && o.isStream() && d["Type"] == Name("XRef") {
		return nil
	}
	v, err := f.crypt.open(o.ref, o.value)
	o.value = v
	return err
}

// open decrypts all strings in a value, but not the Contents of a signature
// (7.6.2).
func (c *crypt) open(ref Ref, o Object) (Object, error) {
	switch v := o.(type) {
	case String:
		b, err := c.decrypt(c.strings, ref, v)
		return String(b), err
	case Array:
		for i := range v {
			var err error
			if v[i], err = c.open(ref, v[i]); err != nil {
				return nil, err
			}
		}
	case Dict:
		signature := isSignature(v)
		for k := range v {
			if signature && k == "Contents" {
				continue
			}
			var err error
			if v[k], err = c.open(ref, v[k]); err != nil {
				return nil, err
			}
		}
	}
	return o, nil
}

func isSignature(d Dict) bool {
	return d["Type"] == Name(Sig) || d["Type"] == Name(DocTimeStamp) || d["ByteRange"] != nil
}

// decryptStream decrypts the data of a stream, with the crypt filter that it
// names if it does.
func (f *File) decryptStream(o *object, b []byte) ([]byte, error) {
	c := f.crypt
	d, _ := o.value.(Dict)
	if c == nil || d["Type"] == Name("XRef") || o.ref == c.self {
		return b, nil
	}
	m := c.streams
	switch d["Type"] {
	case Name("EmbeddedFile"):
		m = c.embedded
	case Name("Metadata"):
		if !c.metadata {
			m = identity
		}
	}
	filters, err := f.filters(d)
	if err != nil {
		return nil, err
	}
	for _, step := range filters {
		if step.name == "Crypt" {
			n, ok := step.parms["Name"].(Name)
			if !ok {
				n = "Identity"
			}
			m = c.named[n] // unknown ones count as Identity
		}
	}
	return c.decrypt(m, o.ref, b)
}
