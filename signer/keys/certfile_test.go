package keys_test

import (
	"bytes"
	"errors"
	"testing"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// TestReadCertificates is the table of files that hold certificates, or none.
func TestReadCertificates(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	who := ca.Issue(t, signertest.Leaf{})
	one, two := who.Certificate.Raw, ca.Issuing.Certificate.Raw
	both := signertest.CertificatesPEM(who.Certificate, ca.Issuing.Certificate)
	for name, c := range map[string]struct {
		data []byte
		want int
	}{
		"DER":                     {one, 1},
		"two, one behind another": {append(bytes.Clone(one), two...), 2},
		"PEM":                     {both, 2},
		"text around":             {append([]byte("subject=x\n"), append(bytes.Clone(both), "\nend"...)...), 2},
		"a key beside":            {append(who.KeyPEM(t), both...), 2},
		"a key alone":             {who.KeyPEM(t), 0},
		"nothing":                 {nil, 0},
		"nonsense":                {[]byte("certificate"), 0},
		"cut":                     {one[:len(one)/2], 0},
		"something behind":        {append(bytes.Clone(one), 1, 2, 3), 0},
		"damaged PEM":             {bytes.Replace(both, []byte("MII"), []byte("AAA"), 1), 0},
		"far too many":            {bytes.Repeat(one, 101), 0},
		"too large":               {bytes.Repeat([]byte("x"), 2<<20), 0},
	} {
		got, err := keys.ReadCertificates(c.data)
		if len(got) != c.want || (err == nil) != (c.want > 0) || err != nil && !errors.Is(err, keys.ErrFormat) {
			t.Errorf("%s: %d, %v, want %d", name, len(got), err, c.want)
		}
	}
}

// TestChain finds the issuers in any order and takes no stranger for one.
func TestChain(t *testing.T) {
	ca, other := signertest.NewCA(t, signertest.CAOptions{}), signertest.NewCA(t, signertest.CAOptions{})
	who := ca.Issue(t, signertest.Leaf{})
	all, err := keys.ReadCertificates(signertest.CertificatesPEM(
		other.Issuing.Certificate, ca.Root.Certificate, who.Certificate, ca.Issuing.Certificate,
	))
	if err != nil {
		t.Fatal(err)
	}
	chain := keys.Chain(who.Certificate, all)
	if len(chain) != 1 || !chain[0].Equal(ca.Issuing.Certificate) {
		t.Errorf("a chain of %d", len(chain))
	}
	// Another authority of the same name signed nothing of it.
	if chain := keys.Chain(who.Certificate, all[:1]); len(chain) != 0 {
		t.Errorf("a stranger is taken for the issuer")
	}
}
