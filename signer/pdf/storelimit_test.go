package pdf_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"signservice/signer/pdf"
)

// TestStoreNamedOften: a stream that a store names a thousand times is read once,
// and material without end is refused.
func TestStoreNamedOften(t *testing.T) {
	for _, c := range []struct {
		streams, size, names int
		want                 error
	}{
		{1, 8 << 20, 1000, nil},
		{10, 8 << 20, 1, pdf.ErrLimit},
	} {
		b := newBuilder()
		var list strings.Builder
		for i := range c.streams {
			list.WriteString(strings.Repeat(fmt.Sprintf("%d 0 R ", 10+i), c.names))
		}
		b.onePage("/DSS<</Certs["+list.String()+"]/VRI<</A<</Cert["+list.String()+"]>>>>>>", "")
		for i := range c.streams {
			b.stream(10+i, "", strings.Repeat("x", c.size))
		}
		store, err := open(t, b.table()).SecurityStore()
		if !errors.Is(err, c.want) {
			t.Errorf("%d streams: %v, want %v", c.streams, err, c.want)
		}
		if err == nil && (len(store.Certs) != 1000 || &store.Certs[0][0] != &store.Certs[999][0] || &store.Certs[0][0] != &store.Related[0].Certs[5][0]) {
			t.Error("read more than once")
		}
	}
}
