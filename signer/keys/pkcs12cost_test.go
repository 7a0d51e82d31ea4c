package keys_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// TestImportPKCS12Costs raises each iteration count of files that openssl made,
// one at a time, to more than is done.
func TestImportPKCS12Costs(t *testing.T) {
	who := signertest.SelfSigned(t, signertest.Leaf{})
	key, cert, _ := who.Files(t)
	for name, args := range map[string][]string{"modern": nil, "legacy": {"-legacy"}} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "a.p12")
			signertest.OpenSSL(t, append([]string{
				"pkcs12", "-export", "-out", out, "-passout", "pass:x", "-inkey", key, "-in", cert, "-iter", "100000",
			}, args...)...)
			data, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := keys.ImportPKCS12(data, "x"); err != nil {
				t.Fatalf("100,000 iterations: %v", err)
			}
			usual := []byte{2, 3, 0x01, 0x86, 0xa0} // INTEGER 100000
			for absurd, want := range map[string]error{
				"\x02\x03\x7f\xff\xff": keys.ErrPKCS12Cost, // 8,388,607
				"\x02\x03\xff\xff\xff": keys.ErrFormat,     // below zero
			} {
				found := 0
				for from := 0; ; found++ {
					at := bytes.Index(data[from:], usual)
					if at < 0 {
						break
					}
					changed := bytes.Clone(data)
					copy(changed[from+at:], absurd)
					if _, err := keys.ImportPKCS12(changed, "x"); !errors.Is(err, want) {
						t.Errorf("count %d: %v, want %v", found, err, want)
					}
					from += at + len(usual)
				}
				if found != 3 { // the MAC's, the certificates', the key's
					t.Fatalf("%d iteration counts were changed", found)
				}
			}
		})
	}
}

// TestImportPKCS12Hidden hides a key with an iteration count of 2^60 among
// encrypted certificates, where it cannot be seen from outside.
func TestImportPKCS12Hidden(t *testing.T) {
	who := signertest.SelfSigned(t, signertest.Leaf{})
	for _, password := range []string{"x", "пароль", ""} {
		var p p12
		certificates := p.sealed(password, p.certBag(who.Certificate.Raw), p.shroudedBag(1<<60))
		file := p.file(password, certificates)
		if p.err != nil {
			t.Fatal(p.err)
		}
		if _, err := keys.ImportPKCS12(file, password); !errors.Is(err, keys.ErrPKCS12Unsupported) {
			t.Errorf("password %q: %v", password, err)
		}
	}
	// The same without the hidden key, and with the true one in the open, is read.
	var p p12
	pkcs8, err := x509.MarshalPKCS8PrivateKey(who.Key)
	if err != nil {
		t.Fatal(err)
	}
	file := p.file("x", p.sealed("x", p.certBag(who.Certificate.Raw)), p.open(p.bag(1, pkcs8)))
	if got, err := keys.ImportPKCS12(file, "x"); err != nil || !got.Certificate.Equal(who.Certificate) {
		t.Errorf("built as it should be: %v", err)
	}
}

// TestImportPKCS12Unsupported is the table of encryptions that are not read.
func TestImportPKCS12Unsupported(t *testing.T) {
	who := signertest.SelfSigned(t, signertest.Leaf{})
	key, cert, _ := who.Files(t)
	for _, args := range [][]string{
		{"-keypbe", "camellia-256-cbc", "-certpbe", "camellia-256-cbc"},
		{"-keypbe", "camellia-256-cbc"},
		{"-macalg", "sha384"},
	} {
		out := filepath.Join(t.TempDir(), "a.p12")
		signertest.OpenSSL(t, append([]string{"pkcs12", "-export", "-out", out, "-passout", "pass:x", "-inkey", key, "-in", cert}, args...)...)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.ImportPKCS12(data, "x"); !errors.Is(err, keys.ErrPKCS12Unsupported) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// TestImportPKCS12Keys is the table of keys that cannot sign documents, and of a
// key beside another's certificate.
func TestImportPKCS12Keys(t *testing.T) {
	for _, curve := range []string{"secp256k1", "brainpoolP256r1", "secp224r1"} {
		dir := t.TempDir()
		key, cert, out := filepath.Join(dir, "k.pem"), filepath.Join(dir, "c.pem"), filepath.Join(dir, "a.p12")
		signertest.OpenSSL(t, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:"+curve, "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=x")
		signertest.OpenSSL(t, "pkcs12", "-export", "-out", out, "-passout", "pass:x", "-inkey", key, "-in", cert)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.ImportPKCS12(data, "x"); !errors.Is(err, keys.ErrKeyUnsupported) {
			t.Errorf("%s: %v", curve, err)
		}
	}
	who, other := signertest.SelfSigned(t, signertest.Leaf{}), signertest.SelfSigned(t, signertest.Leaf{})
	pkcs8, err := x509.MarshalPKCS8PrivateKey(who.Key)
	if err != nil {
		t.Fatal(err)
	}
	var p p12
	file := p.file("x", p.sealed("x", p.certBag(other.Certificate.Raw)), p.open(p.bag(1, pkcs8)))
	if _, err := keys.ImportPKCS12(file, "x"); !errors.Is(err, keys.ErrKeyAbsent) {
		t.Errorf("another's certificate: %v", err)
	}
}

// TestImportPKCS12Modern reads what the library writes: PBMAC1 too.
func TestImportPKCS12Modern(t *testing.T) {
	who := signertest.SelfSigned(t, signertest.Leaf{})
	for name, encoder := range map[string]*pkcs12.Encoder{
		"2026": pkcs12.Modern2026, "2023": pkcs12.Modern2023, "RC2": pkcs12.LegacyRC2, "3DES": pkcs12.LegacyDES, "nothing": pkcs12.Passwordless,
	} {
		password := "x"
		if name == "nothing" {
			password = ""
		}
		data, err := encoder.Encode(who.Key, who.Certificate, nil, password)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := keys.ImportPKCS12(data, password); err != nil || !got.Certificate.Equal(who.Certificate) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzImportPKCS12 holds that nothing makes the import fail but with an error
// of its own, and that it comes to an end.
func FuzzImportPKCS12(f *testing.F) {
	who := signertest.SelfSigned(f, signertest.Leaf{})
	for _, encoder := range []*pkcs12.Encoder{pkcs12.Modern2026, pkcs12.Modern2023.WithIterations(1), pkcs12.LegacyRC2.WithIterations(1), pkcs12.Passwordless} {
		password := "x"
		if encoder == pkcs12.Passwordless {
			password = ""
		}
		data, err := encoder.Encode(who.Key, who.Certificate, nil, password)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, password)
	}
	var p p12
	f.Add(p.file("x", p.sealed("x", p.certBag(who.Certificate.Raw), p.shroudedBag(1<<60))), "x")
	f.Fuzz(func(t *testing.T, data []byte, password string) {
		got, err := keys.ImportPKCS12(data, password)
		if (got == nil) != (err != nil) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// p12 builds PKCS#12 files as no program does: RFC 7292 with PBES2 (RFC 8018)
// and PBMAC1 (RFC 9579).
type p12 struct{ err error }

func (p *p12) der(v any) []byte {
	out, err := asn1.Marshal(v)
	p.err = errors.Join(p.err, err)
	return out
}

type (
	info struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}
	algorithm = pkix.AlgorithmIdentifier
)

func tagged(der []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: der}
}

func with(parameters []byte, id ...int) algorithm {
	return algorithm{Algorithm: id, Parameters: asn1.RawValue{FullBytes: parameters}}
}

func bagID(n int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, n}
}

func (p *p12) bag(kind int, content []byte) info { return info{bagID(kind), tagged(content)} }

func (p *p12) certBag(der []byte) info {
	return p.bag(3, p.der(info{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}, tagged(p.der(der))}))
}

// kdf is PBKDF2 with SHA-256; length 0 leaves the key's length out.
func (p *p12) kdf(iterations, length int) algorithm {
	return with(p.der(struct {
		Salt       []byte
		Iterations int
		Length     int `asn1:"optional"`
		PRF        algorithm
	}{[]byte("salt"), iterations, length, with(nil, 1, 2, 840, 113549, 2, 9)}), 1, 2, 840, 113549, 1, 5, 12)
}

func (p *p12) pbes2(iterations int, iv []byte) algorithm {
	return with(p.der([]algorithm{p.kdf(iterations, 0), with(p.der(iv), 2, 16, 840, 1, 101, 3, 4, 1, 42)}), 1, 2, 840, 113549, 1, 5, 13)
}

// shroudedBag is an encrypted key that nobody could open.
func (p *p12) shroudedBag(iterations int) info {
	return p.bag(2, p.der(struct {
		Algorithm algorithm
		Data      []byte
	}{p.pbes2(iterations, make([]byte, 16)), make([]byte, 64)}))
}

func (p *p12) open(bags ...info) info {
	return info{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, tagged(p.der(p.der(bags)))}
}

func (p *p12) sealed(password string, bags ...info) info {
	plain := p.der(bags)
	iv := make([]byte, aes.BlockSize)
	rand.Read(iv) //nolint:errcheck // never fails
	key, err := pbkdf2.Key(sha256.New, password, []byte("salt"), 10, 32)
	p.err = errors.Join(p.err, err)
	block, err := aes.NewCipher(key)
	p.err = errors.Join(p.err, err)
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(plain, plain)
	return info{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}, tagged(p.der(struct {
		Version int
		Info    struct {
			Type      asn1.ObjectIdentifier
			Algorithm algorithm
			Content   []byte `asn1:"tag:0"`
		}
	}{0, struct {
		Type      asn1.ObjectIdentifier
		Algorithm algorithm
		Content   []byte `asn1:"tag:0"`
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, p.pbes2(10, iv), plain}}))}
}

func (p *p12) file(password string, parts ...info) []byte {
	safe := p.der(parts)
	key, err := pbkdf2.Key(sha256.New, password, []byte("salt"), 10, 32)
	p.err = errors.Join(p.err, err)
	mac := hmac.New(sha256.New, key)
	mac.Write(safe) //nolint:errcheck // never fails
	type digest struct {
		Algorithm algorithm
		Digest    []byte
	}
	type macData struct {
		Mac  digest
		Salt []byte
	}
	pbmac1 := with(p.der([]algorithm{p.kdf(10, 32), with(nil, 1, 2, 840, 113549, 2, 9)}), 1, 2, 840, 113549, 1, 5, 14)
	return p.der(struct {
		Version int
		Safe    info
		Mac     macData
	}{3, info{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, tagged(p.der(safe))}, macData{digest{pbmac1, mac.Sum(nil)}, []byte("salt")}})
}
