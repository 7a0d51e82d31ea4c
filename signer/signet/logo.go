package signet

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"

	"signservice/signer/pdf"
)

// Bounds of a logo file. A file beyond them is refused with [ErrLogo] before
// its pixels are decoded.
const (
	MaxLogoBytes  = 1 << 20
	MaxLogoPixels = 4 << 20
)

// ErrLogo is returned by [Draw] for a logo that is not a PNG or JPEG file, is
// damaged, or exceeds the bounds.
var ErrLogo = errors.New("the logo cannot be used")

// maxLogoSide is the longest side that is kept, in pixels: 300 dpi in the
// widest place a logo gets in an ordinary box. More would only make every
// signed file larger.
const maxLogoSide = 256

// A logo is a picture ready for the PDF: colour apart from its alpha channel.
type logo struct {
	width, height int
	gray          bool
	pixels        []byte // 1 or 3 bytes a pixel
	alpha         []byte // 1 byte a pixel; nil when opaque
	photo         bool   // stored as JPEG
}

// decodeLogo reads a logo; nil where there is none.
func decodeLogo(data []byte, opaque, gray bool) (*logo, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if len(data) > MaxLogoBytes {
		return nil, fmt.Errorf("%w: %d bytes are more than %d", ErrLogo, len(data), MaxLogoBytes)
	}
	decode, config := png.Decode, png.DecodeConfig
	photo := bytes.HasPrefix(data, []byte("\xff\xd8"))
	if photo {
		decode, config = jpeg.Decode, jpeg.DecodeConfig
	}
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: not a PNG or JPEG file: %w", ErrLogo, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > MaxLogoPixels/c.Height {
		return nil, fmt.Errorf("%w: %d by %d pixels are more than %d", ErrLogo, c.Width, c.Height, MaxLogoPixels)
	}
	picture, err := decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLogo, err)
	}
	return newLogo(shrink(picture), photo, opaque, gray), nil
}

// shrink gives the picture with premultiplied alpha, no side longer than
// maxLogoSide.
func shrink(picture image.Image) *image.RGBA {
	size := picture.Bounds().Size()
	w, h := size.X, size.Y
	longest := max(w, h)
	if longest <= maxLogoSide {
		out := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(out, out.Bounds(), picture, picture.Bounds().Min, draw.Src)
		return out
	}
	w, h = max(1, w*maxLogoSide/longest), max(1, h*maxLogoSide/longest)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(out, out.Bounds(), picture, picture.Bounds(), draw.Src, nil)
	return out
}

func newLogo(picture *image.RGBA, photo, opaque, gray bool) *logo {
	size := picture.Bounds().Size()
	l := &logo{width: size.X, height: size.Y, gray: gray, photo: photo}
	if opaque && !picture.Opaque() {
		ground := image.NewRGBA(picture.Bounds())
		draw.Draw(ground, ground.Bounds(), image.White, image.Point{}, draw.Src)
		draw.Draw(ground, ground.Bounds(), picture, image.Point{}, draw.Over)
		picture = ground
	}
	for y := range size.Y {
		for x := range size.X {
			c := color.NRGBAModel.Convert(picture.RGBAAt(x, y)).(color.NRGBA)
			l.alpha = append(l.alpha, c.A)
			if gray {
				c.A = 255
				l.pixels = append(l.pixels, color.GrayModel.Convert(c).(color.Gray).Y)
				continue
			}
			l.pixels = append(l.pixels, c.R, c.G, c.B)
		}
	}
	if picture.Opaque() {
		l.alpha = nil
	}
	return l
}

// within gives the largest size of the logo inside a place, in points.
func (l *logo) within(width, height float64) (w, h float64) {
	factor := min(width/float64(l.width), height/float64(l.height))
	return float64(l.width) * factor, float64(l.height) * factor
}

// object gives the image XObject (ISO 32000-2, 8.9.5).
func (l *logo) object(space pdf.Object) (pdf.Object, error) {
	dict := l.dict(space)
	if l.alpha != nil {
		dict["SMask"] = indirect(&pdf.Stream{Dict: l.dict(pdf.Name("DeviceGray")), Data: l.alpha})
	}
	if l.photo && l.alpha == nil {
		data, err := l.jpeg()
		if err != nil {
			return nil, err
		}
		dict["Filter"] = pdf.Name("DCTDecode")
		return indirect(&pdf.Stream{Dict: dict, Data: data}), nil
	}
	return indirect(&pdf.Stream{Dict: dict, Data: l.pixels}), nil
}

func (l *logo) dict(space pdf.Object) pdf.Dict {
	return pdf.Dict{
		"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Image"),
		"Width": pdf.Integer(l.width), "Height": pdf.Integer(l.height),
		"ColorSpace": space, "BitsPerComponent": pdf.Integer(8),
	}
}

// jpeg encodes a photograph anew, at a quality at which no loss is seen: the
// stranger's own bytes never enter a signed file.
func (l *logo) jpeg() ([]byte, error) {
	var picture image.Image
	bounds := image.Rect(0, 0, l.width, l.height)
	if l.gray {
		picture = &image.Gray{Pix: l.pixels, Stride: l.width, Rect: bounds}
	} else {
		rgba := image.NewRGBA(bounds)
		for i := range l.width * l.height {
			copy(rgba.Pix[4*i:], l.pixels[3*i:3*i+3])
			rgba.Pix[4*i+3] = 255
		}
		picture = rgba
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 90}); err != nil {
		return nil, fmt.Errorf("encode logo: %w", err)
	}
	return b.Bytes(), nil
}
