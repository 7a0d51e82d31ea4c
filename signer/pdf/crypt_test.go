package pdf_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
)

// encrypted has qpdf encrypt a file with a field, a text and a stream.
func encrypted(t testing.TB, args ...string) []byte {
	t.Helper()
	b := newBuilder()
	b.onePage("/Note(ein Wort)/Metadata 9 0 R/AcroForm<</Fields[10 0 R]/DA(/Helv 0 Tf)>>", "/Contents 8 0 R/Annots[10 0 R]/Note(noch eins)")
	b.stream(8, "", "BT ET % content")
	b.stream(9, "/Type/Metadata/Subtype/XML", "<x/>")
	b.object(10, "<</T(Feld)"+emptyField+"/DA(/F 1 Tf)>>")
	return encryptedBy(t, b.table(), args...)
}

// encryptedBy has qpdf encrypt a file.
func encryptedBy(t testing.TB, plain []byte, args ...string) []byte {
	t.Helper()
	needTool(t, "qpdf")
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, plain, 0o600); err != nil {
		t.Fatal(err)
	}
	runTool(t, nil, "qpdf", append(append([]string{"--allow-weak-crypto", "--static-id"}, args...), in, out)...)
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// handlers are the kinds of encryption that qpdf can write.
func handlers() map[string][]string {
	return map[string][]string{
		"R2":                     {"--encrypt", "", "owner", "40", "--"},
		"R3":                     {"--encrypt", "", "owner", "128", "--"},
		"R4 RC4":                 {"--encrypt", "", "owner", "128", "--force-V4", "--"},
		"R4 AES":                 {"--encrypt", "", "owner", "128", "--use-aes=y", "--"},
		"R4 AES, clear metadata": {"--encrypt", "", "owner", "128", "--use-aes=y", "--cleartext-metadata", "--"},
		"R5":                     {"--encrypt", "", "owner", "256", "--force-R5", "--"},
		"R6":                     {"--encrypt", "", "owner", "256", "--"},
		"R6, clear metadata":     {"--encrypt", "", "owner", "256", "--cleartext-metadata", "--"},
		"R6, object streams":     {"--object-streams=generate", "--encrypt", "", "owner", "256", "--"},
		"R4, object streams":     {"--object-streams=generate", "--encrypt", "", "owner", "128", "--use-aes=y", "--"},
	}
}

// TestEncrypted: files of every kind of encryption that need no password are
// read and signed, and others read what was written, and what was there.
func TestEncrypted(t *testing.T) {
	for name, args := range handlers() {
		t.Run(name, func(t *testing.T) {
			in := encrypted(t, args...)
			f := open(t, in)
			catalog, err := f.Catalog()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(pdf.String("ein Wort"), catalog["Note"]); diff != "" {
				t.Error(diff)
			}
			if got := dataAt(t, f, catalog["Metadata"]); got != "<x/>" {
				t.Errorf("metadata is %q", got)
			}
			content := strings.Repeat("0 0 9 9 re f % shown\n", 9)
			out := sign(t, in, pdf.SignatureSpec{
				Reason: "Причина", Name: "plain", ContentsSize: 16,
				Placement:  &pdf.Placement{Rect: pdf.Rect{X1: 9, Y1: 9}},
				Appearance: &pdf.Appearance{Width: 9, Height: 9, Content: []byte(content), Resources: pdf.Dict{"Note": pdf.String("n")}},
			})
			if added := out[len(in):]; bytes.Contains(added, []byte("plain")) || bytes.Contains(added, []byte("Signature1")) {
				t.Error("something was written that is not encrypted")
			}
			out = sign(t, out, pdf.SignatureSpec{Field: "Feld", ContentsSize: 16})
			checkDecrypted(t, out, content)
		})
	}
}

// checkDecrypted has qpdf decrypt the file, and reads the result.
func checkDecrypted(t *testing.T, out []byte, content string) {
	t.Helper()
	dir := t.TempDir()
	in, clear := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "clear.pdf")
	if err := os.WriteFile(in, out, 0o600); err != nil {
		t.Fatal(err)
	}
	runTool(t, nil, "qpdf", "--check", in)
	runTool(t, nil, "qpdf", "--decrypt", in, clear)
	b, err := os.ReadFile(clear)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, b)
	if f.Encryption() != nil {
		t.Fatal("qpdf did not decrypt")
	}
	all, err := f.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, s := range all {
		reasons = append(reasons, s.Field.Name+": "+s.Reason)
		if !bytes.HasPrefix(s.Contents, []byte{0x30, 2, 5, 0, 0}) {
			t.Errorf("the value of the signature is %x", s.Contents)
		}
	}
	if diff := cmp.Diff([]string{"Feld: ", "Signature1: Причина"}, reasons); diff != "" {
		t.Error(diff)
	}
	form := appearanceOf(t, f, "Signature1")
	if got, err := f.StreamData(form, 1000); err != nil || string(got) != content {
		t.Errorf("the appearance is %q, %v", got, err)
	}
	if diff := cmp.Diff(pdf.String("n"), dictAt(t, f, form.Dict["Resources"])["Note"]); diff != "" {
		t.Error(diff)
	}
	catalog, err := f.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	acro := dictAt(t, f, catalog["AcroForm"])
	p, err := f.Page(1)
	if err != nil {
		t.Fatal(err)
	}
	got := []pdf.Object{catalog["Note"], acro["DA"], p.Dict["Note"], dictAt(t, f, fieldOf(t, f, "Feld").Ref)["DA"]}
	want := []pdf.Object{pdf.String("ein Wort"), pdf.String("/Helv 0 Tf"), pdf.String("noch eins"), pdf.String("/F 1 Tf")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPassword: files that need one say so.
func TestPassword(t *testing.T) {
	for name, args := range handlers() {
		args = append([]string{}, args...)
		for i, a := range args {
			if a == "" {
				args[i] = "secret"
			}
		}
		in := encrypted(t, args...)
		if _, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{}); !errors.Is(err, pdf.ErrPasswordRequired) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPermissions: what the owner permits is done, and no more; an owner
// without a password may do everything.
func TestPermissions(t *testing.T) {
	for name, c := range map[string]struct {
		args         []string
		fill, create bool
	}{
		"all":                 {[]string{"--encrypt", "", "owner", "256", "--modify=all", "--"}, true, true},
		"annotate":            {[]string{"--encrypt", "", "owner", "256", "--modify=annotate", "--"}, true, false},
		"fill":                {[]string{"--encrypt", "", "owner", "256", "--modify=form", "--"}, true, false},
		"assemble":            {[]string{"--encrypt", "", "owner", "256", "--modify=assembly", "--"}, false, false},
		"none":                {[]string{"--encrypt", "", "owner", "128", "--modify=none", "--"}, false, false},
		"none, 40 bits":       {[]string{"--encrypt", "", "owner", "40", "--modify=n", "--annotate=n", "--"}, false, false},
		"annotate, 40 bits":   {[]string{"--encrypt", "", "owner", "40", "--modify=n", "--annotate=y", "--"}, true, false},
		"none, owner, 256":    {[]string{"--encrypt", "user", "", "256", "--modify=none", "--allow-insecure", "--"}, true, true},
		"none, both are none": {[]string{"--encrypt", "", "", "256", "--modify=none", "--allow-insecure", "--"}, true, true},
	} {
		in := encrypted(t, c.args...)
		for field, may := range map[string]bool{"Feld": c.fill, "": c.create} {
			if may {
				sign(t, in, pdf.SignatureSpec{Field: field})
			} else if err := refused(t, in, pdf.SignatureSpec{Field: field}); !errors.Is(err, pdf.ErrPermission) {
				t.Errorf("%s, field %q: %v", name, field, err)
			}
		}
	}
}

// TestForeignEncryption: what we cannot keep intact is refused by its name.
func TestForeignEncryption(t *testing.T) {
	standard := "/Filter/Standard/V 4/R 4/Length 128/O<" + strings.Repeat("00", 32) + ">/U<" + strings.Repeat("00", 32) + ">/P -4"
	for name, c := range map[string]struct {
		encrypt string
		want    error
	}{
		"certificates":       {"/Filter/Adobe.PubSec/V 4/SubFilter/adbe.pkcs7.s5", pdf.ErrPublicKeyEncryption},
		"another handler":    {"/Filter/FopnFoxit/V 1", pdf.ErrUnsupportedEncryption},
		"a version to come":  {"/Filter/Standard/V 6/R 7", pdf.ErrUnsupportedEncryption},
		"a secret version":   {"/Filter/Standard/V 3/R 3", pdf.ErrUnsupportedEncryption},
		"no such filter":     {standard + "/StmF/Foo", pdf.ErrUnsupportedEncryption},
		"a strange filter":   {standard + "/CF<</StdCF<</CFM/AESV9>>>>/StmF/StdCF", pdf.ErrUnsupportedEncryption},
		"a wrong password":   {standard + "/CF<</StdCF<</CFM/AESV2>>>>/StmF/StdCF/StrF/StdCF", pdf.ErrPasswordRequired},
		"values cut short":   {"/Filter/Standard/V 2/R 3/Length 128/O(x)/U(y)/P -4", pdf.ErrPasswordRequired},
		"V without its R":    {"/Filter/Standard/V 5/R 3", pdf.ErrUnsupportedEncryption},
		"no dictionary":      {"", pdf.ErrDamaged},
		"values of no sense": {"/Filter/Standard/V(5)/R[]", pdf.ErrUnsupportedEncryption},
	} {
		b := newBuilder()
		b.onePage("", "")
		b.trailer = "/Encrypt<<" + c.encrypt + ">>"
		if c.encrypt == "" {
			b.trailer = "/Encrypt 77 0 R"
		}
		in := b.table()
		_, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "another handler" && !strings.Contains(err.Error(), "FopnFoxit") {
			t.Errorf("the handler is not named: %v", err)
		}
	}
}
