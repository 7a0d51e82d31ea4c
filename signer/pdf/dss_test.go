package pdf_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"signservice/signer/pdf"
)

func der(s string) []byte { return []byte(strings.Repeat(s, 100)) }

// withStore appends material to a file.
func withStore(t testing.TB, in []byte, store pdf.SecurityStore) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := open(t, in).AppendSecurityStore(t.Context(), &out, store, zeros{}); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(out.Bytes(), in) {
		t.Fatal("the input is no prefix")
	}
	if repaired, why := open(t, out.Bytes()).Repaired(); repaired {
		t.Fatalf("the output needs a repair: %s", why)
	}
	return out.Bytes()
}

// TestSecurityStore: material is added to what is there, each piece once.
func TestSecurityStore(t *testing.T) {
	contents := der("signature")
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, s := range shapes() {
		signed := sign(t, s.bytes, pdf.SignatureSpec{ContentsSize: 16, Certify: 1})
		first := withStore(t, signed, pdf.SecurityStore{
			Certs: [][]byte{der("a"), der("b"), der("a")}, OCSPs: [][]byte{der("o")},
			Related: []pdf.RelatedMaterial{{Contents: contents, Certs: [][]byte{der("a")}, CRLs: [][]byte{der("l")}, Time: at}},
		})
		second := withStore(t, first, pdf.SecurityStore{
			Certs: [][]byte{der("b"), der("c")}, CRLs: [][]byte{der("l")},
			Related: []pdf.RelatedMaterial{
				{Contents: der("another"), OCSPs: [][]byte{der("p")}},
				{Key: pdf.VRIKey(contents), Certs: [][]byte{der("d")}},
			},
		})
		got, err := open(t, second).SecurityStore()
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got.Related, func(a, b pdf.RelatedMaterial) int { return len(a.Certs) - len(b.Certs) })
		want := &pdf.SecurityStore{
			Certs: [][]byte{der("a"), der("b"), der("c"), der("d")},
			OCSPs: [][]byte{der("o"), der("p")}, CRLs: [][]byte{der("l")},
			Related: []pdf.RelatedMaterial{
				{Key: pdf.VRIKey(der("another")), OCSPs: [][]byte{der("p")}},
				{Key: pdf.VRIKey(contents), Certs: [][]byte{der("a"), der("d")}, CRLs: [][]byte{der("l")}, Time: at},
			},
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(0)); diff != "" {
			t.Errorf("%s: %s", s.name, diff)
		}
		if again := withStore(t, second, pdf.SecurityStore{Certs: [][]byte{der("c")}}); bytes.Contains(again[len(second):], []byte("/Type /Catalog")) {
			t.Errorf("%s: nothing was new, and yet the catalog was written", s.name)
		}
		stamped := sign(t, second, pdf.SignatureSpec{Type: pdf.DocTimeStamp, ContentsSize: 16})
		all, err := open(t, stamped).Signatures()
		if err != nil {
			t.Fatal(err)
		}
		if stamp := all[1]; stamp.Type != pdf.DocTimeStamp || stamp.SubFilter != "ETSI.RFC3161" || stamp.Dict["M"] != nil {
			t.Errorf("%s: the timestamp is %v", s.name, stamp.Dict)
		}
	}
}

// TestStoreWithTimestamp: one increment can bring both, and the timestamp covers
// the material.
func TestStoreWithTimestamp(t *testing.T) {
	in := packedFile()
	out := sign(t, in, pdf.SignatureSpec{
		Type: pdf.DocTimeStamp, ContentsSize: 16, Store: &pdf.SecurityStore{Certs: [][]byte{der("a")}},
	})
	f := open(t, out)
	store, err := f.SecurityStore()
	if err != nil || len(store.Certs) != 1 {
		t.Errorf("%d certificates, %v", len(store.Certs), err)
	}
	if r, err := f.Revisions(); err != nil || len(r) != 2 {
		t.Errorf("%d revisions, %v", len(r), err)
	}
}

// TestStoreOfOthers: stores that others wrote, well or not, are read and kept.
func TestStoreOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		dss  string
		more map[int]string
		want int // certificates after one was added
	}{
		"in the catalog":     {"<</Certs[7 0 R]/Foreign 1>>", nil, 2},
		"of its own":         {"8 0 R", map[int]string{8: "<</Certs 9 0 R/Foreign 1>>", 9: "[7 0 R]"}, 2},
		"a list of nothing":  {"<</Certs[99 0 R null(x)]>>", nil, 1},
		"no list":            {"<</Certs(x)>>", nil, 1},
		"no dictionary":      {"[]", nil, 1},
		"absent":             {"99 0 R", nil, 1},
		"related, wrong":     {"<</Certs[7 0 R]/VRI<</A(x)/B 99 0 R/C<</Cert(x)/TU(x)>>>>>>", nil, 2},
		"related of its own": {"<</Certs[7 0 R]/VRI 8 0 R>>", map[int]string{8: "<<>>"}, 2},
	} {
		b := newBuilder()
		b.onePage("/DSS "+c.dss, "")
		b.stream(7, "", "old")
		for n, body := range c.more {
			b.object(n, body)
		}
		in := b.table()
		out := withStore(t, in, pdf.SecurityStore{Related: []pdf.RelatedMaterial{{Key: "KEY", Certs: [][]byte{der("new")}}}})
		f := open(t, out)
		store, err := f.SecurityStore()
		if err != nil {
			t.Fatal(err)
		}
		if len(store.Certs) != c.want {
			t.Errorf("%s: %d certificates", name, len(store.Certs))
		}
		catalog, err := f.Catalog()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(c.dss+c.more[8], "Foreign") && dictAt(t, f, catalog["DSS"])["Foreign"] == nil {
			t.Errorf("%s: a foreign entry is lost", name)
		}
	}
	b := newBuilder()
	b.onePage("", "")
	err := open(t, b.table()).AppendSecurityStore(t.Context(), &bytes.Buffer{}, pdf.SecurityStore{Related: make([]pdf.RelatedMaterial, 1)}, nil)
	if !errors.Is(err, pdf.ErrSpec) {
		t.Errorf("material that belongs to nothing: %v", err)
	}
}
