package gallery_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"signservice/views/gallery"
)

// usable resolves with the time, in milliseconds since the page was asked for,
// at which its form can be filled.
const usable = `new Promise((done) => {
  const look = () => document.querySelector("#code") ? done(performance.now()) : setTimeout(look, 5);
  look();
})`

// BenchmarkTab opens the Sign tab on a phone of the middle class: Chromium slowed
// down to a quarter. It reports when the form can be filled, the picture of the
// page apart. The measure is a second.
func BenchmarkTab(b *testing.B) {
	server := httptest.NewServer(gallery.Handler())
	defer server.Close()
	ctx := browser(b)
	if err := chromedp.Do(ctx); err != nil { // starts the browser
		b.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4}); err != nil {
		b.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch)); err != nil {
		b.Fatal(err)
	}
	var total time.Duration
	n := 0
	for b.Loop() {
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/en/form-ready?live")); err != nil {
			b.Fatal(err)
		}
		ms, err := chromedp.Run(ctx, chromedp.Evaluate[float64](usable, chromedp.EvalAwaitPromise))
		if err != nil {
			b.Fatal(err)
		}
		total += time.Duration(ms * float64(time.Millisecond))
		n++
	}
	b.ReportMetric(float64(total.Milliseconds())/float64(n), "ms-to-form")
	b.ReportMetric(0, "ns/op")
}
