package web_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// logo is a picture of one colour.
func logo(t *testing.T, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 40, 40))
	for i := range 40 * 40 {
		img.Set(i%40, i/40, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// marks is the form of the marks, filled.
func marks(logo []byte) object {
	return object{
		"preset": "eu", "logo": base64.StdEncoding.EncodeToString(logo), "removeLogo": false, "page": "first", "position": "top-left",
		"link": "https://acme.example/check", "hidden": false,
	}
}

// TestSignetEditor: the sample shows what is not yet kept, what is kept holds
// for documents, and wrong pictures are refused at their field.
func TestSignetEditor(t *testing.T) {
	w, _, _ := ready(t, pictured)
	admin := w.settings(w.acme, w.acme.anna)
	red := color.RGBA{200, 0, 0, 255}
	reds := func(form object, sample string) (n int) {
		t.Helper()
		try := object{"sample": sample, "other": true}
		for k, v := range form {
			try[k] = v
		}
		a := admin.ok("POST", "/api/admin/signet/sample", try)
		img, err := png.Decode(strings.NewReader(a.text()))
		if err != nil {
			t.Fatal(err)
		}
		b := img.Bounds()
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				if r, g, b, _ := img.At(x, y).RGBA(); r > 0x9000 && g < 0x4000 && b < 0x4000 {
					n++
				}
			}
		}
		return n
	}
	for _, sample := range []string{"close", "portrait", "landscape", "rotated"} {
		if n := reds(marks(logo(t, red)), sample); n < 100 {
			t.Errorf("%s: %d red points", sample, n)
		}
		if n := reds(marks(nil), sample); n != 0 {
			t.Errorf("%s without a logo: %d red points", sample, n)
		}
	}
	saved := admin.ok("POST", "/api/admin/signet", marks(logo(t, red)))
	if !strings.Contains(saved.field("html"), "Remove the logo") {
		t.Error("the logo is not kept")
	}
	if n := reds(marks(nil), "portrait"); n < 100 {
		t.Error("the kept logo is not shown")
	}
	gone := marks(nil)
	gone["removeLogo"] = true
	admin.ok("POST", "/api/admin/signet", gone)
	if n := reds(marks(nil), "portrait"); n != 0 {
		t.Error("the removed logo is shown")
	}
	for name, c := range map[string]struct {
		field string
		value any
		code  int
		key   string
	}{
		"no picture":    {"logo", base64.StdEncoding.EncodeToString([]byte("GIF89a")), http.StatusUnprocessableEntity, "settings.logo-wrong"},
		"half of one":   {"logo", base64.StdEncoding.EncodeToString(logo(t, red)[:60]), http.StatusUnprocessableEntity, "settings.logo-wrong"},
		"too large":     {"logo", base64.StdEncoding.EncodeToString(make([]byte, 257<<10)), http.StatusRequestEntityTooLarge, "settings.logo-large"},
		"no place":      {"position", "middle", http.StatusUnprocessableEntity, "settings.placement-wrong"},
		"no look":       {"preset", "gold", http.StatusUnprocessableEntity, "settings.preset-wrong"},
		"a script":      {"link", "javascript:alert(1)", http.StatusUnprocessableEntity, "settings.link-wrong"},
		"in the clear":  {"link", "http://acme.example", http.StatusUnprocessableEntity, "settings.link-wrong"},
		"with password": {"link", "https://u:p@acme.example", http.StatusUnprocessableEntity, "settings.link-wrong"},
	} {
		form := marks(nil)
		form[c.field] = c.value
		a := admin.call("POST", "/api/admin/signet", form)
		if a.code != c.code || a.field("key") != c.key {
			t.Errorf("%s: %d %s", name, a.code, a.field("key"))
		}
	}
}

// TestBrowserSignet follows a change of the form with new pictures.
func TestBrowserSignet(t *testing.T) {
	w, _, _ := ready(t, pictured)
	b := newBrowser(w)
	s := b.openSettings(w.acme, w.acme.anna)
	shown := `[...document.querySelectorAll("[data-sample-page] img")].map((i) => i.complete && i.naturalWidth > 0 ? i.src : "").join(" ")`
	whole := func(src string) bool { return len(strings.Fields(src)) == 4 }
	b.in(s, chromedp.Click(css("[data-section=signet]")), chromedp.WaitVisible(css("[data-sample-page=rotated] img")))
	b.until("the samples", func() bool { return whole(eval[string](b, s, shown)) })
	before := eval[string](b, s, shown)
	b.in(s, chromedp.SetValue(css("#preset"), "ru"))
	eval[bool](b, s, `document.getElementById("preset").dispatchEvent(new Event("input", { bubbles: true }))`)
	b.until("new samples", func() bool {
		now := eval[string](b, s, shown)
		return whole(now) && now != before
	})
	b.shot(b.ctx, "editor")
}
