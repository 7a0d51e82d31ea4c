package signing_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"signservice/app"
	"signservice/app/signing"
	"signservice/signer"
)

// What was ordered stands in the signature: the reason, the time, who pressed,
// and a mark on the chosen page, or none.
func TestTheSignatureSaysWhatWasOrdered(t *testing.T) {
	w := newWorld(t)
	signatures, size := 0, len(w.original)
	for _, user := range []int{w.mary, w.paul} {
		for _, page := range []app.PageChoice{"", app.FirstPage, app.LastPage} {
			for _, reason := range []string{"", "  Согласовано  "} {
				w.clock.forward(time.Minute)
				v := w.enter(user)
				r := w.freeze(v)
				in := w.input(user, r.ID)
				in.Signet = app.Signet{Visible: page != "", Reason: reason, Language: "en"}
				in.Signet.Placement = app.Placement{Page: page, Position: app.TopLeft}
				_, err := w.Sign(t.Context(), v, in)
				w.must(err)
				if done := w.run(r.ID); done.State != app.Done {
					t.Fatalf("%s: %+v", done.State, done.Failure)
				}
				file := w.portal.DealFiles(w.deal, w.single)[0]
				added := file.Content[size:]
				w.file, size = file.ID, len(file.Content)
				signatures++
				w.signed(signatures)

				report, err := signer.Verify(t.Context(), bytes.NewReader(file.Content), int64(size), signer.VerifyOptions{})
				w.must(err)
				got := report.Signatures[signatures-1]
				if !got.Claimed.Equal(w.request(r.ID).SignedAt) {
					t.Errorf("claimed %v, not %v", got.Claimed, w.request(r.ID).SignedAt)
				}
				if strings.HasPrefix(got.Reason, "Согласовано") != (reason != "") {
					t.Errorf("reason %q", got.Reason)
				}
				if strings.Contains(got.Reason, "Paul Ott") != (user == w.paul) {
					t.Errorf("who pressed: %q", got.Reason)
				}
				if invisible := bytes.Contains(added, []byte("/Rect [0 0 0 0]")); invisible != (page == "") {
					t.Errorf("page %q: invisible %t", page, invisible)
				}
			}
		}
	}
}

// A Service without one of its parts is not made; without randomness nothing
// begins.
func TestNew(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		c := w.config
		switch i {
		case 0:
			c.Store = nil
		case 1:
			c.Spool = nil
		case 2:
			c.Portal = nil
		case 3:
			c.Keys = nil
		case 4:
			c.CheckCode = nil
		}
		if _, err := signing.New(c); err == nil {
			t.Errorf("part %d is missing", i)
		}
	}
	s, err := signing.New(signing.Config{
		Store: w.config.Store, Spool: w.config.Spool, Portal: w.portals, Keys: w.keys, CheckCode: w.config.CheckCode,
	})
	if err != nil || s.MaxSize != app.MaxFileSize || s.Now == nil || s.Random == nil || s.Wake == nil {
		t.Errorf("defaults: %v", err)
	}
	broken := fmt.Errorf("no randomness")
	c := w.config
	c.Random = iotest.ErrReader(broken)
	w.serve(c)
	if _, err := w.Freeze(t.Context(), w.enter(w.mary), w.ref()); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
