package ca_test

import (
	"bytes"
	"crypto/x509"
	"testing"

	"signservice/signer"
	"signservice/signer/ca"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// TestPdfsig has poppler trust a signature where the root lies in an NSS
// database and nothing else does, whatever the keys and the name.
func TestPdfsig(t *testing.T) {
	for _, kinds := range [][2]keys.Kind{{keys.P384, keys.P256}, {keys.RSA3072, keys.RSA2048}} {
		w := newWorld(t, kinds[0], kinds[1])
		for _, name := range []string{"Мария Иванова", "mary.ivanova"} {
			key, r := w.leaf(name)
			r.Addresses = ca.Addresses{OCSP: w.responder()} // which pdfsig asks
			leaf, err := w.issuing.Issue(r)
			if err != nil {
				t.Fatal(err)
			}
			doc := signertest.PDF{}.Bytes()
			p, err := signer.Prepare(t.Context(), bytes.NewReader(doc), int64(len(doc)), signer.Options{
				Certificate: leaf, Chain: []*x509.Certificate{w.issuing.Certificate},
			})
			if err != nil {
				t.Fatal(err)
			}
			cms, err := signer.Sign(t.Context(), p, key)
			if err != nil {
				t.Fatal(err)
			}
			var signed bytes.Buffer
			if err := signer.Embed(t.Context(), &signed, bytes.NewReader(doc), p, cms); err != nil {
				t.Fatal(err)
			}
			file := signertest.WriteFile(t, "signed.pdf", signed.Bytes())
			trusting := signertest.Pdfsig(t, file, signertest.NSS(t, w.root.Certificate))
			if len(trusting) != 1 || !trusting[0].Valid() || !trusting[0].Trusted() || trusting[0].Signer != name {
				t.Errorf("%s: pdfsig with the root: %+v", name, trusting)
			}
			if strange := signertest.Pdfsig(t, file, signertest.NSS(t)); len(strange) != 1 || strange[0].Trusted() {
				t.Errorf("%s: pdfsig without the root: %+v", name, strange)
			}
		}
	}
}
