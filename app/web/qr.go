package web

import (
	"fmt"
	"strings"

	qrcode "github.com/skip2/go-qrcode"

	"signservice/views"
)

// drawQR draws a text as a QR code of error level M, as a path of unit squares:
// sharp at any size, and nothing for a browser to fetch or to keep.
func drawQR(text string) (views.QR, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return views.QR{}, err
	}
	rows := code.Bitmap() // with the quiet zone of four modules around it
	var path strings.Builder
	for y, row := range rows {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			from := x
			for x < len(row) && row[x] {
				x++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
		}
	}
	return views.QR{Size: len(rows), Path: path.String()}, nil
}
