package gallery_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	qrcode "github.com/skip2/go-qrcode"

	"signservice/signer/signertest"
	"signservice/views/gallery"
)

// TestQRFile draws the gallery's QR code anew and compares its modules with the
// file; UPDATE=1 writes it.
func TestQRFile(t *testing.T) {
	code, err := qrcode.New(gallery.URI, qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, row := range code.Bitmap() {
		for _, dark := range row {
			want.WriteByte(map[bool]byte{true: '#', false: '.'}[dark])
		}
		want.WriteByte('\n')
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("qr.txt", []byte(want.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("qr.txt")
	if err != nil || string(got) != want.String() {
		t.Errorf("qr.txt is not the QR code of URI (%v); UPDATE=1 draws it", err)
	}
}

// TestQROnScreen has an independent reader read the QR code from the page, light
// and dark, on a computer and for another phone.
func TestQROnScreen(t *testing.T) {
	server := httptest.NewServer(gallery.Handler())
	defer server.Close()
	ctx := browser(t)
	for _, s := range gallery.States() {
		if s.Name != "enrol-secret" && s.Name != "enrol-secret-dark" {
			continue
		}
		for width, selector := range map[int64]chromedp.CSS{1200: ".for-computer .qr", 390: ".other-phone .qr"} {
			if err := open(ctx, server.URL, "en", s, width, ""); err != nil {
				t.Fatal(err)
			}
			if width == 390 {
				if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(".other-phone summary"))); err != nil {
					t.Fatal(err)
				}
			}
			picture, err := chromedp.Run(ctx, chromedp.Screenshot(selector))
			if err != nil {
				t.Fatal(err)
			}
			read := strings.TrimSpace(string(signertest.Run(t, "zbarimg", "--raw", "--quiet", signertest.WriteFile(t, "qr.png", picture))))
			if read != gallery.URI {
				t.Errorf("%s, %d wide: the reader sees %q", s.Name, width, read)
			}
		}
	}
}
