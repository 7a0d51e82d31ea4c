package admin

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/x509"
	"embed"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"signservice/app"
	"signservice/app/i18n"
	"signservice/signer/ca"
	"signservice/signer/keys"
)

// kitFiles are the texts of trust kits.
//
//go:embed trustkit
var kitFiles embed.FS

// kit is what a trust kit is made of.
type kit struct {
	Organisation, Root, Until, Fingerprint, Short, Sample string

	words        *i18n.Printer
	root, issuer []byte
	sample       []byte
	now          time.Time
}

// TrustKit gives what a company needs for its workstations to trust a root, as
// one zip file with its name: the root in two forms, commands for Windows, Linux
// and macOS, what to do in the administrator's language, and a signed document to
// try. The document's certificate is issued for it, to nobody, and its key is
// forgotten.
//
// Errors: app.NotFound; app.Conflict "authority.none" where no authority of the
// root may issue.
func (a *Authorities) TrustKit(ctx context.Context, v app.Visit, id app.AuthorityID, language string) ([]byte, string, error) {
	const op = "make trust kit"
	if err := allowAuthority(v, op, id); err != nil {
		return nil, "", err
	}
	r, issuer, err := a.ofRoot(ctx, v.Portal, op, id)
	if err != nil {
		return nil, "", err
	}
	words := i18n.For(language)
	print := keys.Fingerprint(r.DER)
	k := kit{
		Organisation: r.Organisation, Root: r.Name, Until: words.Date(r.NotAfter), Fingerprint: grouped(print), Short: print[:8],
		words: words, root: r.DER, issuer: issuer.DER, now: a.config.Now(),
	}
	if k.sample, k.Sample, err = a.sample(ctx, v, r, issuer, words); err != nil {
		return nil, "", authorityError(op, err)
	}
	file, err := k.zip()
	if err != nil {
		return nil, "", app.Wrap(op, err)
	}
	return file, "trust-" + print[:8] + ".zip", nil
}

// ofRoot gives a root and the authority below it that issues.
func (a *Authorities) ofRoot(ctx context.Context, portal app.PortalID, op string, id app.AuthorityID) (app.RootAuthority, app.IssuingAuthority, error) {
	roots, err := a.roots(ctx, portal)
	if err != nil {
		return app.RootAuthority{}, app.IssuingAuthority{}, app.Wrap(op, err)
	}
	for _, r := range roots {
		if r.ID != id {
			continue
		}
		if i := r.Active(a.config.Now()); i != nil {
			return r.RootAuthority, *i, nil
		}
		return app.RootAuthority{}, app.IssuingAuthority{}, app.Fail(app.Conflict, op, "authority.none")
	}
	return app.RootAuthority{}, app.IssuingAuthority{}, app.Fail(app.NotFound, op, "authority.unknown")
}

// sample issues a certificate for the test document and signs that with it.
func (a *Authorities) sample(ctx context.Context, v app.Visit, r app.RootAuthority, i app.IssuingAuthority, words *i18n.Printer) ([]byte, string, error) {
	if err := a.clockGood(ctx, "issue test certificate"); err != nil {
		return nil, "", err
	}
	key, err := keys.Generate(keys.P256)
	if err != nil {
		return nil, "", err
	}
	o := order{name: words.T("kit.sample-name", r.Organisation), years: 1, public: key.Public()}
	leaf, err := a.certify(ctx, r, i, o)
	if err != nil {
		return nil, "", err
	}
	c := describe(leaf)
	e := certificateEntry(v, app.ActCertificateIssued, c.ID)
	e.Detail = "kit.sample-entry"
	if err := a.config.Store.SaveIssued(ctx, a.remembered(v, i, o, c), nil, nil, e); err != nil {
		return nil, "", err
	}
	issuer, err := x509.ParseCertificate(i.DER)
	if err != nil {
		return nil, "", err
	}
	pdf, err := signedSample(ctx, words, a.config.Now(), ca.Authority{Certificate: leaf, Key: key}, issuer)
	return pdf, o.name, err
}

// zip writes the files.
func (k kit) zip() ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	readme, err := k.text("trustkit/" + k.words.Language() + ".txt")
	if err != nil {
		return nil, err
	}
	files := []struct {
		name string
		data []byte
	}{
		{"README.txt", append([]byte("\ufeff"), lines(readme, "\r\n")...)}, // so that Notepad knows the letters
		{"root.cer", k.root},
		{"root.pem", certificatesPEM(k.root)},
		{"issuing.cer", k.issuer},
		{"test.pdf", k.sample},
	}
	for name, from := range map[string]string{
		"windows/trust-on-this-computer.cmd": "trust-on-this-computer.cmd", "windows/publish-to-domain.cmd": "publish-to-domain.cmd",
		"linux/trust.sh": "linux.sh", "macos/trust.sh": "macos.sh",
	} {
		text, err := k.text("trustkit/" + from)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(name, ".cmd") {
			text = lines(text, "\r\n")
		}
		files = append(files, struct {
			name string
			data []byte
		}{name, text})
	}
	for _, f := range files {
		if err := k.add(z, f.name, f.data); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (k kit) add(z *zip.Writer, name string, data []byte) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: k.now}
	h.SetMode(0o644)
	if strings.HasSuffix(name, ".sh") {
		h.SetMode(0o755)
	}
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, bytes.NewReader(data))
	return err
}

// text fills a text of the kit.
func (k kit) text(file string) ([]byte, error) {
	t, err := template.New("").ParseFS(kitFiles, file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, file[strings.LastIndex(file, "/")+1:], k); err != nil {
		return nil, fmt.Errorf("fill %s: %w", file, err)
	}
	return b.Bytes(), nil
}

// lines gives a text the line ends of Windows.
func lines(text []byte, end string) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte(end)) }

// grouped writes a fingerprint as the settings page does, to be compared.
func grouped(hexadecimal string) string {
	var b strings.Builder
	for i, c := range strings.ToUpper(hexadecimal) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}
