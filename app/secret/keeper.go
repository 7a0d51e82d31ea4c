package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"

	"signservice/app"
)

// MasterSize is the length of a master key, in bytes.
const MasterSize = 32

// ErrOpen is the cause when a sealed value does not open: it was changed, or
// it lies in another place than it was sealed for.
var ErrOpen = errors.New("sealed value is damaged or out of its place")

// ErrOtherKey is the cause when a value was sealed under another master key.
var ErrOtherKey = errors.New("sealed under another master key")

// The envelope: one byte of version, the id of the key, then what the AEAD
// gives, the nonce first.
const (
	envelopeVersion = 1
	keyIDSize       = 4
	headerSize      = 1 + keyIDSize
)

// Keeper seals and opens values. Its methods may be called at the same time
// from any goroutine.
type Keeper struct {
	root  []byte // HKDF's pseudorandom key
	aead  cipher.AEAD
	keyID []byte
}

// New makes a Keeper from a master key of MasterSize bytes. It keeps no
// reference to it: the caller may wipe it.
func New(master []byte) (*Keeper, error) {
	if len(master) != MasterSize {
		return nil, fmt.Errorf("make keeper: the master key has %d bytes, not %d", len(master), MasterSize)
	}
	root, err := hkdf.Extract(sha256.New, master, []byte("signservice master key"))
	if err != nil {
		return nil, fmt.Errorf("make keeper: %w", err)
	}
	k := &Keeper{root: root}
	sealing := k.Derive("seal")
	defer clear(sealing)
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, fmt.Errorf("make keeper: %w", err)
	}
	k.aead, err = cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make keeper: %w", err)
	}
	k.keyID = k.Derive("key id")[:keyIDSize]
	return k, nil
}

// Seal encrypts plain for the place that aad names. aad is not stored.
func (k *Keeper) Seal(plain, aad []byte) ([]byte, error) {
	out := make([]byte, 0, headerSize+len(plain)+k.aead.Overhead())
	out = append(out, envelopeVersion)
	out = append(out, k.keyID...)
	return k.aead.Seal(out, nil, plain, aad), nil
}

// Open decrypts what Seal gave for the same aad. It fails with kind
// app.Internal and cause ErrOtherKey or ErrOpen.
func (k *Keeper) Open(sealed, aad []byte) ([]byte, error) {
	if len(sealed) < headerSize || sealed[0] != envelopeVersion {
		return nil, openFailure(ErrOpen)
	}
	if !bytes.Equal(sealed[1:headerSize], k.keyID) {
		return nil, openFailure(ErrOtherKey)
	}
	plain, err := k.aead.Open(nil, nil, sealed[headerSize:], aad)
	if err != nil { // the library's text tells nothing more
		return nil, openFailure(ErrOpen)
	}
	return plain, nil
}

func openFailure(cause error) error {
	return app.Fail(app.Internal, "open sealed value", "").Because(cause)
}

// Derive gives a key of 32 bytes for one purpose. The same master key and
// purpose give the same key; different purposes give unrelated keys.
func (k *Keeper) Derive(purpose string) []byte {
	key, err := hkdf.Expand(sha256.New, k.root, "signservice/"+purpose, MasterSize)
	if err != nil {
		panic("secret: derive: " + err.Error()) // only for lengths over 8160 bytes
	}
	return key
}

// Check gives the key-check value: hexadecimal, the same for the same master
// key, safe to be stored in the open.
func (k *Keeper) Check() string { return hex.EncodeToString(k.Derive("key check")) }

// Fits tells in constant time whether check was made under this master key.
func (k *Keeper) Fits(check string) bool {
	return subtle.ConstantTimeCompare([]byte(check), []byte(k.Check())) == 1
}
