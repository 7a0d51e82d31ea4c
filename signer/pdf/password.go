package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // the standard security handler is made of it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// A handler holds the values of the standard security handler (ISO 32000-2,
// 7.6.4), with which a password is tried. The only one we try is the empty one.
type handler struct {
	v, r, bits      int
	p               int32
	o, u, oe, ue    []byte
	perms           []byte
	encryptMetadata bool
	id              []byte
}

const padding = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08" +
	"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

func padded(password []byte) []byte {
	return append(bytes.Clone(password[:min(len(password), 32)]), padding...)[:32]
}

// openOld tries the empty password for revisions 2 to 4: as the owner's first,
// which gives the user's (algorithm 7), then as the user's.
func (h *handler) openOld() (key []byte, owner, ok bool) {
	if len(h.o) < 32 || len(h.u) < 16 {
		return nil, false, false
	}
	user := h.userPassword()
	if key, ok := h.tryUser(user); ok {
		return key, true, true
	}
	key, ok = h.tryUser(nil)
	return key, false, ok
}

// userPassword decrypts O with the empty owner password (algorithm 7).
func (h *handler) userPassword() []byte {
	sum := md5.Sum([]byte(padding)) //nolint:gosec // as the standard demands
	key := sum[:]
	if h.r >= 3 {
		for range 50 {
			sum = md5.Sum(key) //nolint:gosec // as the standard demands
			key = sum[:]
		}
	}
	key = key[:h.keyLength()]
	out := h.o[:32]
	if h.r == 2 {
		return rc4Bytes(key, out)
	}
	for i := 19; i >= 0; i-- {
		out = rc4Bytes(xored(key, byte(i)), out)
	}
	return out
}

func (h *handler) keyLength() int {
	if h.r == 2 {
		return 5
	}
	return h.bits / 8
}

func xored(key []byte, x byte) []byte {
	out := bytes.Clone(key)
	for i := range out {
		out[i] ^= x
	}
	return out
}

// tryUser makes the key of a user password (algorithm 2) and checks it against
// U (algorithms 4 to 6).
func (h *handler) tryUser(password []byte) ([]byte, bool) {
	d := md5.New() //nolint:gosec // as the standard demands
	d.Write(padded(password))
	d.Write(h.o[:32])
	d.Write(binary.LittleEndian.AppendUint32(nil, uint32(h.p)))
	d.Write(h.id)
	if h.r >= 4 && !h.encryptMetadata {
		d.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := d.Sum(nil)
	n := h.keyLength()
	if h.r >= 3 {
		for range 50 {
			sum := md5.Sum(key[:n]) //nolint:gosec // as the standard demands
			key = sum[:]
		}
	}
	key = key[:n]
	if h.r == 2 {
		return key, len(h.u) >= 32 && bytes.Equal(rc4Bytes(key, []byte(padding)), h.u[:32])
	}
	sum := md5.Sum(append([]byte(padding), h.id...)) //nolint:gosec // as the standard demands
	out := sum[:]
	for i := range 20 {
		out = rc4Bytes(xored(key, byte(i)), out)
	}
	return key, bytes.Equal(out, h.u[:16])
}

// open256 tries the empty password for revisions 5 and 6 (algorithm 2.A).
func (h *handler) open256() (key []byte, owner, ok bool) {
	if len(h.o) < 48 || len(h.u) < 48 || len(h.oe) < 32 || len(h.ue) < 32 {
		return nil, false, false
	}
	u := h.u[:48]
	if bytes.Equal(h.hash256(h.o[32:40], u), h.o[:32]) {
		key, ok = unwrap(h.hash256(h.o[40:48], u), h.oe[:32])
		return key, true, ok
	}
	if bytes.Equal(h.hash256(h.u[32:40], nil), h.u[:32]) {
		key, ok = unwrap(h.hash256(h.u[40:48], nil), h.ue[:32])
		return key, false, ok
	}
	return nil, false, false
}

// hash256 hashes the empty password with a salt: by SHA-256 in revision 5, by
// algorithm 2.B in revision 6.
func (h *handler) hash256(salt, u []byte) []byte {
	sum := sha256.Sum256(append(bytes.Clone(salt), u...))
	k := sum[:]
	if h.r < 6 {
		return k
	}
	for i := 0; ; i++ {
		one := append(bytes.Clone(k), u...)
		many := bytes.Repeat(one, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(many, many)
		mod := 0
		for _, c := range many[:16] { // 256 leaves 1 when divided by 3
			mod += int(c)
		}
		switch mod % 3 {
		case 0:
			s := sha256.Sum256(many)
			k = s[:]
		case 1:
			s := sha512.Sum384(many)
			k = s[:]
		default:
			s := sha512.Sum512(many)
			k = s[:]
		}
		if i >= 63 && int(many[len(many)-1]) <= i+1-32 {
			return k[:32]
		}
	}
}

// unwrap decrypts the file's key: AES-256 in CBC mode without padding.
func unwrap(key, wrapped []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	out := make([]byte, 32)
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(out, wrapped)
	return out, true
}

// sealedPermissions decrypts Perms, the copy of P that only the key's owner can
// have written (algorithm 13). What is no permission there forbids nothing, as
// some writers leave it empty.
func (h *handler) sealedPermissions(key []byte) int32 {
	block, err := aes.NewCipher(key)
	if err != nil || len(h.perms) < 16 {
		return -1
	}
	var out [16]byte
	block.Decrypt(out[:], h.perms[:16])
	if string(out[9:12]) != "adb" {
		return -1
	}
	return int32(binary.LittleEndian.Uint32(out[:4]))
}
