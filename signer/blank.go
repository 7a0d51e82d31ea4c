package signer

import (
	"bytes"
	"fmt"
)

// blankPage is the least PDF file: one empty page of this size, in points.
func blankPage(width, height float64) *bytes.Reader {
	var b bytes.Buffer
	var at [4]int
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for i, body := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.4f %.4f]/Resources<<>>>>", width, height),
	} {
		at[i+1] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := b.Len()
	b.WriteString("xref\n0 4\n0000000000 65535 f \n")
	for _, offset := range at[1:] {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Root 1 0 R/Size 4>>\nstartxref\n%d\n%%%%EOF\n", start)
	return bytes.NewReader(b.Bytes())
}
