package signing_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"signservice/app"
	"signservice/app/signing"
	"signservice/signer/signertest"
)

// TestFreezeAll freezes many at once: each is told of once with what became of it,
// whoever stops reading stops the rest, and an end of the context ends all.
func TestFreezeAll(t *testing.T) {
	w := newWorld(t)
	field := w.portal.AddFileField("MANY", "Many", true)
	var refs []signing.DocumentRef
	for i := range 9 {
		content := signertest.PDF{Pages: i + 1}.Bytes()
		if i == 4 {
			content = []byte("%PDF-1.7\n1 0 obj\n<<")
		}
		id := w.portal.PutFile(w.deal, field, fmt.Sprintf("paper %d.pdf", i), content)
		refs = append(refs, signing.DocumentRef{Source: app.SourceField, Field: field, FileID: strconv.Itoa(id)})
	}
	v := w.enter(w.mary)
	told := map[int]int{}
	for f := range w.FreezeAll(t.Context(), v, refs) {
		told[f.Index]++
		switch {
		case f.Index == 4:
			if !errors.Is(f.Err, app.Unsupported) {
				t.Errorf("the damaged one: %v", f.Err)
			}
		case f.Err != nil:
			t.Errorf("document %d: %v", f.Index, f.Err)
		case f.Request.Document.FileID != refs[f.Index].FileID || f.Request.Original.Pages != f.Index+1:
			t.Errorf("document %d is %+v", f.Index, f.Request.Document)
		}
	}
	if len(told) != len(refs) {
		t.Errorf("told of %v", told)
	}
	for i, n := range told {
		if n != 1 {
			t.Errorf("document %d is told of %d times", i, n)
		}
	}
	for range w.FreezeAll(t.Context(), v, refs) {
		break // and the others stop, which the end of the loop waits for
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range w.FreezeAll(ended, v, refs) {
		t.Error("nothing ends with the context")
	}
	for range w.FreezeAll(t.Context(), v, nil) {
		t.Error("none of none is told of")
	}
}
