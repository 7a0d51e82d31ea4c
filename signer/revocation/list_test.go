package revocation

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"signservice/signer/signertest"
)

// lists are revocation lists of many shapes.
func lists(tb testing.TB) [][]byte {
	tb.Helper()
	ca := signertest.NewCA(tb, signertest.CAOptions{})
	all := [][]byte{ca.CRL(tb, time.Now())}
	for _, entries := range [][]x509.RevocationListEntry{
		{{SerialNumber: big.NewInt(1), RevocationTime: time.Now()}},
		{{SerialNumber: big.NewInt(127), RevocationTime: time.Now(), ReasonCode: 1}, {SerialNumber: big.NewInt(128), RevocationTime: time.Now()}},
		{{SerialNumber: new(big.Int).Lsh(big.NewInt(1), 158), RevocationTime: time.Date(2055, 1, 1, 0, 0, 0, 0, time.UTC), ReasonCode: 6}},
		{{SerialNumber: big.NewInt(5), RevocationTime: time.Now(), ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{0x30, 0}}}}},
		{{SerialNumber: big.NewInt(7), RevocationTime: time.Now()}, {SerialNumber: big.NewInt(7), RevocationTime: time.Now().Add(-time.Hour), ReasonCode: 3}},
	} {
		der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
			Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour), RevokedCertificateEntries: entries,
		}, ca.Issuing.Certificate, ca.Issuing.Key)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, der)
	}
	return all
}

// TestLikeTheLibrary holds our reading of entries against crypto/x509's.
func TestLikeTheLibrary(t *testing.T) {
	for _, der := range lists(t) {
		if !likeTheLibrary(t, der) {
			t.Error("not read")
		}
	}
}

// likeTheLibrary: what we read the library reads too, and finds the same in it.
// (It overlooks data behind a list, and inside, which we refuse.)
func likeTheLibrary(t *testing.T, der []byte) bool {
	t.Helper()
	got, err := ParseCRL(der)
	want, libraryErr := x509.ParseRevocationList(der)
	if err != nil || libraryErr != nil {
		return false
	}
	if string(got.list.RawTBSRevocationList) != string(want.RawTBSRevocationList) || string(got.list.RawIssuer) != string(want.RawIssuer) ||
		!got.list.ThisUpdate.Equal(want.ThisUpdate) || !got.list.NextUpdate.Equal(want.NextUpdate) || len(got.list.Extensions) != len(want.Extensions) {
		t.Fatal("another list")
	}
	last := map[string]x509.RevocationListEntry{}
	for _, e := range want.RevokedCertificateEntries {
		last[e.SerialNumber.String()] = e
	}
	for _, e := range last {
		found, ok := got.find(e.SerialNumber)
		if !ok {
			t.Fatalf("entry %v is not found", e.SerialNumber)
		}
		var s Status
		if got.critical || !found.status(&s) && e.RevocationTime.IsZero() {
			continue
		}
		if !s.RevokedAt.Equal(e.RevocationTime) || s.Reason != e.ReasonCode {
			t.Fatalf("entry %v: %+v, the library has %v, %d", e.SerialNumber, s, e.RevocationTime, e.ReasonCode)
		}
		if other := new(big.Int).Add(e.SerialNumber, big.NewInt(1)); last[other.String()].SerialNumber == nil {
			if _, ok := got.find(other); ok {
				t.Fatalf("%v is found, and is not there", other)
			}
		}
	}
	return true
}

// FuzzParseCRL holds our reading against the library's, of anything.
func FuzzParseCRL(f *testing.F) {
	for _, der := range lists(f) {
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		likeTheLibrary(t, in)
	})
}

// TestLongList: the entries of a long list stay as they are encoded.
func TestLongList(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour)}
	for i := range 200_000 {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(1<<40 + int64(i)), RevocationTime: list.ThisUpdate})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, ca.Issuing.Certificate, ca.Issuing.Key)
	if err != nil {
		t.Fatal(err)
	}
	who := ca.Issue(t, signertest.Leaf{Change: func(c *x509.Certificate) { c.SerialNumber = big.NewInt(1<<40 + 199_999) }})
	allocated := testing.AllocsPerRun(1, func() {
		s, err := ReadCRL(der, who.Certificate, ca.Issuing.Certificate)
		if err != nil || !s.Revoked {
			t.Errorf("%+v, %v", s, err)
		}
	})
	if allocated > 2000 {
		t.Errorf("%v allocations for 200000 entries", allocated)
	}
}
