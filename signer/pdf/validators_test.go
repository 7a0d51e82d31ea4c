package pdf_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/validate"

	"signservice/signer/pdf"
)

// A signatory has openssl make the CMS, so that this package's tests need no
// other of ours.
type signatory struct{ key, cert string }

func newSignatory(t testing.TB) signatory {
	t.Helper()
	needTool(t, "openssl")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Tester"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s := signatory{filepath.Join(t.TempDir(), "key.pem"), filepath.Join(t.TempDir(), "cert.pem")}
	for name, block := range map[string]*pem.Block{s.key: {Type: "PRIVATE KEY", Bytes: der}, s.cert: {Type: "CERTIFICATE", Bytes: cert}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// sign signs a file so that others can verify it.
func (s signatory) sign(t testing.TB, in []byte, spec pdf.SignatureSpec) []byte {
	t.Helper()
	r, err := open(t, in).Prepare(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	from, to := r.ByteRange[1]-r.Size, r.ByteRange[2]-r.Size
	covered := append(bytes.Clone(in), r.Increment[:from]...)
	covered = append(covered, r.Increment[to:]...)
	cms := runTool(t, covered, "openssl", "cms", "-sign", "-binary", "-cades", "-md", "sha256",
		"-signer", s.cert, "-inkey", s.key, "-outform", "DER")
	var out bytes.Buffer
	if err := r.Embed(t.Context(), &out, bytes.NewReader(in), cms); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// pdfsig gives what poppler says about the signatures of a file.
func pdfsig(t testing.TB, in []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "signed.pdf")
	if err := os.WriteFile(name, in, 0o600); err != nil {
		t.Fatal(err)
	}
	return string(runTool(t, nil, "pdfsig", "-nocert", name))
}

// TestValidators: poppler, qpdf and pdfcpu accept what was written onto every
// form of file, twice, and still accept the first signature.
func TestValidators(t *testing.T) {
	needTool(t, "pdfsig", "qpdf")
	s := newSignatory(t)
	files := shapes()
	for name, args := range handlers() {
		files = append(files, shape{name: "encrypted, " + name, bytes: encrypted(t, args...)})
	}
	judged := 0
	for _, file := range files {
		t.Run(file.name, func(t *testing.T) {
			one := s.sign(t, file.bytes, pdf.SignatureSpec{Reason: "Причина", Name: "Мария", Time: time.Now(), Certify: 2})
			two := s.sign(t, one, pdf.SignatureSpec{
				Placement:  &pdf.Placement{Rect: pdf.Rect{X0: 10, Y0: 10, X1: 110, Y1: 60}},
				Appearance: &pdf.Appearance{Width: 100, Height: 50, Content: []byte("1 0 0 rg 0 0 100 50 re f")},
			})
			said := pdfsig(t, two)
			if n := strings.Count(said, "Signature is Valid."); n != 2 {
				t.Errorf("%d signatures valid:\n%s", n, said)
			}
			if n := strings.Count(said, "  - Total document signed"); n != 1 {
				t.Errorf("%d signatures cover the whole file:\n%s", n, said)
			}
			was, _ := checkedByQPDF(t, file.bytes)
			if is, said := checkedByQPDF(t, two); is > was {
				t.Errorf("qpdf was content with the input:\n%s", said)
			}
			if readByPDFCPU(file.bytes) == nil {
				judged++
				if err := readByPDFCPU(two); err != nil {
					t.Errorf("pdfcpu read the input, but: %v", err)
				}
			}
		})
	}
	if judged < len(files)/2 {
		t.Errorf("pdfcpu read only %d of %d inputs: it says too little", judged, len(files))
	}
	t.Logf("pdfcpu judged %d of %d files", judged, len(files))
}

// checkedByQPDF gives 0 for fine, 1 for warnings and 2 for errors.
func checkedByQPDF(t testing.TB, in []byte) (int, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "checked.pdf")
	if err := os.WriteFile(name, in, 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "qpdf", "--check", name)
	said, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return map[int]int{0: 0, 3: 1, 2: 2}[c.ProcessState.ExitCode()], string(said)
}

// readByPDFCPU has pdfcpu read a file, as a second opinion on its structure.
func readByPDFCPU(in []byte) (err error) {
	defer func() {
		if r := recover(); r != nil { // it does, on some damaged files
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	model.ConfigPath = "disable" // or it writes into the user's home
	conf := model.NewDefaultConfiguration()
	conf.Offline, conf.ValidationMode = true, model.ValidationRelaxed
	ctx, err := pdfcpu.Read(bytes.NewReader(in), conf)
	if err != nil {
		return err
	}
	if err := ctx.EnsurePageCount(); err != nil {
		return err
	}
	if ctx.PageCount < 1 {
		return errors.New("no page found")
	}
	return validate.XRefTable(ctx) // by ISO 32000, relaxed
}
