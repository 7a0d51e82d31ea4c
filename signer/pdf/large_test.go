package pdf

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A sparse file is large without taking room: blanks between a head and a tail.
type sparse struct {
	head, tail []byte
	size       int64
}

func (s sparse) ReadAt(b []byte, off int64) (int, error) {
	for i := range b {
		switch at := off + int64(i); {
		case at < int64(len(s.head)):
			b[i] = s.head[at]
		case at >= s.size-int64(len(s.tail)):
			b[i] = s.tail[at-(s.size-int64(len(s.tail)))]
		default:
			b[i] = ' '
		}
	}
	return len(b), nil
}

// TestBeyondTables: behind ten digits of offset no table can name an object, so
// the increment is a stream even where the file has a table. (This test looks
// inside, as nobody wants to wait for the digest of ten gigabytes.)
func TestBeyondTables(t *testing.T) {
	var head bytes.Buffer
	head.WriteString("%PDF-1.7\n")
	var rows strings.Builder
	for i, body := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Count 1/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R>>",
	} {
		fmt.Fprintf(&rows, "%010d 00000 n \n", head.Len())
		fmt.Fprintf(&head, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	for _, size := range []int64{5_000_000_000, 10_000_000_000} {
		table := "xref\n0 4\n0000000000 65535 f \n" + rows.String() + "trailer\n<</Root 1 0 R/Size 4>>\n"
		tail := func(at int64) string { return fmt.Sprintf("%sstartxref\n%d\n%%%%EOF\n", table, at) }
		at := size - int64(len(tail(size)))
		in := sparse{head.Bytes(), []byte(tail(at)), at + int64(len(tail(at)))}
		f, err := Open(in, in.size, Options{NoRepair: true})
		if err != nil {
			t.Fatal(err)
		}
		inc, err := f.storeIncrement(SecurityStore{Certs: [][]byte{{1}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if isStream := bytes.Contains(inc.buf, []byte("/Type /XRef")); isStream != (size > 9_999_999_999) {
			t.Errorf("%d bytes: the increment is\n%s", size, inc.buf)
		}
		out := sparse{in.head, append(bytes.Clone(in.tail), inc.buf...), in.size + int64(len(inc.buf))}
		f, err = Open(out, out.size, Options{NoRepair: true})
		if err != nil {
			t.Fatal(err)
		}
		if store, err := f.SecurityStore(); err != nil || len(store.Certs) != 1 {
			t.Errorf("%d bytes: %v, %v", size, store, err)
		}
	}
}
