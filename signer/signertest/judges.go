package signertest

import (
	"crypto/x509"
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// PdfsigResult is what poppler's pdfsig says about one signature.
type PdfsigResult struct {
	Signer      string // common name
	Signature   string // such as "Signature is Valid."
	Certificate string // such as "Certificate is Trusted."
	SubFilter   string // such as "ETSI.CAdES.detached"
	Hash        string // such as "SHA-256"
	Whole       bool   // "Total document signed"
}

// Valid tells whether the signature is intact.
func (r PdfsigResult) Valid() bool { return r.Signature == "Signature is Valid." }

// Trusted tells whether the certificate leads to a root of the database.
func (r PdfsigResult) Trusted() bool { return r.Certificate == "Certificate is Trusted." }

// Pdfsig asks poppler about all signatures of a file. nss is a folder made by
// NSS; "" asks without any root. No signature gives an empty result.
func Pdfsig(tb testing.TB, file, nss string) []PdfsigResult {
	tb.Helper()
	return pdfsig(tb, nss, file)
}

// PdfsigOffline is Pdfsig for certificates that name a responder, which is then
// not asked. (Of certificates that name no revocation list, poppler says in this
// way that there is an "unknown issue".)
func PdfsigOffline(tb testing.TB, file, nss string) []PdfsigResult {
	tb.Helper()
	return pdfsig(tb, nss, "-no-ocsp", file)
}

func pdfsig(tb testing.TB, nss string, args ...string) []PdfsigResult {
	tb.Helper()
	if nss == "" {
		args = append([]string{"-nocert"}, args...)
		nss = NSS(tb)
	}
	out, err := Try(tb, "pdfsig", append([]string{"-nssdir", nss}, args...)...)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || !strings.Contains(string(out), "does not contain any signatures")) {
		tb.Fatalf("pdfsig %s: %v", args[len(args)-1], err)
	}
	return parsePdfsig(string(out))
}

func parsePdfsig(out string) []PdfsigResult {
	var all []PdfsigResult
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "Signature #") {
			all = append(all, PdfsigResult{})
			continue
		}
		if len(all) == 0 {
			continue
		}
		if line == "The signature form field is not signed." {
			all = all[:len(all)-1]
			continue
		}
		r := &all[len(all)-1]
		key, value, _ := strings.Cut(strings.TrimPrefix(line, "- "), ": ")
		switch key {
		case "Signer Certificate Common Name":
			r.Signer = value
		case "Signature Validation":
			r.Signature = value
		case "Certificate Validation":
			r.Certificate = value
		case "Signature Type":
			r.SubFilter = value
		case "Signing Hash Algorithm":
			r.Hash = value
		case "Total document signed":
			r.Whole = true
		}
	}
	return all
}

// NSS makes a certificate database that trusts the roots, for pdfsig, and gives
// its folder. A self-signed certificate that is no authority is trusted as
// itself.
func NSS(tb testing.TB, roots ...*x509.Certificate) string {
	tb.Helper()
	dir := tb.TempDir()
	Run(tb, "certutil", "-N", "-d", "sql:"+dir, "--empty-password")
	for _, c := range roots {
		trust := "CT,C,C"
		if !c.IsCA {
			trust = "P,P,P"
		}
		Run(tb, "certutil", "-A", "-d", "sql:"+dir, "-n", c.Subject.CommonName, "-t", trust,
			"-i", WriteFile(tb, "root.der", c.Raw))
	}
	return dir
}

// QPDFCheck gives what qpdf --check finds: nil for a clean file, an error for
// warnings and for damage.
func QPDFCheck(tb testing.TB, file string) error {
	tb.Helper()
	out, err := Try(tb, "qpdf", "--check", file)
	if err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
}

// VerifyCMS has openssl verify a detached CMS signature over content; roots nil
// leaves the chain out of it.
func VerifyCMS(tb testing.TB, der, content []byte, roots ...*x509.Certificate) error {
	tb.Helper()
	args := []string{
		"cms", "-verify", "-binary", "-inform", "DER", "-in", WriteFile(tb, "cms.der", der),
		"-content", WriteFile(tb, "content", content), "-out", "/dev/null", "-purpose", "any",
	}
	if len(roots) == 0 {
		args = append(args, "-noverify")
	} else {
		args = append(args, "-CAfile", WriteFile(tb, "roots.pem", CertificatesPEM(roots...)))
	}
	_, err := Try(tb, "openssl", args...)
	return err
}

// OpenSSL runs openssl, which must succeed, and gives what it prints.
func OpenSSL(tb testing.TB, args ...string) string {
	tb.Helper()
	return string(Run(tb, "openssl", args...))
}
