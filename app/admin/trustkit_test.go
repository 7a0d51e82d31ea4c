package admin_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/i18n"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// served is an office whose responder answers over HTTP, at the machine's time:
// pdfsig looks at that, and asks whom the certificate names.
func served(t *testing.T) *office {
	t.Helper()
	o := &office{world: newWorld(t)}
	o.now = time.Now().UTC().Truncate(time.Second)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/ca/"), "/")
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodGet {
			body = admin.OCSPRequestIn(strings.TrimPrefix(rest, "ocsp/"))
		}
		a, err := o.OCSP(context.Background(), app.AuthorityID(id), body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = w.Write(a.DER) // the client's loss
	}))
	t.Cleanup(server.Close)
	var err error
	o.Authorities, err = admin.NewAuthorities(admin.AuthorityConfig{Store: o.store, Base: server.URL + "/ca", Now: func() time.Time { return o.now }})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestTrustKit unpacks the kit in every language, runs what it says for Linux,
// and has pdfsig trust its document from then on, and not before.
func TestTrustKit(t *testing.T) {
	signertest.Need(t, "pdfsig", "certutil", "sh")
	o := served(t)
	r, err := o.Create(o.ctx, visit(acme), admin.NewAuthority{Organisation: "ООО «Пример»"})
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Languages() {
		t.Run(lang, func(t *testing.T) {
			dir := o.unpacked(t, r.ID, lang)
			pdf := filepath.Join(dir, "test.pdf")
			db := t.TempDir()
			if before := signertest.Pdfsig(t, pdf, signertest.NSS(t)); len(before) != 1 || !before[0].Valid() || before[0].Trusted() {
				t.Errorf("before: %+v", before)
			}
			signertest.Run(t, "sh", filepath.Join(dir, "linux/trust.sh"), db)
			if after := signertest.Pdfsig(t, pdf, db); len(after) != 1 || !after[0].Valid() || !after[0].Trusted() || !strings.Contains(after[0].Signer, "ООО «Пример»") {
				t.Errorf("after: %+v", after)
			}
			if err := signertest.QPDFCheck(t, pdf); err != nil {
				t.Errorf("the document: %v", err)
			}
			readme, err := os.ReadFile(filepath.Join(dir, "README.txt"))
			if err != nil || !utf8.Valid(readme) || !bytes.HasPrefix(readme, []byte("\ufeff")) || strings.Contains(strings.ReplaceAll(string(readme), "\r\n", ""), "\n") {
				t.Errorf("the README: %v", err)
			}
			for _, want := range []string{r.Name, "gpmc.msc", "Adobe", "macos/trust.sh", "publish-to-domain.cmd", strings.ToUpper(keys.Fingerprint(r.DER))[:4] + " "} {
				if !strings.Contains(string(readme), want) {
					t.Errorf("the README does not speak of %q", want)
				}
			}
			if strings.Contains(string(readme), "<no value>") || strings.Contains(string(readme), "{{") {
				t.Error("the README is not filled")
			}
		})
	}
	if list, err := o.View(o.ctx, visit(acme)); err != nil || len(list.Issued) != len(i18n.Languages()) || list.Issued[0].User != "" {
		t.Errorf("what was issued for the kits: %+v, %v", list.Issued, err)
	}
	if used, err := o.Certificates(o.ctx, visit(acme)); err != nil || len(used) != 0 {
		t.Errorf("test certificates are in use: %v, %v", used, err)
	}
}

// unpacked is the folder of a kit.
func (o *office) unpacked(t *testing.T, root app.AuthorityID, lang string) string {
	t.Helper()
	data, name, err := o.TrustKit(o.ctx, visit(acme), root, lang)
	if err != nil || !strings.HasSuffix(name, ".zip") {
		t.Fatalf("%q: %v", name, err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		if script := strings.HasSuffix(f.Name, ".sh"); script != (f.Mode().Perm() == 0o755) {
			t.Errorf("%s has the mode %v", f.Name, f.Mode())
		}
	}
	want := []string{"README.txt", "issuing.cer", "linux/trust.sh", "macos/trust.sh", "root.cer", "root.pem", "test.pdf", "windows/publish-to-domain.cmd", "windows/trust-on-this-computer.cmd"}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(names))); diff != "" {
		t.Error(diff)
	}
	return dir
}

// TestTrustKitRefused: an authority that cannot issue has no kit.
func TestTrustKitRefused(t *testing.T) {
	o, r := created(t)
	o.now = start.AddDate(6, 0, 0)
	refused(t, third(o.TrustKit(o.ctx, visit(acme), r.ID, "en")), app.Conflict, "authority.none")
	refused(t, third(o.TrustKit(o.ctx, visit(acme), "0000000000000000", "en")), app.NotFound, "authority.unknown")
}

// TestConfirmed holds that what makes or ends trust wants the administrator's
// code, and that nothing is done without it.
func TestConfirmed(t *testing.T) {
	o, r := created(t)
	i := o.issue(admin.NewIssue{})
	file, _, err := o.ExportRoot(o.ctx, visit(acme), r.ID, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	strict, err := admin.NewAuthorities(admin.AuthorityConfig{
		Store: o.store, Base: "http://sign.example.org/ca", Now: func() time.Time { return o.now },
		Confirm: func(_ context.Context, _ app.Visit, op string) error {
			return app.Fail(app.Forbidden, op, "confirm.needed")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	before := o.journal(acme)
	v := visit(acme)
	for name, err := range map[string]error{
		"Create":        second(strict.Create(o.ctx, v, admin.NewAuthority{Organisation: "X"})),
		"Next":          second(strict.Next(o.ctx, v, r.ID)),
		"Issue":         second(strict.Issue(o.ctx, v, admin.NewIssue{User: mary, Years: 1})),
		"Renew":         second(strict.Renew(o.ctx, v, i.Authority, i.Serial)),
		"Revoke":        second(strict.Revoke(o.ctx, v, i.Authority, i.Serial, 1)),
		"RevokeIssuer":  second(strict.RevokeIssuer(o.ctx, v, i.Authority)),
		"ExportRoot":    third(strict.ExportRoot(o.ctx, v, r.ID, passphrase)),
		"RemoveRootKey": second(strict.RemoveRootKey(o.ctx, v, r.ID, file, passphrase)),
	} {
		t.Run(name, func(t *testing.T) { refused(t, err, app.Forbidden, "confirm.needed") })
	}
	if diff := cmp.Diff(before, o.journal(acme)); diff != "" {
		t.Errorf("something was done:\n%s", diff)
	}
}
