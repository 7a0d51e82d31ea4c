package signer_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signservice/signer"
	"signservice/signer/signertest"
)

func TestTrust(t *testing.T) {
	ca, other := signertest.NewCA(t, signertest.CAOptions{}), signertest.NewCA(t, signertest.CAOptions{Name: "Other"})
	mary, self := ca.Issue(t, signertest.Leaf{}), signertest.SelfSigned(t, signertest.Leaf{})
	expired := ca.Issue(t, signertest.Leaf{NotBefore: at.Add(-48 * time.Hour), NotAfter: at.Add(-24 * time.Hour)})
	early := ca.Issue(t, signertest.Leaf{NotBefore: at.Add(30 * time.Second)}) // valid now, and not at the claimed time
	lapsed := signertest.SelfSigned(t, signertest.Leaf{NotBefore: at.Add(-48 * time.Hour), NotAfter: at.Add(-24 * time.Hour)})
	chainless := *mary
	chainless.Chain = nil
	roots := func(all ...*signertest.Identity) (list []*x509.Certificate) {
		for _, id := range all {
			list = append(list, id.Certificate)
		}
		return list
	}
	for name, c := range map[string]struct {
		signer  *signertest.Identity
		roots   []*x509.Certificate
		trusted bool
	}{
		"chained to the root":         {mary, roots(ca.Root), true},
		"one of several roots":        {mary, roots(other.Root, ca.Root), true},
		"the issuer as root":          {mary, roots(ca.Issuing), true},
		"another root":                {mary, roots(other.Root), false},
		"no roots":                    {mary, nil, false},
		"issuer missing":              {&chainless, roots(ca.Root), false},
		"self-signed as root":         {self, roots(self), true},
		"self-signed, another root":   {self, roots(ca.Root), false},
		"expired at signing":          {expired, roots(ca.Root), false},
		"claimed before it began":     {early, roots(ca.Root), false},
		"self-signed, expired":        {lapsed, roots(lapsed), false},
		"person's certificate a root": {mary, roots(mary), true},
	} {
		t.Run(name, func(t *testing.T) {
			signed, _ := sign(t, signertest.PDF{}.Bytes(), c.signer.Key, options(c.signer))
			r := verify(t, signed, c.roots...)
			s := r.Signatures[0]
			if !s.Good() || !r.Good(false) {
				t.Errorf("not intact: %+v", s)
			}
			if s.Trusted != c.trusted || r.Good(true) != c.trusted {
				t.Errorf("trusted %v, want %v: %q", s.Trusted, c.trusted, s.Problems)
			}
			if wantProblem := !c.trusted && len(c.roots) > 0; wantProblem != (len(s.Problems) > 0) {
				t.Errorf("problems %q", s.Problems)
			}
		})
	}
}

func TestUnsignedIsNotGood(t *testing.T) {
	r := verify(t, signertest.PDF{}.Bytes())
	if len(r.Signatures) != 0 || r.Good(false) || r.Good(true) {
		t.Errorf("%+v", r)
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"signatures":[]`) {
		t.Errorf("%s, %v", text, err)
	}
}

// TestOneBadSpoilsAll: a good signature beside a bad one does not make a good
// file.
func TestOneBadSpoilsAll(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	first, _ := sign(t, plain().build(), id.Key, options(id))
	second, p := sign(t, first, id.Key, options(id))
	r := verify(t, flip(second, int(p.Reserved.ContentsOffset)+400))
	if len(r.Signatures) != 2 || r.Good(false) || !r.Signatures[0].Good() || r.Signatures[1].Good() {
		t.Errorf("%+v", r.Signatures)
	}
}

func TestVerifyEnds(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	signed, _ := sign(t, plain().build(), id.Key, options(id))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := signer.Verify(ctx, bytes.NewReader(signed), int64(len(signed)), signer.VerifyOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// verdict is what is expected of a stranger's signed file.
type verdict struct {
	good string // a letter a signature: g good, b bad, c changed in a way that is not allowed
	what string
}

// strangers are files made to deceive, and files that were changed after a
// signature as the standards permit.
var strangers = map[string]verdict{
	// Attacks and anomalies.
	"00106.pdf": {"b", "one byte range"},
	"00109.pdf": {"b", "byte range with a gap that is not Contents"},
	"01285.pdf": {"b", "two Contents"},
	"01417.pdf": {"b", "modified, ByteRange of another file"},
	"01279.pdf": {"b", "last bytes not covered"},
	"01273.pdf": {"b", "byte range without the line's end, of other content"},
	"01315.pdf": {"b", "impossible byte range"},
	"00853.pdf": {"b", "byte range beyond the file"},
	"00535.pdf": {"b", "container that is no CMS"},
	"00619.pdf": {"b", "container of zeros"},
	"01432.pdf": {"c", "ISA: body appended without a section"},
	"01433.pdf": {"c", "ISA: content of the page replaced"},
	"00025.pdf": {"cg", "appearance stream that the catalog uses too"},
	"00013.pdf": {"cg", "extensions that are used elsewhere too"},
	"00613.pdf": {"c", "a page added"},
	"01357.pdf": {"cg", "outlines"},
	"01363.pdf": {"c", "field removed"},
	"01369.pdf": {"cc", "structure of a tagged document"},
	"01375.pdf": {"ccc", "text field added"},
	"01381.pdf": {"c", "font changed and put into the DSS"},
	"01339.pdf": {"ggcg", "a signature after a lock with P=1"},
	"01411.pdf": {"gc", "annotation after P=2"},
	// Permitted.
	"00019.pdf": {"gg", "appearance made anew; what the trailer names is as it was"},
	"00085.pdf": {"gg", "DSS and document timestamp"},
	"00097.pdf": {"gg", "second signature, kid apart from its field"},
	"00565.pdf": {"gg", "DSS and document timestamp"},
	"00571.pdf": {"gg", "second signature"},
	"00601.pdf": {"gg", "timestamp with type Sig"},
	"00607.pdf": {"gg", "DSS with orphans"},
	"00631.pdf": {"gg", "timestamps in existing fields"},
	"00637.pdf": {"g", "form filled"},
	"00649.pdf": {"ggg", "two signatures, DSS, timestamp"},
	"00653.pdf": {"g", "certified, changes permitted"},
	"00655.pdf": {"g", "FieldMDP"},
	"00745.pdf": {"gg", "PDF/A with timestamp"},
	"01243.pdf": {"gg", "B-LTA"},
	"01333.pdf": {"g", "annotations and Tabs with P=3"},
	"01345.pdf": {"g", "field that the lock leaves open"},
	"01351.pdf": {"g", "comment with P=3, object streams"},
	"01387.pdf": {"g", "font made direct, same content"},
	"01393.pdf": {"g", "object that nothing uses"},
	"01405.pdf": {"gg", "DSS and timestamp"},
	"01423.pdf": {"gg", "B-LTA"},
	"01429.pdf": {"g", "B-LT"},
}

func TestStrangersVerdicts(t *testing.T) {
	for name, want := range strangers {
		t.Run(name, func(t *testing.T) {
			r := verify(t, stranger(t, name))
			var got strings.Builder
			for _, s := range r.Signatures {
				switch {
				case s.Good():
					got.WriteByte('g')
				case s.Intact:
					got.WriteByte('c')
				default:
					got.WriteByte('b')
				}
			}
			if got.String() != want.good {
				t.Errorf("%s: verdict %s, want %s\n%+v", want.what, got.String(), want.good, r.Signatures)
			}
		})
	}
}

// TestVerifyStrangers: no file, hostile ones included, makes Verify panic, and
// none without a signature is good.
func TestVerifyStrangers(t *testing.T) {
	if testing.Short() {
		t.Skip("reads every file of the corpus")
	}
	stranger(t, "index.tsv") // or skip
	count := 0
	for _, dir := range []string{corpusDir, hostileDir} {
		names, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			in, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			r, err := signer.Verify(t.Context(), bytes.NewReader(in), int64(len(in)), signer.VerifyOptions{})
			if err != nil {
				continue
			}
			count++
			if r.Good(false) && len(r.Signatures) == 0 {
				t.Errorf("%s: good without a signature", name)
			}
		}
	}
	t.Logf("%d files read", count)
}
