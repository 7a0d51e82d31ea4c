package gallery_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/views/gallery"
)

// browser starts a Chromium for the test.
func browser(t testing.TB) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// share has two browsers look at the states whose names begin with the prefix.
func share(t *testing.T, prefix string, look func(ctx context.Context, s gallery.State)) {
	t.Helper()
	work := make(chan gallery.State)
	var workers sync.WaitGroup
	for range 2 {
		ctx := browser(t)
		workers.Go(func() {
			for s := range work {
				look(ctx, s)
			}
		})
	}
	for _, s := range gallery.States() {
		if strings.HasPrefix(s.Name, prefix) {
			work <- s
		}
	}
	close(work)
	workers.Wait()
}

// settled tells that a live page shows its screen, with pictures and signatures.
const settled = `document.body.dataset.ready !== undefined && !document.querySelector("main .skeleton[aria-hidden] ~ .loading:last-child") &&
  (document.body.dataset.page !== "sign" || document.getElementById("screen").dataset.screen !== undefined) &&
  [...document.querySelectorAll("[data-signatures]")].every((e) => e.childElementCount > 0) &&
  [...document.querySelectorAll("[data-picture] img")].every((e) => !e.hidden) &&
  [...document.querySelectorAll("[data-page-view][data-pictures=true] [data-page-image]")].every((e) => !e.hidden) &&
  (Boolean(document.querySelector("[data-sample-error]:not(:empty)")) ||
    [...document.querySelectorAll("[data-sample-page] img")].every((e) => e.complete && e.naturalWidth > 0))`

// open shows a state: live where it has a script, and after its acts.
func open(ctx context.Context, base, lang string, s gallery.State, width int64, theme string) error {
	address := base + "/" + lang + "/" + s.Name
	if s.Fragments != nil {
		address += "?live&theme=" + theme
	}
	if err := chromedp.Do(ctx, screen(width), chromedp.Navigate(address)); err != nil || s.Fragments == nil {
		return err
	}
	ready := settled
	switch {
	case strings.HasSuffix(s.Name, "-opening"): // bones are all it shows
		ready = `document.getElementById("screen").dataset.screen !== undefined`
	case s.Until != "" && len(s.Acts) == 0: // something fails to come
		ready = `document.body.dataset.ready !== undefined`
	}
	if err := until(ctx, ready); err != nil {
		return err
	}
	for _, act := range s.Acts {
		if err := perform(ctx, act); err != nil {
			return fmt.Errorf("%s %s: %w", act.On, act.Type, err)
		}
	}
	if s.Until == "" {
		return nil
	}
	return until(ctx, fmt.Sprintf("Boolean(document.querySelector(%q)) && %s", s.Until, still))
}

// still tells that nothing moves but what moves as long as it is there.
const still = `document.getAnimations().every((a) => a.playState !== "running" || a.effect.getTiming().iterations === Infinity)`

// screen is a screen of the width: a phone's where it is narrow.
func screen(width int64) chromedp.Action[chromedp.Void] {
	options := []chromedp.EmulateViewportOption{}
	if width < 600 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	return chromedp.EmulateViewport(width, 700, options...)
}

// patience is how long something that is there may take to be seen.
const patience = 20 * time.Second

// perform does what a person does.
func perform(ctx context.Context, act gallery.Act) error {
	there := fmt.Sprintf("Boolean(document.querySelector(%q))", act.On)
	if err := until(ctx, there); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience) // chromedp waits for what is never seen
	defer cancel()
	if act.Type != "" {
		return chromedp.Do(ctx, chromedp.SendKeys(act.On, act.Type))
	}
	return chromedp.Do(ctx, chromedp.Click(act.On))
}

// until waits until an expression of the page is true.
func until(ctx context.Context, expression string) error {
	for range 400 {
		ready, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if err != nil {
			return err
		}
		if ready {
			return nil
		}
		time.Sleep(25 * time.Millisecond)
	}
	return errors.New("the page does not come to rest")
}
