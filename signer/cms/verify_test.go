package cms_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"signservice/signer/cms"
	"signservice/signer/signertest"
)

// TestOpenSSL holds what we find in containers that openssl makes, with the
// switches that programs of others use.
func TestOpenSSL(t *testing.T) {
	id := signertest.NewCA(t, signertest.CAOptions{}).Issue(t, signertest.Leaf{
		Algorithm: signertest.RSA2048,
		Change:    func(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3, 4} },
	})
	base := []cms.Finding{cms.NoSigningCertificate, cms.NoAlgorithmProtection}
	for name, c := range map[string]struct {
		args []string
		want []cms.Finding
		err  error
	}{
		"plain":           {nil, base, nil},
		"cades":           {[]string{"-cades"}, []cms.Finding{cms.NoAlgorithmProtection}, nil},
		"cades sha512":    {[]string{"-cades", "-md", "sha512"}, []cms.Finding{cms.NoAlgorithmProtection}, nil},
		"by key":          {[]string{"-keyid"}, base, nil},
		"pss":             {[]string{"-keyopt", "rsa_padding_mode:pss"}, base, nil},
		"pss salt 20":     {[]string{"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20"}, base, nil},
		"pss other mgf":   {[]string{"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha1"}, base, cms.ErrUnsupported},
		"sha1":            {[]string{"-md", "sha1"}, append([]cms.Finding{cms.WeakDigest}, base...), nil},
		"sha3":            {[]string{"-md", "sha3-256"}, base, nil},
		"no attributes":   {[]string{"-noattr"}, append([]cms.Finding{cms.NoSignedAttributes}, base...), nil},
		"no certificates": {[]string{"-nocerts"}, base, cms.ErrNoCertificate},
		"unknown digest":  {[]string{"-md", "ripemd160"}, base, cms.ErrUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			key, cert, _ := id.Files(t)
			der := signertest.Run(t, "openssl", append([]string{
				"cms", "-sign", "-binary", "-outform", "DER", "-signer", cert, "-inkey", key, "-in", signertest.WriteFile(t, "in", content),
			}, c.args...)...)
			sd, err := cms.Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			hash := sd.Signer.Hash
			if hash == 0 {
				hash = crypto.SHA256
			}
			got, err := sd.Verify(sum(hash, content))
			if !errors.Is(err, c.err) {
				t.Errorf("Verify: %v, want %v", err, c.err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if _, err := sd.Verify(sum(hash, []byte("other"))); err == nil {
				t.Error("other content verifies")
			}
			if at, ok := sd.Signer.SigningTime(); name == "plain" && (!ok || time.Since(at) > time.Hour) {
				t.Errorf("signing-time %v", at)
			}
		})
	}
}

// sealed makes a container with one certificate.
func sealed(tb testing.TB, a signertest.Algorithm) (*signertest.Identity, []byte) {
	tb.Helper()
	id := signertest.SelfSigned(tb, signertest.Leaf{Algorithm: a})
	der, err := cms.Sign(tb.Context(), sum(crypto.SHA256, content), id.Key, cms.Options{Certificate: id.Certificate, Hash: crypto.SHA256})
	if err != nil {
		tb.Fatal(err)
	}
	return id, der
}

// TestMutation changes every byte of a container in several ways: whatever
// still verifies must still say the same about the same certificate.
func TestMutation(t *testing.T) {
	id, der := sealed(t, signertest.P256)
	survivors := 0
	for i := range der {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			mutated := bytes.Clone(der)
			mutated[i] ^= flip
			sd, err := cms.Parse(mutated)
			if err != nil {
				continue
			}
			if _, err := sd.Verify(sum(crypto.SHA256, content)); err != nil {
				continue
			}
			// The version numbers and the set of digest algorithms are covered by
			// nothing (RFC 5652), and mean nothing to us.
			survivors++
			if !bytes.Equal(sd.Signer.RawCertificate, id.Certificate.Raw) || sd.Signer.Hash != crypto.SHA256 {
				t.Errorf("byte %d ^ %#x: verifies with another certificate or hash", i, flip)
			}
		}
	}
	if survivors > 60 {
		t.Errorf("%d of %d mutations verify", survivors, 3*len(der))
	}
}

// TestCut holds that no beginning of a container is taken for the whole.
func TestCut(t *testing.T) {
	_, der := sealed(t, signertest.P256)
	for n := range der {
		if _, err := cms.Parse(der[:n]); !errors.Is(err, cms.ErrMalformed) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(der), err)
		}
	}
}

// TestBER holds that encodings which are not DER are read, said to be so, and
// verify: indefinite lengths, overlong lengths, octet strings in segments.
func TestBER(t *testing.T) {
	_, der := sealed(t, signertest.P256)
	for name, encode := range map[string]func([]byte) []byte{
		"indefinite lengths": func(in []byte) []byte { return reencode(in, indefinite) },
		"overlong lengths":   func(in []byte) []byte { return reencode(in, overlong) },
		"segments":           func(in []byte) []byte { return reencode(in, segments) },
	} {
		t.Run(name, func(t *testing.T) {
			sd, err := cms.Parse(append(encode(der), make([]byte, 100)...))
			if err != nil {
				t.Fatal(err)
			}
			findings, err := sd.Verify(sum(crypto.SHA256, content))
			if err != nil || !slices.Equal(findings, []cms.Finding{cms.NotDER}) {
				t.Errorf("%v, %v", findings, err)
			}
			if !bytes.Equal(sd.Raw, der) {
				t.Error("Raw is not the DER")
			}
		})
	}
}

// reencode writes every element of DER anew with f.
func reencode(in []byte, f func(tag byte, body []byte) []byte) []byte {
	var out []byte
	for s := cryptobyte.String(in); !s.Empty(); {
		var body cryptobyte.String
		var tag cbasn1.Tag
		if !s.ReadAnyASN1(&body, &tag) {
			panic("not DER")
		}
		if tag&0x20 != 0 {
			body = reencode(body, f)
		}
		out = append(out, f(byte(tag), body)...)
	}
	return out
}

func plain(tag byte, body []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.Tag(tag), func(b *cryptobyte.Builder) { b.AddBytes(body) })
	return b.BytesOrPanic()
}

func indefinite(tag byte, body []byte) []byte {
	if tag&0x20 == 0 {
		return plain(tag, body)
	}
	return append(append([]byte{tag, 0x80}, body...), 0, 0)
}

func overlong(tag byte, body []byte) []byte {
	return append([]byte{tag, 0x84, 0, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

func segments(tag byte, body []byte) []byte {
	if tag != byte(cbasn1.OCTET_STRING) || len(body) < 4 {
		return plain(tag, body)
	}
	return indefinite(0x24, append(plain(tag, body[:3]), plain(tag, body[3:])...))
}

// TestParseRefuses is the table of what is no signature container.
func TestParseRefuses(t *testing.T) {
	_, der := sealed(t, signertest.P256)
	deep := bytes.Repeat([]byte{0x30, 0x80}, 100_000)
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"empty":              {nil, cms.ErrMalformed},
		"zeros":              {make([]byte, 8192), cms.ErrMalformed},
		"a certificate":      {signertest.SelfSigned(t, signertest.Leaf{}).Certificate.Raw, cms.ErrMalformed},
		"data":               {[]byte{0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}, cms.ErrUnsupported},
		"deep":               {deep, cms.ErrMalformed},
		"huge":               {append([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff}, make([]byte, 100)...), cms.ErrMalformed},
		"length of 9 bytes":  {append([]byte{0x30, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0}, der...), cms.ErrMalformed},
		"too large":          {make([]byte, cms.MaxSize+1), cms.ErrMalformed},
		"two signers":        {twice(t, der), cms.ErrUnsupported},
		"primitive no end":   {[]byte{0x04, 0x80, 0, 0}, cms.ErrMalformed},
		"mixed octet string": {reencode(der, func(tag byte, body []byte) []byte { return mixed(tag, body) }), cms.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := cms.Parse(c.in); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func mixed(tag byte, body []byte) []byte {
	if tag != byte(cbasn1.OCTET_STRING) {
		return plain(tag, body)
	}
	return plain(0x24, plain(0x02, body))
}

// twice doubles the SignerInfo of a container with openssl's help.
func twice(t *testing.T, der []byte) []byte {
	t.Helper()
	id := signertest.SelfSigned(t, signertest.Leaf{})
	key, cert, _ := id.Files(t)
	return signertest.Run(t, "openssl", "cms", "-resign", "-inform", "DER", "-outform", "DER", "-signer", cert, "-inkey", key,
		"-in", signertest.WriteFile(t, "a.der", der))
}

// TestTrailing holds that bytes behind the container are noticed, and zeros are
// not.
func TestTrailing(t *testing.T) {
	_, der := sealed(t, signertest.P256)
	for in, want := range map[string][]cms.Finding{
		"":                 nil,
		"\x00\x00\x00\x00": nil,
		"\x00\x00hidden":   {cms.TrailingData},
	} {
		sd, err := cms.Parse(append(bytes.Clone(der), in...))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sd.Verify(sum(crypto.SHA256, content)); err != nil || !slices.Equal(got, want) {
			t.Errorf("behind it %q: %v, %v", in, got, err)
		}
	}
}

// TestCertificateSwap puts another certificate of the same name, number and key
// into the container: the signing-certificate attribute must notice.
func TestCertificateSwap(t *testing.T) {
	key := signertest.NewKey(t, signertest.P256)
	ca := signertest.NewCA(t, signertest.CAOptions{})
	first := ca.Issue(t, signertest.Leaf{Key: key})
	second := ca.Issue(t, signertest.Leaf{Key: key, Change: func(c *x509.Certificate) { c.SerialNumber = first.Certificate.SerialNumber }})
	draft, err := cms.NewDraft(sum(crypto.SHA256, content), cms.Options{Certificate: first.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	value, err := key.Sign(rand.Reader, draft.Digest(), draft.SignerOpts())
	if err != nil {
		t.Fatal(err)
	}
	der, err := draft.Assemble(value, nil)
	if err != nil {
		t.Fatal(err)
	}
	swapped := replace(t, der, first.Certificate.Raw, second.Certificate.Raw)
	if err := signertest.VerifyCMS(t, swapped, content, ca.Root.Certificate, ca.Issuing.Certificate); err != nil {
		t.Logf("openssl refuses as well: %v", err)
	}
	sd, err := cms.Parse(swapped)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sd.Verify(sum(crypto.SHA256, content)); !errors.Is(err, cms.ErrAttribute) {
		t.Errorf("Verify with a swapped certificate: %v", err)
	}
}

// replace exchanges an element anywhere in DER.
func replace(t *testing.T, der, old, with []byte) []byte {
	t.Helper()
	found := false
	out := reencode(der, func(tag byte, body []byte) []byte {
		e := plain(tag, body)
		if bytes.Equal(e, old) {
			found = true
			return with
		}
		return e
	})
	if !found {
		t.Fatal("nothing to replace")
	}
	return out
}

// TestAttributeAttacks alters the signed attributes and signs again with the
// right key, so that only our reading of them can object.
func TestAttributeAttacks(t *testing.T) {
	id, der := sealed(t, signertest.P256)
	sd, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	attribute := func(oid string, values ...[]byte) []byte {
		return attributeDER(t, oid, values...)
	}
	var honest [][]byte
	var contentType, messageDigest []byte
	for _, a := range sd.Signer.Signed {
		e := attribute(a.Type.String(), a.Values...)
		honest = append(honest, e)
		switch a.Type.String() {
		case "1.2.840.113549.1.9.3":
			contentType = e
		case "1.2.840.113549.1.9.4":
			messageDigest = e
		}
	}
	without := func(e []byte) [][]byte {
		return slices.DeleteFunc(slices.Clone(honest), func(x []byte) bool { return bytes.Equal(x, e) })
	}
	other := plain(0x04, sum(crypto.SHA256, []byte("other")))
	right := plain(0x04, sum(crypto.SHA256, content))
	for name, c := range map[string]struct {
		set  [][]byte
		want error
	}{
		"honest":                     {honest, nil},
		"no content-type":            {without(contentType), cms.ErrAttribute},
		"no message-digest":          {without(messageDigest), cms.ErrAttribute},
		"two message-digests":        {append(without(nil), attribute("1.2.840.113549.1.9.4", other)), cms.ErrAttribute},
		"message-digest of two":      {append(without(messageDigest), attribute("1.2.840.113549.1.9.4", right, other)), cms.ErrAttribute},
		"message-digest of none":     {append(without(messageDigest), attribute("1.2.840.113549.1.9.4")), cms.ErrAttribute},
		"empty":                      {nil, cms.ErrAttribute},
		"content-type of another":    {append(without(contentType), attribute("1.2.840.113549.1.9.3", plain(0x06, []byte{0x2a, 3}))), cms.ErrAttribute},
		"message-digest of another":  {append(without(messageDigest), attribute("1.2.840.113549.1.9.4", other)), cms.ErrDigest},
		"message-digest is no bytes": {append(without(messageDigest), attribute("1.2.840.113549.1.9.4", plain(0x02, []byte{1}))), cms.ErrAttribute},
	} {
		t.Run(name, func(t *testing.T) {
			sd, err := cms.Parse(forge(t, id, der, c.set))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := sd.Verify(sum(crypto.SHA256, content)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func attributeDER(t *testing.T, oid string, values ...[]byte) []byte {
	t.Helper()
	var id asn1.ObjectIdentifier
	for part := range bytes.SplitSeq([]byte(oid), []byte(".")) {
		n := 0
		for _, d := range part {
			n = n*10 + int(d-'0')
		}
		id = append(id, n)
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(id)
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
			for _, v := range values {
				b.AddBytes(v)
			}
		})
	})
	return b.BytesOrPanic()
}

// forge puts other signed attributes into a container and signs them.
func forge(t *testing.T, id *signertest.Identity, der []byte, attributes [][]byte) []byte {
	t.Helper()
	sd, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	value, err := id.Key.Sign(rand.Reader, sum(crypto.SHA256, plain(0x31, bytes.Join(attributes, nil))), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	old := plain(0x04, sd.Signer.Signature)
	return reencode(der, func(tag byte, body []byte) []byte {
		e := plain(tag, body)
		switch {
		case bytes.Equal(e, old):
			return plain(0x04, value)
		case tag == 0xa0 && isAttributes(body):
			return plain(0xa0, bytes.Join(attributes, nil))
		}
		return e
	})
}

// isAttributes tells whether the contents of a [0] are attributes.
func isAttributes(body []byte) bool {
	in := cryptobyte.String(body)
	var seq cryptobyte.String
	var oid asn1.ObjectIdentifier
	return in.ReadASN1(&seq, cbasn1.SEQUENCE) && seq.ReadASN1ObjectIdentifier(&oid) && seq.PeekASN1Tag(cbasn1.SET)
}

// TestUnsorted holds that attributes which are not in DER's order verify,
// whichever order was signed, and that it is said.
func TestUnsorted(t *testing.T) {
	id, der := sealed(t, signertest.P256)
	sd, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	var set [][]byte
	for _, a := range slices.Backward(sd.Signer.Signed) {
		set = append(set, attributeDER(t, a.Type.String(), a.Values...))
	}
	asStored := forge(t, id, der, set)
	// Only the stored order is turned round; the value covers the sorted one.
	asSorted := reencode(der, func(tag byte, body []byte) []byte {
		if tag == 0xa0 && isAttributes(body) {
			return plain(0xa0, bytes.Join(set, nil))
		}
		return plain(tag, body)
	})
	for name, in := range map[string][]byte{"as stored": asStored, "as sorted": asSorted} {
		sd, err := cms.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sd.Verify(sum(crypto.SHA256, content)); err != nil || !slices.Equal(got, []cms.Finding{cms.Unsorted}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestCertificates reads chains as authorities publish them, and as signatures
// carry them.
func TestCertificates(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	all := signertest.WriteFile(t, "all.pem", signertest.CertificatesPEM(ca.Root.Certificate, ca.Issuing.Certificate))
	chain := signertest.Run(t, "openssl", "crl2pkcs7", "-nocrl", "-certfile", all, "-outform", "DER")
	_, signed := sealed(t, signertest.P256)
	for name, c := range map[string]struct {
		in   []byte
		want int
		err  error
	}{
		"a chain":     {chain, 2, nil},
		"a signature": {signed, 1, nil},
		"BER":         {reencode(chain, indefinite), 2, nil},
		"nothing":     {nil, 0, cms.ErrMalformed},
		"a root":      {ca.Root.Certificate.Raw, 0, cms.ErrMalformed},
		"too large":   {make([]byte, cms.MaxSize+1), 0, cms.ErrMalformed},
	} {
		got, err := cms.Certificates(c.in)
		if len(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %d certificates, %v", name, len(got), err)
		}
	}
}
