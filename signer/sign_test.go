package signer_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"signservice/signer"
	"signservice/signer/cms"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// judge has strangers' programs judge a signed file: each signature must be
// valid and trusted, the last one cover the whole file.
func judge(t *testing.T, signed []byte, p *signer.Prepared, root *x509.Certificate, signatures int) {
	t.Helper()
	name := signertest.WriteFile(t, "signed.pdf", signed)
	results := signertest.Pdfsig(t, name, signertest.NSS(t, root))
	if len(results) != signatures {
		t.Errorf("pdfsig sees %d signatures, want %d", len(results), signatures)
	}
	for i, r := range results {
		if !r.Valid() || !r.Trusted() || r.SubFilter != "ETSI.CAdES.detached" {
			t.Errorf("pdfsig on signature %d: %+v", i+1, r)
		}
		if last := i == len(results)-1; r.Whole != last {
			t.Errorf("pdfsig on signature %d: whole document %v", i+1, r.Whole)
		}
	}
	if err := signertest.QPDFCheck(t, name); err != nil {
		t.Errorf("qpdf: %v", err)
	}
	b := p.Reserved.ByteRange
	content := append(bytes.Clone(signed[:b[1]]), signed[b[2]:]...)
	if err := signertest.VerifyCMS(t, contents(t, signed, p), content, root); err != nil {
		t.Errorf("openssl: %v", err)
	}
}

// contents takes the container out of a signed file.
func contents(t *testing.T, signed []byte, p *signer.Prepared) []byte {
	t.Helper()
	b := p.Reserved.ByteRange
	der, err := hex.DecodeString(string(signed[b[1]+1 : b[2]-1]))
	if err != nil {
		t.Fatal(err)
	}
	sd, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return sd.Raw
}

// documents are the shapes that a signature is put into.
var documents = map[string]signertest.PDF{
	"table":         {TextField: true},
	"stream":        {XRefStream: true, TextField: true},
	"object stream": {XRefStream: true, ObjectStream: true, TextField: true, Pages: 3},
	"old":           {Version: "1.3", EOL: "\r\n"},
	"empty field":   {EmptySignature: "Here"},
}

func TestSignThreeTimes(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	root := ca.Root.Certificate
	for name, document := range documents {
		t.Run(name, func(t *testing.T) {
			file := document.Bytes()
			for i, a := range []signertest.Algorithm{signertest.RSA2048, signertest.P256, signertest.P384} {
				id := ca.Issue(t, signertest.Leaf{Name: fmt.Sprintf("Мария %d", i+1), Algorithm: a})
				o := options(id)
				o.Reason = "Утверждаю"
				if i == 0 {
					o.Field = document.EmptySignature
				}
				signed, p := sign(t, file, id.Key, o)
				if !bytes.HasPrefix(signed, file) {
					t.Fatal("the input is no prefix of the output")
				}
				if err := check(t, file, signed, p); err != nil {
					t.Errorf("Check: %v", err)
				}
				file = signed
				report := verify(t, file, root)
				if !report.Good(true) || len(report.Signatures) != i+1 {
					t.Fatalf("after signature %d: %+v", i+1, report)
				}
				last := report.Signatures[i]
				if !last.WholeFile || last.Signer != id.Certificate.Subject.CommonName || last.Reason != o.Reason || !last.Claimed.Equal(at) {
					t.Errorf("signature %d: %+v", i+1, last)
				}
				judge(t, file, p, root, i+1)
			}
		})
	}
}

func TestSignPSS(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	id := ca.Issue(t, signertest.Leaf{Algorithm: signertest.RSA2048})
	o := options(id)
	o.PSS, o.Hash = true, crypto.SHA512
	signed, p := sign(t, signertest.PDF{}.Bytes(), id.Key, o)
	if r := verify(t, signed, ca.Root.Certificate); !r.Good(true) {
		t.Errorf("%+v", r)
	}
	judge(t, signed, p, ca.Root.Certificate, 1)
}

func TestSignOnToken(t *testing.T) {
	hsm := signertest.NewHSM(t)
	token := hsm.NewToken(t, "signer")
	ca := signertest.NewCA(t, signertest.CAOptions{})
	for i, a := range []signertest.Algorithm{signertest.RSA2048, signertest.P256} {
		token.Put(t, []byte{byte(i + 1)}, string(a), ca.Issue(t, signertest.Leaf{Name: string(a), Algorithm: a}))
	}
	tokens := openToken(t, token)
	file := signertest.PDF{}.Bytes()
	for i := range 2 {
		key, err := tokens.Signer(t.Context(), keys.KeyID{Token: token.Serial, ID: fmt.Sprintf("%02x", i+1)})
		if err != nil {
			t.Fatal(err)
		}
		o := signer.Options{Certificate: key.Certificate(), Chain: []*x509.Certificate{ca.Issuing.Certificate}, Time: at}
		signed, p := sign(t, file, key, o)
		if err := check(t, file, signed, p); err != nil {
			t.Errorf("Check: %v", err)
		}
		judge(t, signed, p, ca.Root.Certificate, i+1)
		file = signed
	}
	if r := verify(t, file, ca.Root.Certificate); !r.Good(true) || len(r.Signatures) != 2 {
		t.Errorf("%+v", r)
	}
}

// openToken opens a token for the test.
func openToken(tb testing.TB, token *signertest.Token) *keys.Tokens {
	tb.Helper()
	pin := signertest.WriteFile(tb, "pin", []byte(token.PIN))
	tokens, err := keys.Open(keys.Config{
		Tokens: []keys.TokenConfig{{Module: token.Module, Serial: token.Serial, PIN: keys.PINFile(pin)}},
		Latch:  keys.NewFileLatch(tb.TempDir()),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := tokens.Close(); err != nil {
			tb.Error(err)
		}
	})
	return tokens
}

// TestPreparedIsFinishedElsewhere: what was prepared survives JSON, and the two
// ways of finishing it give the same bytes.
func TestPreparedIsFinishedElsewhere(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	in := signertest.PDF{TextField: true}.Bytes()
	copied, err := os.Create(filepath.Join(t.TempDir(), "copy.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	o := options(id)
	o.Copy = copied
	p, err := signer.Prepare(t.Context(), bytes.NewReader(in), int64(len(in)), o)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back signer.Prepared
	if err := json.Unmarshal(stored, &back); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(back.Digest(), p.Digest()) {
		t.Fatal("another digest after JSON")
	}
	container, err := signer.Sign(t.Context(), &back, id.Key)
	if err != nil {
		t.Fatal(err)
	}
	var embedded bytes.Buffer
	if err := signer.Embed(t.Context(), &embedded, bytes.NewReader(in), &back, container); err != nil {
		t.Fatal(err)
	}
	if err := back.WriteContents(copied, container); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(copied.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(embedded.Bytes(), written) {
		t.Error("Embed and WriteContents differ")
	}
	if !verify(t, written).Good(false) {
		t.Error("the signature is not good")
	}
}

// TestPreparedIsReproducible: the same order gives the same digest, so that a
// lost Prepared can be made anew.
func TestPreparedIsReproducible(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Мария Иванова"})
	in := signertest.PDF{}.Bytes()
	var digests [2][]byte
	for i := range digests {
		o := options(id)
		o.Signet = &signer.Signet{Mark: signer.Mark{Owner: "Мария Иванова", Time: at}, Position: position(t, "top-left")}
		p, err := signer.Prepare(t.Context(), bytes.NewReader(in), int64(len(in)), o)
		if err != nil {
			t.Fatal(err)
		}
		digests[i] = p.Digest()
	}
	if !bytes.Equal(digests[0], digests[1]) {
		t.Error("two digests of one order")
	}
}

func position(tb testing.TB, s string) signer.Position {
	tb.Helper()
	p, err := signer.ParsePosition(s)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestRefusals(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	other := signertest.SelfSigned(t, signertest.Leaf{Name: "Eve"})
	in := signertest.PDF{}.Bytes()
	certified := options(id)
	certified.Certify = 1
	final, _ := sign(t, in, id.Key, certified)
	far := options(id)
	far.Signet = &signer.Signet{Mark: signer.Mark{Owner: "Mary", Time: at}, Position: position(t, "top-left"), Page: 2}
	for name, c := range map[string]struct {
		in   []byte
		key  crypto.Signer
		o    signer.Options
		want error
	}{
		"empty":              {nil, id.Key, options(id), signer.ErrNotPDF},
		"not a PDF":          {[]byte("GIF89a and so on"), id.Key, options(id), signer.ErrNotPDF},
		"certified as final": {final, id.Key, options(id), signer.ErrCertified},
		"page out of range":  {in, id.Key, far, signer.ErrPageRange},
		"another's key":      {in, other.Key, options(id), signer.ErrKeyMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := trySign(t, c.in, c.key, c.o); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
	t.Run("no certificate", func(t *testing.T) {
		if _, _, err := trySign(t, in, id.Key, signer.Options{}); err == nil {
			t.Error("signed")
		}
	})
}

func TestEmbedRefusesChangedInput(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	in := signertest.PDF{}.Bytes()
	p, err := signer.Prepare(t.Context(), bytes.NewReader(in), int64(len(in)), options(id))
	if err != nil {
		t.Fatal(err)
	}
	container, err := signer.Sign(t.Context(), p, id.Key)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(in)
	flipped[len(flipped)/2] ^= 1
	for name, changed := range map[string][]byte{"flipped": flipped, "shorter": in[:len(in)-1], "empty": nil} {
		var out bytes.Buffer
		if err := signer.Embed(t.Context(), &out, bytes.NewReader(changed), p, container); !errors.Is(err, signer.ErrInputChanged) {
			t.Errorf("%s: %v, want ErrInputChanged", name, err)
		}
	}
}

func TestInspect(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	in := signertest.PDF{Pages: 3}.Bytes()
	signed, _ := sign(t, in, id.Key, options(id))
	facts, err := signer.Inspect(t.Context(), bytes.NewReader(signed), int64(len(signed)))
	if want := (signer.Facts{Pages: 3, Signatures: 1}); err != nil || facts != want {
		t.Errorf("%+v, %v; want %+v", facts, err, want)
	}
	damaged := bytes.Replace(in, []byte("startxref"), []byte("startxxxx"), 1)
	facts, err = signer.Inspect(t.Context(), bytes.NewReader(damaged), int64(len(damaged)))
	if want := (signer.Facts{Pages: 3, Repaired: true}); err != nil || facts != want {
		t.Errorf("damaged: %+v, %v; want %+v", facts, err, want)
	}
	for doc, want := range map[string]bool{string(in): false, string(damaged): true} {
		if _, p := sign(t, []byte(doc), id.Key, options(id)); (p.Damage != "") != want {
			t.Errorf("damage %q, want some: %v", p.Damage, want)
		}
	}
	if _, err := signer.Inspect(t.Context(), bytes.NewReader(nil), 0); !errors.Is(err, signer.ErrNotPDF) {
		t.Errorf("empty file: %v", err)
	}
}
