package pdf_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A builder writes small PDFs by hand, so that tests can say every byte.
type builder struct {
	bytes.Buffer
	at   map[int]int
	root int
}

func newBuilder() *builder {
	b := &builder{at: map[int]int{}, root: 1}
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return b
}

// object writes an object with this body.
func (b *builder) object(num int, format string, args ...any) {
	b.at[num] = b.Len()
	fmt.Fprintf(b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{num}, args...)...)
}

func (b *builder) stream(num int, dict, data string) {
	b.object(num, "<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// tree writes a catalog and pages in nodes of ten.
func (b *builder) tree(pages, bytesPerPage int) {
	b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
	text := strings.Repeat("BT /F1 12 Tf (text) Tj ET\n", bytesPerPage/26+1)[:bytesPerPage]
	next := 3
	var nodes []string
	for done := 0; done < pages; {
		n := min(10, pages-done)
		node := next
		next++
		var kids []string
		for range n {
			b.stream(next+1, "", text)
			b.object(next, "<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents %d 0 R>>", node, next+1)
			kids = append(kids, fmt.Sprintf("%d 0 R", next))
			next += 2
		}
		b.object(node, "<</Type/Pages/Parent 2 0 R/Count %d/Kids[%s]>>", n, strings.Join(kids, " "))
		nodes = append(nodes, fmt.Sprintf("%d 0 R", node))
		done += n
	}
	b.object(2, "<</Type/Pages/Count %d/Kids[%s]>>", pages, strings.Join(nodes, " "))
}

// table ends the file with a cross-reference table.
func (b *builder) table() []byte {
	at := b.Len()
	nums := slices.Sorted(maps.Keys(b.at))
	b.WriteString("xref\n0 1\n0000000000 65535 f \n")
	for i := 0; i < len(nums); {
		n := 1
		for i+n < len(nums) && nums[i+n] == nums[i]+n {
			n++
		}
		fmt.Fprintf(b, "%d %d\n", nums[i], n)
		for _, num := range nums[i : i+n] {
			fmt.Fprintf(b, "%010d 00000 n \n", b.at[num])
		}
		i += n
	}
	fmt.Fprintf(b, "trailer\n<</Root %d 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n", b.root, nums[len(nums)-1]+1, at)
	return b.Bytes()
}
