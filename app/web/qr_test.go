package web

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"signservice/views"
)

// picture draws the SVG path as a browser does, each module 8 by 8 pixels.
func picture(t *testing.T, qr views.QR) []byte {
	t.Helper()
	const scale = 8
	img := image.NewGray(image.Rect(0, 0, qr.Size*scale, qr.Size*scale))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	for _, run := range strings.Split(strings.TrimSuffix(qr.Path, "z"), "z") {
		var x, y, w, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &w, &back); err != nil || w != back {
			t.Fatalf("%q is not a row of squares: %v", run, err)
		}
		for px := x * scale; px < (x+w)*scale; px++ {
			for py := y * scale; py < (y+1)*scale; py++ {
				img.SetGray(px, py, color.Gray{})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestQR has an independent reader read what we draw.
func TestQR(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("zbarimg is missing")
		}
		t.Skip("zbarimg is missing: install zbar-tools")
	}
	for _, text := range []string{
		"otpauth://totp/Sign%20acme.bitrix24.com:mary?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Sign%20acme.bitrix24.com&algorithm=SHA1&digits=6&period=30",
		"otpauth://totp/Sign%20127.0.0.1%3A8901:%D0%9C%D0%B0%D1%80%D0%B8%D1%8F?secret=" + strings.Repeat("A7", 16),
	} {
		qr, err := drawQR(text)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "qr.png")
		if err := os.WriteFile(file, picture(t, qr), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(zbar, "-q", "--raw", file).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != text {
			t.Errorf("zbarimg reads %q (%v), want %q", got, err, text)
		}
	}
}

func TestGroups(t *testing.T) {
	for key, want := range map[string]string{"": "", "ABCD": "ABCD", "ABCDE": "ABCD E", "ABCDEFGH": "ABCD EFGH"} {
		if got := groups(key); got != want {
			t.Errorf("groups(%q) = %q, want %q", key, got, want)
		}
	}
}
