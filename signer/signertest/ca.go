package signertest

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"sync"
	"testing"
	"time"
)

// CA is a throw-away certificate authority: a root and an issuing level, both
// on P-256 unless CAOptions says otherwise.
type CA struct {
	Root    *Identity
	Issuing *Identity
	// URL is where Serve answers; "" before.
	URL string

	mu       sync.Mutex
	revoked  map[string]revocation // by serial number
	crl      int64                 // number of the last CRL
	override map[string]Handler
}

type revocation struct {
	serial *big.Int
	at     time.Time
	reason int
}

// CAOptions says how NewCA makes its certificates. Zero values work.
type CAOptions struct {
	Name      string    // prefix of the two names; default "Test"
	Algorithm Algorithm // of both keys
	// RootKey is the root's; new when nil. Fuzzing goes on in processes of its
	// own, which know the root again by name and key.
	RootKey crypto.Signer
}

// NewCA makes a certificate authority, valid from yesterday for ten years.
func NewCA(tb testing.TB, o CAOptions) *CA {
	tb.Helper()
	if o.Name == "" {
		o.Name = "Test"
	}
	ca := &CA{revoked: map[string]revocation{}, override: map[string]Handler{}}
	if o.RootKey == nil {
		o.RootKey = NewKey(tb, o.Algorithm)
	}
	ca.Root = authority(tb, o.Name+" Root CA", o.RootKey, nil, 1)
	ca.Issuing = authority(tb, o.Name+" Issuing CA", NewKey(tb, o.Algorithm), ca.Root, 0)
	return ca
}

func authority(tb testing.TB, name string, key crypto.Signer, issuer *Identity, below int) *Identity {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber:          serial(tb),
		Subject:               pkix.Name{CommonName: name, Organization: []string{"Example"}, Country: []string{"DE"}},
		NotBefore:             time.Now().AddDate(0, 0, -1),
		NotAfter:              time.Now().AddDate(10, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLen:            below,
		MaxPathLenZero:        below == 0,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	return sign(tb, template, key, issuer)
}

// sign has the issuer sign the template; the certificate's own key does it when
// issuer is nil.
func sign(tb testing.TB, template *x509.Certificate, key crypto.Signer, issuer *Identity) *Identity {
	tb.Helper()
	parent, parentKey := template, key
	if issuer != nil {
		parent, parentKey = issuer.Certificate, issuer.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return &Identity{Certificate: cert, Key: key}
}

// Leaf says what kind of certificate CA.Issue makes. Zero values give a
// document-signing certificate on P-256, valid from an hour ago for a year.
type Leaf struct {
	Name      string        // common name; default "Mary Example"
	Purpose   Purpose       // default Documents
	Algorithm Algorithm     // of a new key, when Key is nil
	Key       crypto.Signer // the key to certify
	NotBefore time.Time
	NotAfter  time.Time
	Issuer    *Identity // default the issuing CA
	// Change may alter the template before it is signed.
	Change func(*x509.Certificate)
}

// Purpose is what a certificate is for: its extended key usage.
type Purpose string

// The purposes.
const (
	Documents  Purpose = "document signing"
	Timestamps Purpose = "time stamping" // critical, alone: RFC 3161, 2.3
	Responses  Purpose = "OCSP signing"  // with id-pkix-ocsp-nocheck
)

// Issue makes a certificate. Its key is new unless the Leaf gives one; RSA keys
// are shared in the process.
func (ca *CA) Issue(tb testing.TB, l Leaf) *Identity {
	tb.Helper()
	l = l.withDefaults(ca)
	template := &x509.Certificate{
		SerialNumber: serial(tb),
		Subject:      pkix.Name{CommonName: l.Name, Organization: []string{"Example"}, Country: []string{"DE"}},
		NotBefore:    l.NotBefore,
		NotAfter:     l.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	l.Purpose.apply(template)
	if ca.URL != "" {
		template.CRLDistributionPoints = []string{ca.URL + PathCRL}
		template.OCSPServer = []string{ca.URL + PathOCSP}
		template.IssuingCertificateURL = []string{ca.URL + PathIssuing}
	}
	if l.Change != nil {
		l.Change(template)
	}
	key := l.Key
	if key == nil {
		key = SharedKey(tb, l.Algorithm)
	}
	id := sign(tb, template, key, l.Issuer)
	if l.Issuer != ca.Root {
		id.Chain = []*x509.Certificate{l.Issuer.Certificate}
	}
	return id
}

func (l Leaf) withDefaults(ca *CA) Leaf {
	if l.Name == "" {
		l.Name = "Mary Example"
	}
	if l.Purpose == "" {
		l.Purpose = Documents
	}
	if l.NotBefore.IsZero() {
		l.NotBefore = time.Now().Add(-time.Hour)
	}
	if l.NotAfter.IsZero() {
		l.NotAfter = time.Now().AddDate(1, 0, 0)
	}
	if l.Issuer == nil {
		l.Issuer = ca.Issuing
	}
	return l
}

func (p Purpose) apply(c *x509.Certificate) {
	switch p {
	case Documents: // RFC 9336
		c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 36}}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} // without it NSS, hence pdfsig, trusts none
	case Timestamps:
		c.KeyUsage = x509.KeyUsageDigitalSignature
		// crypto/x509 marks the extension as not critical, so it is given whole.
		c.ExtraExtensions = []pkix.Extension{{
			Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true,
			Value: []byte{0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08},
		}}
	case Responses:
		c.KeyUsage = x509.KeyUsageDigitalSignature
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
		c.ExtraExtensions = []pkix.Extension{{
			Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{0x05, 0x00},
		}}
	}
}

// SelfSigned makes a document-signing certificate that signs itself.
func SelfSigned(tb testing.TB, l Leaf) *Identity {
	tb.Helper()
	l = l.withDefaults(&CA{})
	template := &x509.Certificate{
		SerialNumber:          serial(tb),
		Subject:               pkix.Name{CommonName: l.Name},
		NotBefore:             l.NotBefore,
		NotAfter:              l.NotAfter,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	l.Purpose.apply(template)
	if l.Change != nil {
		l.Change(template)
	}
	key := l.Key
	if key == nil {
		key = SharedKey(tb, l.Algorithm)
	}
	return sign(tb, template, key, nil)
}

// Pool gives the root as a pool.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Root.Certificate)
	return pool
}

// serial gives 127 random bits: positive and at most 20 octets (RFC 5280,
// 4.1.2.2).
func serial(tb testing.TB) *big.Int {
	tb.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		tb.Fatal(err)
	}
	return n.SetBit(n, 126, 1)
}
