//go:build cgo

package keys_test

import (
	"crypto"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/ThalesGroup/crypto11"
	"github.com/miekg/pkcs11"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// BenchmarkSign compares the signatures per second of a SoftHSM2 token: raw
// PKCS#11 calls in one session each, crypto11 alone, and this package, one at a
// time and eight at once.
func BenchmarkSign(b *testing.B) {
	for _, algorithm := range []signertest.Algorithm{signertest.RSA2048, signertest.P256} {
		token := signertest.NewHSM(b).NewToken(b, "office")
		token.Put(b, []byte{1}, "key", signertest.SelfSigned(b, signertest.Leaf{Algorithm: algorithm}))
		digest := sha256.Sum256([]byte("content"))
		name := string(algorithm)
		b.Run(name+"/raw", func(b *testing.B) { benchmarkRaw(b, token, strings.HasPrefix(name, "RSA"), digest[:]) })
		b.Run(name+"/crypto11", func(b *testing.B) { benchmarkCrypto11(b, token, digest[:]) })
		b.Run(name+"/keys", func(b *testing.B) {
			tokens := registry(b, token)
			key, err := tokens.Signer(b.Context(), keys.KeyID{})
			if err != nil {
				b.Fatal(err)
			}
			measure(b, func() error {
				_, err := key.Sign(nil, digest[:], crypto.SHA256)
				return err
			})
			if err := tokens.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// measure runs f alone and by eight goroutines.
func measure(b *testing.B, f func() error) {
	b.Run("1", func(b *testing.B) {
		for b.Loop() {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sign/s")
	})
	b.Run("8", func(b *testing.B) {
		b.SetParallelism(4) // times GOMAXPROCS, which is 2 where this was written
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if err := f(); err != nil {
					b.Error(err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sign/s")
	})
}

func benchmarkCrypto11(b *testing.B, token *signertest.Token, digest []byte) {
	c, err := crypto11.Configure(&crypto11.Config{Path: token.Module, TokenSerial: token.Serial, Pin: token.PIN, MaxSessions: 16})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // it gives none
	key, err := c.FindKeyPair([]byte{1}, nil)
	if err != nil {
		b.Fatal(err)
	}
	measure(b, func() error {
		_, err := key.Sign(nil, digest, crypto.SHA256)
		return err
	})
}

func benchmarkRaw(b *testing.B, token *signertest.Token, rsa bool, digest []byte) {
	p := pkcs11.New(token.Module)
	if err := p.Initialize(); err != nil {
		b.Fatal(err)
	}
	defer p.Destroy()
	defer p.Finalize() //nolint:errcheck // the process ends
	slots, err := p.GetSlotList(true)
	if err != nil {
		b.Fatal(err)
	}
	type session struct {
		handle pkcs11.SessionHandle
		key    pkcs11.ObjectHandle
	}
	free := make(chan session, 16)
	for range cap(free) {
		s, err := p.OpenSession(slots[0], pkcs11.CKF_SERIAL_SESSION)
		if err != nil {
			b.Fatal(err)
		}
		if len(free) == 0 {
			if err := p.Login(s, pkcs11.CKU_USER, token.PIN); err != nil {
				b.Fatal(err)
			}
		}
		if err := p.FindObjectsInit(s, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY)}); err != nil {
			b.Fatal(err)
		}
		found, _, err := p.FindObjects(s, 1)
		if err != nil || len(found) != 1 || p.FindObjectsFinal(s) != nil {
			b.Fatal("no key", err)
		}
		free <- session{s, found[0]}
	}
	mechanism, message := uint(pkcs11.CKM_ECDSA), digest
	if rsa {
		// The DigestInfo of SHA-256 (RFC 8017, 9.2, note 1).
		head := []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
		mechanism, message = pkcs11.CKM_RSA_PKCS, append(head, digest...)
	}
	measure(b, func() error {
		s := <-free
		defer func() { free <- s }()
		if err := p.SignInit(s.handle, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, s.key); err != nil {
			return err
		}
		_, err := p.Sign(s.handle, message)
		return err
	})
}
