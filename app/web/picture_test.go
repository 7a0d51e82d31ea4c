package web_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"signservice/app"
	"signservice/signer"
	"signservice/signer/preview"
	"signservice/signer/signertest"
)

// pages draws with PDFium, compiled once for all tests of the package.
var pages = sync.OnceValue(func() *preview.Renderer { return preview.New(preview.Config{}) })

// easel joins PDFium to signing, as the program does.
type easel struct{ *preview.Renderer }

func (e easel) Draw(ctx context.Context, doc io.ReaderAt, size int64, page, width int) ([]byte, error) {
	p, err := e.Render(ctx, preview.Document{Reader: doc, Size: size}, preview.View{Page: page, Width: width})
	if err != nil {
		return nil, err
	}
	return p.PNG, nil
}

func (e easel) Text(ctx context.Context, doc io.ReaderAt, size int64, page int) (string, error) {
	return e.Renderer.Text(ctx, preview.Document{Reader: doc, Size: size}, page)
}

// pictured has a world show pages.
func pictured(w *world) { w.pictures = easel{pages()} }

// look is what the page's script asks for.
func look(certificate string, change object) object {
	o := object{
		"certificate": certificate, "visible": true, "reason": "", "page": "last", "number": 0,
		"position": "bottom-right", "spot": object{"x": 0, "y": 0}, "shown": 0, "width": 500,
	}
	for k, v := range change {
		o[k] = v
	}
	return o
}

// dark counts the pixels of a picture that are not nearly white, in a part of it
// given in shares.
func dark(m image.Image, x, y, width, height float64) int {
	size := m.Bounds().Size()
	at := func(share float64, of int) int { return int(share * float64(of)) }
	n := 0
	for py := at(y, size.Y); py < at(y+height, size.Y); py++ {
		for px := at(x, size.X); px < at(x+width, size.X); px++ {
			if r, g, b, _ := m.At(px, py).RGBA(); r+g+b < 3*0xe000 {
				n++
			}
		}
	}
	return n
}

// zone is a place as the script gets it.
type zone struct {
	Position            string
	X, Y, Width, Height float64
	Covers              bool
}

// TestPageCalls shows the page with the signet where the sheet says it is.
func TestPageCalls(t *testing.T) {
	w, _, certificate := ready(t, pictured)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	at := "/api/sign/requests/" + request
	draw := func(change object) image.Image {
		t.Helper()
		a := tab.ok("POST", at+"/picture", look(certificate, change))
		if a.header.Get("Content-Type") != "image/png" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the picture comes with %v", a.header)
		}
		m, err := png.Decode(bytes.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		if m.Bounds().Dx() != 500 {
			t.Errorf("the picture is %d wide", m.Bounds().Dx())
		}
		return m
	}
	plain := draw(object{"visible": false, "shown": 2})
	for name, change := range map[string]object{
		"bottom right":    {},
		"top left":        {"position": "top-left"},
		"a place between": {"position": "free", "spot": object{"x": 0.3, "y": 0.55}},
		"the first page":  {"page": "first"},
		"page two":        {"page": "number", "number": 2},
	} {
		var sheet struct {
			Page, Pages int
			Zones       []zone
			Signet      *zone
		}
		decode(t, tab.ok("POST", at+"/sheet", look(certificate, change)), &sheet)
		if sheet.Signet == nil || len(sheet.Zones) != 6 || sheet.Pages != 2 {
			t.Fatalf("%s: the sheet is %+v", name, sheet)
		}
		z, before := *sheet.Signet, plain
		if sheet.Page == 1 {
			before = draw(object{"visible": false, "shown": 1})
		}
		with := draw(change)
		if more := dark(with, z.X, z.Y, z.Width, z.Height) - dark(before, z.X, z.Y, z.Width, z.Height); more < 200 {
			t.Errorf("%s: the signet has only %d dark pixels", name, more)
		}
		if all := dark(with, 0, 0, 1, 1) - dark(before, 0, 0, 1, 1); all > dark(with, z.X-.01, z.Y-.01, z.Width+.02, z.Height+.02) {
			t.Errorf("%s: the picture changed outside the signet", name)
		}
	}
	if text := tab.ok("POST", at+"/text", object{"shown": 1}).field("text"); strings.TrimSpace(text) == "" {
		t.Error("the page has no text")
	}
	tab.wants(tab.call("POST", at+"/picture", look(certificate, object{"shown": 3})), http.StatusUnprocessableEntity, "order.page")
	tab.wants(tab.call("POST", at+"/picture", look(strings.Repeat("0", 64), nil)), http.StatusForbidden, "certificate.not-assigned")
	other := w.tab(w.acme, w.acme.paul)
	for _, call := range []string{"sheet", "picture"} {
		other.wants(other.call("POST", at+"/"+call, look(certificate, nil)), http.StatusNotFound, "request.unknown")
	}
	other.wants(other.call("POST", at+"/text", object{"shown": 1}), http.StatusNotFound, "request.unknown")
}

// TestPictureIsWhatIsSigned signs in a free place on a page by number, and finds
// the signet in the file where the sheet said it would be.
func TestPictureIsWhatIsSigned(t *testing.T) {
	w, phone, certificate := ready(t, pictured)
	w.acme.PutFile(w.acme.deal, w.acme.field, "three.pdf", signertest.PDF{Pages: 3}.Bytes())
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	place := object{"page": "number", "number": 2, "position": "free", "spot": object{"x": 0.4, "y": 0.7}}
	shown := tab.ok("POST", "/api/sign/requests/"+request+"/picture", look(certificate, place)).body
	o := order(request, certificate, phone.code())
	o["reason"] = ""
	for k, v := range place {
		o[k] = v
	}
	tab.ok("POST", "/api/sign/orders", o)
	if got := tab.settled(request).field("screen"); got != "done" {
		t.Fatalf("at the end: %s", got)
	}
	file := w.acme.DealFiles(w.acme.deal, w.acme.field)[0].Content
	p, err := pages().Render(t.Context(), preview.Document{Reader: bytes.NewReader(file), Size: int64(len(file))}, preview.View{Page: 2, Width: 500})
	if err != nil {
		t.Fatal(err)
	}
	// The clock stands still in this test, so not even the time differs.
	if !bytes.Equal(shown, p.PNG) {
		t.Error("the signed page does not look as the picture did")
	}
	if got := tab.ok("POST", "/api/sign/requests/"+request+"/signed-picture", object{"width": 500}).body; !bytes.Equal(got, shown) {
		t.Error("the page shown at the end is another one")
	}
	other := w.tab(w.acme, w.acme.paul)
	other.wants(other.call("POST", "/api/sign/requests/"+request+"/signed-picture", object{"width": 500}), http.StatusNotFound, "request.unknown")
	// What was chosen is offered again, but not where the signet now is.
	if form := tab.ok("POST", "/api/sign/documents", refOf(w)).field("html"); !strings.Contains(form, `value="number" checked`) || strings.Contains(form, `value="free" checked`) {
		t.Errorf("the next form offers %s", form)
	}
}

// TestNoPictures has the form work where pages cannot be shown.
func TestNoPictures(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	form := tab.ok("GET", "/api/sign/requests/"+request, nil).field("html")
	if !strings.Contains(form, `data-pictures="false"`) {
		t.Error("the form waits for pictures")
	}
	tab.ok("POST", "/api/sign/requests/"+request+"/sheet", look(certificate, nil))
	a := tab.call("POST", "/api/sign/requests/"+request+"/picture", look(certificate, nil))
	tab.wants(a, http.StatusServiceUnavailable, "picture.none")
	if app.Kind(a.field("kind")) != app.Unavailable {
		t.Errorf("no picture is %s", a.text())
	}
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.settled(request)
}

// TestBrowserPicture chooses the place on the page: by a click, by dragging and by
// arrow keys; the form follows, and the other way round.
func TestBrowserPicture(t *testing.T) {
	w, mary, _ := ready(t, pictured)
	if err := pages().Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.acme.PutFile(w.acme.deal, w.acme.field, "four.pdf", signertest.PDF{Pages: 4}.Bytes())
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	drawn := css("[data-page-signet]:not(.stale):not([hidden])")
	b.in(f, chromedp.WaitVisible(css("[data-page-image]")), chromedp.WaitVisible(drawn))
	b.shot(b.ctx, "first")
	place := func() string { return strings.ToLower(b.text(f, ".place-words")) }
	if got := place(); !strings.Contains(got, "bottom right") || !strings.Contains(got, "last page") {
		t.Errorf("at first the place is %q", got)
	}
	b.in(f, chromedp.Click(css("[data-zone=top-left]")), chromedp.WaitVisible(drawn))
	if got := eval[bool](b, f, `document.querySelector(".zone input[value=top-left]").checked`); !got || !strings.Contains(place(), "top left") {
		t.Errorf("a click on the page leaves %q", place())
	}
	b.in(f, chromedp.Click(css(".zone input[value=bottom-center]")), chromedp.WaitVisible(css("[data-zone=bottom-center].chosen")), chromedp.WaitVisible(drawn))
	b.in(f, chromedp.Focus(css("[data-page-signet]")), chromedp.KeyEvent(arrowLeft), chromedp.WaitVisible(css("[data-zone=bottom-left].chosen")),
		chromedp.KeyEvent(arrowUp, chromedp.KeyModifiers(shift)), chromedp.KeyEvent(arrowUp),
		chromedp.WaitVisible(css("[data-free-choice] input:checked")), chromedp.WaitVisible(drawn))
	if got := place(); !strings.Contains(got, "% from the left") {
		t.Errorf("the arrow keys leave %q", got)
	}
	b.shot(b.ctx, "keys")
	b.in(f, chromedp.KeyEvent("\u001b"), chromedp.WaitVisible(css("[data-zone=bottom-left].chosen")), chromedp.WaitVisible(drawn))
	if got := place(); !strings.Contains(got, "bottom left") {
		t.Errorf("Escape leaves %q", got)
	}
	b.drag(f, "[data-page-signet]", -60, -120)
	b.in(f, chromedp.WaitVisible(drawn))
	b.shot(b.ctx, "dragged")
	moved := eval[string](b, f, `document.querySelector("[data-summary]").textContent`)
	// Another page: the signet stays, and a click puts it there.
	b.in(f, chromedp.Click(css("[data-turn-by='-1']")), chromedp.WaitVisible(css("[data-page-note]:not(:empty)")))
	if got := b.text(f, "[data-page-note]"); !strings.Contains(got, "The signet is on page 4") {
		t.Errorf("another page says %q", got)
	}
	b.in(f, chromedp.Click(css("[data-zone=top-right]")), chromedp.WaitVisible(drawn))
	if got := place(); !strings.Contains(got, "top right") || !strings.Contains(got, "page 3") {
		t.Errorf("a click on page 3 leaves %q", got)
	}
	b.in(f, chromedp.Click(css("[data-zoom-by='1']")), chromedp.Click(css("[data-page-words] summary")))
	b.until("the words of the page", func() bool { return b.text(f, "[data-page-words-body]") != "" })
	b.shot(b.ctx, "zoomed")
	b.in(f, chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".notice-good")))
	if !strings.Contains(moved, "%") {
		t.Errorf("after dragging the button said %q", moved)
	}
	file := w.acme.DealFiles(w.acme.deal, w.acme.field)[0].Content
	if n := strings.Count(string(file), "/ByteRange"); n != 1 {
		t.Errorf("the file has %d signatures", n)
	}
}

// drag moves the mouse from an element's middle, with its button held.
func (b *browser) drag(ctx context.Context, selector string, dx, dy float64) {
	b.t.Helper()
	eval[bool](b, ctx, `(() => { document.querySelector("`+selector+`").scrollIntoView({block: "center"}); return true; })()`)
	at := eval[[]float64](b, ctx, `(() => { const r = document.querySelector("`+selector+`").getBoundingClientRect(); return [r.x + r.width/2, r.y + r.height/2]; })()`)
	b.in(ctx, chromedp.MouseEvent(chromedp.MousePressed, at[0], at[1], chromedp.ButtonLeft))
	for i := 1.0; i <= 4; i++ {
		b.in(ctx, chromedp.MouseEvent(chromedp.MouseMoved, at[0]+dx*i/4, at[1]+dy*i/4, chromedp.ButtonLeft))
	}
	b.in(ctx, chromedp.MouseEvent(chromedp.MouseReleased, at[0]+dx, at[1]+dy, chromedp.ButtonLeft))
}

// signetIn gives the middle of the first signet on a page, in shares of the page
// from its lower left corner.
func signetIn(t *testing.T, file []byte, page int) [2]float64 {
	t.Helper()
	sheet, err := signer.Look(t.Context(), bytes.NewReader(file), int64(len(file)), page)
	if err != nil {
		t.Fatal(err)
	}
	if len(sheet.Shown) == 0 {
		t.Fatalf("page %d has no signet", page)
	}
	box := sheet.Shown[0].Box
	return [2]float64{(box.X0 + box.X1) / 2 / sheet.Width, (box.Y0 + box.Y1) / 2 / sheet.Height}
}
