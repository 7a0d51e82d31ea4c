package signet

import (
	"errors"
	"fmt"

	qrcode "github.com/skip2/go-qrcode"

	"signservice/signer/pdf"
)

// MaxQR is the longest text of a QR code in bytes. Longer ones would need more
// modules than can be read at the size of a signet.
const MaxQR = 250

// ErrQR is returned by [Draw] for a text that is too long for a QR code, or that
// holds other characters than printable ASCII: readers guess at their encoding,
// and guess wrong. An address belongs there percent-encoded.
var ErrQR = errors.New("the text cannot be put into a QR code")

// A qrCode is a square of modules, true for black, with its quiet zone.
type qrCode struct{ modules [][]bool }

// encodeQR makes the code of a text; nil where there is none.
func encodeQR(text string) (*qrCode, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > MaxQR {
		return nil, fmt.Errorf("%w: %d bytes are more than %d", ErrQR, len(text), MaxQR)
	}
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return nil, fmt.Errorf("%w: it holds other characters than printable ASCII", ErrQR)
		}
	}
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrQR, err)
	}
	return &qrCode{modules: code.Bitmap()}, nil
}

// least is the smallest side in points at which a telephone reads the code from
// a printed page: 0.25 mm a module.
func (q *qrCode) least() float64 {
	const module = 0.25 / 25.4 * 72
	return module * float64(len(q.modules))
}

// object gives the code as a stencil mask (ISO 32000-2, 8.9.6.2), several
// pixels a module, so that readers that smooth pictures keep the edges. A mask
// needs no colour space and shows no seams, which rectangles would.
func (q *qrCode) object() pdf.Object {
	const times = 8 // pixels a module: each module of a row is one byte
	side := len(q.modules) * times
	var data []byte
	for _, row := range q.modules {
		packed := make([]byte, 0, len(row))
		for _, black := range row {
			if black {
				packed = append(packed, 0x00) // 0 paints
			} else {
				packed = append(packed, 0xff)
			}
		}
		for range times {
			data = append(data, packed...)
		}
	}
	return indirect(&pdf.Stream{Dict: pdf.Dict{
		"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Image"),
		"Width": pdf.Integer(side), "Height": pdf.Integer(side),
		"ImageMask": true, "BitsPerComponent": pdf.Integer(1),
	}, Data: data})
}
