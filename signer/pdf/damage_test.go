package pdf_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"signservice/signer/pdf"
)

// TestDamage damages strangers' files in the ways that files get damaged and
// attackers try: whatever is signed all the same must be whole afterwards. The
// damage is the same in each run. PDF_DAMAGE=n makes n files of it, with other
// damage for each n, and has qpdf look at every hundredth.
func TestDamage(t *testing.T) {
	files := smallStrangers(t)
	count, outside := 1500, false
	if s := os.Getenv("PDF_DAMAGE"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		count, outside = n, true
	}
	random := rand.New(rand.NewPCG(20261123, uint64(count)))
	signed := 0
	for i := range count {
		in := damaged(random, files[random.IntN(len(files))])
		signBlind(t, in)
		out := signDamaged(t, in)
		if out != nil {
			signed++
			if outside && i%100 == 0 {
				wasFine(t, in, out)
			}
		}
		if t.Failed() {
			name := filepath.Join(os.TempDir(), "damaged.pdf")
			if err := os.WriteFile(name, in, 0o600); err != nil {
				t.Fatal(err)
			}
			t.Fatalf("file %d, kept as %s", i, name)
		}
	}
	t.Logf("%d files, %d signed", count, signed)
	if signed < count/2 {
		t.Errorf("only %d of %d signed: the damage is too great to say much", signed, count)
	}
}

// smallStrangers gives the strangers' files that are worth the time.
func smallStrangers(t *testing.T) (out [][]byte) {
	t.Helper()
	for _, row := range corpus(t) {
		b, err := os.ReadFile(filepath.Join(corpusDir, row["file"]))
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 50 && len(b) < 50_000 {
			out = append(out, b)
		}
	}
	return out
}

// confusing are the words that confuse readers most.
func confusing() []string {
	return []string{
		"<<", ">>", "[", "]", "(", ")", "<", "obj", "endobj", "stream", "endstream", "0 R", "xref", "trailer", "/Kids",
		"/Prev 1", "999999999", "-1", "startxref", "%", "\x00", "/Length 5", "/W[1 1 1]", "/Parent", "null", "/Type/XRef",
		"8388607 0 R", "9000000 1", "/DSS 9 0 R", "/Fields", "/Annots", "/AcroForm", "/V", "/Extends 9 0 R", "%%EOF", "/Encrypt", "/Root 1 0 R",
	}
}

// damaged changes, cuts, doubles, moves and adds pieces of a file.
func damaged(random *rand.Rand, in []byte) []byte {
	b := bytes.Clone(in)
	words := confusing()
	for range 1 + random.IntN(8) {
		i := random.IntN(len(b))
		piece := b[i:min(len(b), i+random.IntN(300))]
		word := words[random.IntN(len(words))]
		switch random.IntN(7) {
		case 0:
			b[i] = byte(random.IntN(256))
		case 1:
			changeDigit(random, b[i:])
		case 2:
			b = append(b[:i:i], b[min(len(b), i+random.IntN(100)):]...)
		case 3:
			b = append(b[:i:i], append([]byte(word), b[i:]...)...)
		case 4:
			copy(b[i:], word)
		case 5:
			k := random.IntN(len(b))
			b = append(b[:k:k], append(bytes.Clone(piece), b[k:]...)...)
		case 6:
			if random.IntN(4) == 0 {
				b = b[:i+1]
			}
		}
		if len(b) < 10 {
			return bytes.Clone(in)
		}
	}
	return b
}

// changeDigit changes the next digit: a length, an offset, a reference.
func changeDigit(random *rand.Rand, b []byte) {
	for i := range b[:min(200, len(b))] {
		if b[i] >= '0' && b[i] <= '9' {
			b[i] = byte('0' + random.IntN(10))
			return
		}
	}
}

// signDamaged reads all of a file, and signs it; nil if that is refused.
func signDamaged(t *testing.T, in []byte) []byte {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
	if err != nil {
		known(t, err)
		return nil
	}
	readAll(t, f)
	pages, err := f.Pages()
	if err != nil {
		return nil
	}
	if _, err = f.Signatures(); err != nil {
		return nil
	}
	var out bytes.Buffer
	r, err := f.AppendSignature(t.Context(), &out, pdf.SignatureSpec{Page: pages, Reason: "Причина", ContentsSize: 64, Rand: zeros{}})
	if err != nil {
		known(t, err)
		return nil
	}
	before, err := f.Signatures() // only now is it known whether the file was repaired
	if err != nil {
		t.Fatal(err)
	}
	checkAppended(t, in, out.Bytes(), r, len(before))
	return out.Bytes()
}

// signBlind signs a file of which nothing was read before, and reads all of it
// afterwards, as those do who verify it: a repair that only then turns out to be
// necessary must find the signature, too.
func signBlind(t *testing.T, in []byte) {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
	if err != nil {
		return
	}
	var out bytes.Buffer
	r, err := f.AppendSignature(t.Context(), &out, pdf.SignatureSpec{ContentsSize: 64, Rand: zeros{}})
	if err != nil {
		known(t, err)
		return
	}
	g, err := pdf.Open(bytes.NewReader(out.Bytes()), int64(out.Len()), pdf.Options{})
	if err != nil {
		t.Fatalf("the output does not open: %v", err)
	}
	readAll(t, g)
	all, err := g.Signatures()
	if err != nil {
		t.Fatalf("signatures of the output: %v", err)
	}
	for _, s := range all {
		if s.Field.Name == r.Field && s.Flaw == nil && s.End() == int64(out.Len()) {
			return
		}
	}
	repaired, why := g.Repaired()
	t.Errorf("the signature is not found among %d (repaired: %v, %s)", len(all), repaired, why)
}

// wasFine has qpdf look at a signed file, if it had nothing to say about the
// input: of one that it had to guess at, it may guess otherwise afterwards.
func wasFine(t *testing.T, in, out []byte) {
	t.Helper()
	if was, _ := checkedByQPDF(t, in); was > 0 {
		return
	}
	if is, said := checkedByQPDF(t, out); is > 0 {
		t.Errorf("qpdf had nothing to say about the input, but now:\n%s", said)
	}
}
