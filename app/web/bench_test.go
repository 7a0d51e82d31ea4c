package web_test

import (
	"net/http"
	"testing"

	"signservice/signer/signertest"
)

// BenchmarkPicture asks for pages of a document of 2 MB through the tab's own
// call: the sealed original is read, the increment prepared, the page drawn at
// 900 pixels. The measures are 1.5 s for the first and 0.2 s for the next.
func BenchmarkPicture(b *testing.B) {
	w, _, certificate := ready(b, pictured, func(w *world) { w.maxSize = 8 << 20 })
	if err := pages().Warm(b.Context()); err != nil {
		b.Fatal(err)
	}
	w.acme.PutFile(w.acme.deal, w.acme.field, "large.pdf", signertest.PDF{Pages: 20, Size: 2 << 20}.Bytes())
	tab := w.tab(w.acme, w.acme.mary)
	b.Run("first", func(b *testing.B) { // with fetching and freezing it
		for b.Loop() {
			form := tab.ok("POST", "/api/sign/documents", refOf(w))
			id := form.field("request")
			tab.ok("POST", "/api/sign/requests/"+id+"/sheet", look(certificate, nil))
			tab.ok("POST", "/api/sign/requests/"+id+"/picture", look(certificate, object{"width": 900}))
			b.StopTimer()
			if a := tab.call("POST", "/api/sign/requests/"+id+"/cancel", object{}); a.code != http.StatusOK {
				b.Fatal(a.text())
			}
			b.StartTimer()
		}
	})
	id := tab.ok("POST", "/api/sign/documents", refOf(w)).field("request")
	b.Run("next", func(b *testing.B) {
		for b.Loop() {
			tab.ok("POST", "/api/sign/requests/"+id+"/sheet", look(certificate, object{"position": "top-left"}))
			tab.ok("POST", "/api/sign/requests/"+id+"/picture", look(certificate, object{"position": "top-left", "width": 900}))
		}
	})
}
