package gallery_test

import (
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"signservice/views/gallery"
)

// usable resolves with the time, in milliseconds since the page was asked for,
// at which its form can be filled.
const usable = `new Promise((done) => {
  const look = () => document.querySelector("#code") ? done(performance.now()) : setTimeout(look, 5);
  look();
})`

// fetched is how many bytes the page fetched, compressed as they came, the
// picture of the document apart.
const fetched = `performance.getEntries().filter((e) => "encodedBodySize" in e && !e.name.endsWith("/picture"))
  .reduce((sum, e) => sum + e.encodedBodySize, 0)`

// BenchmarkTab opens the Sign tab on a phone of the middle class: Chromium slowed
// down to a quarter, with nothing kept from before. It reports when the form can
// be filled, the picture of the page apart: the mean and the worst of all
// openings, and what was fetched. The measures are a second and 60 KB.
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
	var total, worst, bytes float64
	n := 0
	for b.Loop() {
		if _, err := chromedp.Call(ctx, network.ClearBrowserCache, chromedp.Void{}); err != nil {
			b.Fatal(err)
		}
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/en/form-ready?live")); err != nil {
			b.Fatal(err)
		}
		ms, err := chromedp.Run(ctx, chromedp.Evaluate[float64](usable, chromedp.EvalAwaitPromise))
		if err != nil {
			b.Fatal(err)
		}
		if bytes, err = chromedp.Run(ctx, chromedp.Evaluate[float64](fetched)); err != nil {
			b.Fatal(err)
		}
		total, worst = total+ms, max(worst, ms)
		n++
	}
	b.ReportMetric(total/float64(n), "ms-to-form")
	b.ReportMetric(worst, "ms-to-form-at-worst")
	b.ReportMetric(bytes, "bytes-fetched")
	b.ReportMetric(0, "ns/op")
}
