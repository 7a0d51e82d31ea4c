package cms_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"signservice/signer/cms"
	"signservice/signer/signertest"
)

var content = []byte("%PDF-1.7 what is signed")

func sum(h crypto.Hash, data []byte) []byte {
	hash := h.New()
	hash.Write(data)
	return hash.Sum(nil)
}

// TestSign holds for each kind of key, hash and padding that openssl verifies
// the container and its chain, that we do, and that the estimate suffices.
func TestSign(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	for _, algorithm := range signertest.Algorithms() {
		id := ca.Issue(t, signertest.Leaf{Algorithm: algorithm})
		for _, hash := range []crypto.Hash{0, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			for _, pss := range []bool{false, true} {
				if pss && !strings.HasPrefix(string(algorithm), "RSA") {
					continue
				}
				t.Run(fmt.Sprintf("%s/%d/pss=%t", algorithm, hash, pss), func(t *testing.T) {
					o := cms.Options{Certificate: id.Certificate, Chain: id.Chain, Hash: hash, PSS: pss}
					testSign(t, ca, id, o)
				})
			}
		}
	}
}

func testSign(t *testing.T, ca *signertest.CA, id *signertest.Identity, o cms.Options) {
	hash := o.Hash
	if hash == 0 {
		hash = cms.HashFor(id.Key.Public())
	}
	der, err := cms.Sign(t.Context(), sum(hash, content), id.Key, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := signertest.VerifyCMS(t, der, content, ca.Root.Certificate); err != nil {
		t.Errorf("openssl: %v", err)
	}
	if err := signertest.VerifyCMS(t, der, append([]byte("x"), content...)); err == nil {
		t.Error("openssl verifies other content")
	}
	sd, err := cms.Parse(append(der, make([]byte, 1000)...))
	if err != nil {
		t.Fatal(err)
	}
	if sd.Signer.Hash != hash || !sd.Signer.Certificate.Equal(id.Certificate) || sd.Version != 1 || sd.Content != nil || len(sd.Certificates) != 2 {
		t.Errorf("parsed as %+v", sd)
	}
	if _, ok := sd.Signer.SigningTime(); ok {
		t.Error("there is a signing-time")
	}
	findings, err := sd.Verify(sum(hash, content))
	if err != nil || len(findings) != 0 {
		t.Errorf("Verify: %v, %v", findings, err)
	}
	if _, err := sd.Verify(sum(hash, []byte("other"))); !errors.Is(err, cms.ErrDigest) {
		t.Errorf("Verify of other content: %v", err)
	}
	size, err := cms.EstimateSize(o)
	if err != nil || size < len(der) || size > len(der)+16 {
		t.Errorf("estimate %d for %d bytes (%v)", size, len(der), err)
	}
}

// TestStructure shows the container to openssl's ASN.1 parser: what PAdES wants
// is there, what it forbids is not, and the encoding is minimal.
func TestStructure(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{Algorithm: signertest.RSA2048})
	der, err := cms.Sign(t.Context(), sum(crypto.SHA256, content), id.Key, cms.Options{Certificate: id.Certificate, Chain: []*x509.Certificate{id.Certificate}})
	if err != nil {
		t.Fatal(err)
	}
	out := signertest.OpenSSL(t, "cms", "-cmsout", "-print", "-inform", "DER", "-in", signertest.WriteFile(t, "a.der", der))
	for _, want := range []string{
		"version: 1", "eContentType: pkcs7-data", "eContent: <ABSENT>", "contentType (1.2.840.113549.1.9.3)",
		"messageDigest (1.2.840.113549.1.9.4)", "id-smime-aa-signingCertificateV2", "1.2.840.113549.1.9.52", "unsignedAttrs:\n          <ABSENT>",
		"algorithm: rsaEncryption", "parameter: NULL",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("openssl does not show %q", want)
		}
	}
	if strings.Contains(out, "signingTime") {
		t.Error("there is a signing-time")
	}
	if n := strings.Count(out, "d.certificate:"); n != 1 {
		t.Errorf("%d certificates, want 1: doubles are dropped", n)
	}
	// The SHA-256 of signing-certificate-v2 is the default and must not be spelt
	// out: once as digestAlgorithm each of the set, the signer and the protection.
	if n := strings.Count(signertest.OpenSSL(t, "asn1parse", "-inform", "DER", "-in", signertest.WriteFile(t, "b.der", der)), ":sha256\n"); n != 3 {
		t.Errorf("SHA-256 is named %d times, want 3", n)
	}
	again := signertest.Run(t, "openssl", "cms", "-cmsout", "-inform", "DER", "-outform", "DER", "-in", signertest.WriteFile(t, "c.der", der))
	if string(again) != string(der) {
		t.Error("openssl writes it differently")
	}
}

// TestDraft holds that the two steps give what the one gives, in another
// process as well.
func TestDraft(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{Algorithm: signertest.RSA2048})
	o := cms.Options{Certificate: id.Certificate}
	want, err := cms.Sign(t.Context(), sum(crypto.SHA256, content), id.Key, o)
	if err != nil {
		t.Fatal(err)
	}
	first, err := cms.NewDraft(sum(crypto.SHA256, content), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := sha256.Sum256(first.SignedAttributes()); string(got[:]) != string(first.Digest()) {
		t.Error("the digest is not that of the attributes")
	}
	value, err := id.Key.Sign(rand.Reader, first.Digest(), first.SignerOpts())
	if err != nil {
		t.Fatal(err)
	}
	second, err := cms.NewDraft(sum(crypto.SHA256, content), o)
	if err != nil {
		t.Fatal(err)
	}
	got, err := second.Assemble(value, nil)
	if err != nil || string(got) != string(want) {
		t.Errorf("Assemble differs from Sign (%v)", err)
	}
	value[0] ^= 1
	if _, err := second.Assemble(value, nil); !errors.Is(err, cms.ErrSignature) {
		t.Errorf("Assemble of a broken value: %v", err)
	}
}

// swapped is a token that shows one key and signs with another.
type swapped struct{ crypto.Signer }

func (s swapped) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return key.Sign(r, digest, o)
}

// counting counts signatures.
type counting struct {
	crypto.Signer
	n *int
}

func (c counting) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	*c.n++
	return c.Signer.Sign(r, digest, o)
}

// TestSignRefuses is the table of what must not give a container.
func TestSignRefuses(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := sum(crypto.SHA256, content)
	failing := errors.New("no authority answers")
	for name, c := range map[string]struct {
		id     *signertest.Identity
		key    crypto.Signer
		digest []byte
		change func(*cms.Options)
		want   error
	}{
		"another key":            {key: signertest.NewKey(t, signertest.P256), want: cms.ErrKeyMismatch},
		"another kind of key":    {key: signertest.SharedKey(t, signertest.RSA2048), want: cms.ErrKeyMismatch},
		"swapped in the token":   {key: swapped{id.Key}, want: cms.ErrSignature},
		"PSS with an EC key":     {change: func(o *cms.Options) { o.PSS = true }, want: cms.ErrUnsupported},
		"SHA-1":                  {digest: sum(crypto.SHA1, content), change: func(o *cms.Options) { o.Hash = crypto.SHA1 }, want: cms.ErrUnsupported},
		"RSA-1024":               {id: signertest.SelfSigned(t, signertest.Leaf{Key: weak}), want: cms.ErrUnsupported},
		"P-224":                  {id: signertest.SelfSigned(t, signertest.Leaf{Key: p224}), want: cms.ErrUnsupported},
		"digest of another hash": {digest: sum(crypto.SHA512, content)},
		"no digest":              {digest: []byte{}},
		"no certificate":         {change: func(o *cms.Options) { o.Certificate = nil }},
		"digest beside content":  {change: func(o *cms.Options) { o.Encapsulated = &cms.Content{} }},
		"time-stamp fails": {change: func(o *cms.Options) {
			o.Timestamp = func(context.Context, []byte) ([]byte, error) { return nil, failing }
		}, want: failing},
	} {
		t.Run(name, func(t *testing.T) {
			who, digest, count := id, good, 0
			if c.id != nil {
				who = c.id
			}
			if c.digest != nil {
				digest = c.digest
			}
			key := c.key
			if key == nil {
				key = counting{who.Key, &count}
			}
			o := cms.Options{Certificate: who.Certificate}
			if c.change != nil {
				c.change(&o)
			}
			der, err := cms.Sign(t.Context(), digest, key, o)
			if err == nil || der != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %d bytes and %v, want %v", len(der), err, c.want)
			}
			if c.want != failing && count != 0 {
				t.Error("the key was used")
			}
		})
	}
}

// TestSignCancelled holds that a cancelled request does not reach the key.
func TestSignCancelled(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	_, err := cms.Sign(ctx, sum(crypto.SHA256, content), counting{id.Key, &n}, cms.Options{Certificate: id.Certificate})
	if !errors.Is(err, context.Canceled) || n != 0 {
		t.Errorf("%d signatures, %v", n, err)
	}
}

// TestEncapsulated holds that content can travel inside, as in time-stamp
// tokens.
func TestEncapsulated(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{Algorithm: signertest.P384})
	inside := &cms.Content{Type: []int{1, 2, 840, 113549, 1, 9, 16, 1, 4}, Data: content}
	der, err := cms.Sign(t.Context(), nil, id.Key, cms.Options{Certificate: id.Certificate, Encapsulated: inside})
	if err != nil {
		t.Fatal(err)
	}
	out := signertest.Run(t, "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-noverify", "-in", signertest.WriteFile(t, "a.der", der))
	if string(out) != string(content) {
		t.Errorf("openssl finds %q inside", out)
	}
	sd, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if findings, err := sd.VerifyContent(); err != nil || len(findings) > 0 || sd.Version != 3 || !sd.ContentType.Equal(inside.Type) {
		t.Errorf("%v, %v, version %d, type %v", findings, err, sd.Version, sd.ContentType)
	}
}

// TestTimestamp holds that the token becomes an unsigned attribute, and that no
// token means none.
func TestTimestamp(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	token, err := cms.Sign(t.Context(), nil, id.Key, cms.Options{Certificate: id.Certificate, Encapsulated: &cms.Content{Type: []int{1, 2, 3}, Data: content}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]byte{token, nil} {
		var stamped []byte
		o := cms.Options{Certificate: id.Certificate, Timestamp: func(_ context.Context, signature []byte) ([]byte, error) {
			stamped = signature
			return want, nil
		}}
		der, err := cms.Sign(t.Context(), sum(crypto.SHA256, content), id.Key, o)
		if err != nil {
			t.Fatal(err)
		}
		sd, err := cms.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		got := sd.Signer.Timestamps()
		if string(sd.Signer.Signature) != string(stamped) || (want == nil) != (len(got) == 0) || want != nil && string(got[0]) != string(want) {
			t.Errorf("%d tokens, want %t", len(got), want != nil)
		}
		if err := signertest.VerifyCMS(t, der, content); err != nil {
			t.Errorf("openssl: %v", err)
		}
		if size, err := cms.EstimateSize(o); err != nil || size < len(der) {
			t.Errorf("estimate %d for %d bytes (%v)", size, len(der), err)
		}
	}
}
