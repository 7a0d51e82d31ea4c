package web

import (
	qrcode "github.com/skip2/go-qrcode"

	"signservice/views"
)

// drawQR draws a text as a QR code of error level M, with the quiet zone of four
// modules around it.
func drawQR(text string) (views.QR, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return views.QR{}, err
	}
	return views.NewQR(code.Bitmap()), nil
}
