package preview

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"math"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/requests"
)

// A View says which page is wanted, and how large.
type View struct {
	// Page counts from 1; 0 means the first and [Last] the last.
	Page int
	// Width is the picture's in pixels. 0 means that DPI decides.
	Width int
	// DPI is the resolution in pixels an inch; 0 means 96.
	DPI float64
}

// A Picture is a page as it is displayed.
type Picture struct {
	// PNG is the picture's file, without transparency.
	PNG []byte
	// Width and Height are in pixels.
	Width, Height int
	// Page is the number of the page, and Pages how many there are.
	Page, Pages int
	// PageWidth and PageHeight are the size of the page as displayed, in its
	// own units, which are points unless it has a UserUnit (PDFium knows none).
	PageWidth, PageHeight float64
	// Rotate is the page's turn, clockwise: 0, 90, 180 or 270. The picture is
	// turned already.
	Rotate int
}

// Render draws a page. It returns [ErrPassword], [ErrDamaged], [ErrNoPage],
// [ErrLimit], [ErrClosed], the error of ctx, or that of the document's reader.
func (r *Renderer) Render(ctx context.Context, d Document, v View) (*Picture, error) {
	var picture *Picture
	err := r.read(ctx, d, func(o opened) (err error) {
		picture, err = o.render(v, r.config.MaxPixels)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("render a page: %w", err)
	}
	return picture, nil
}

// read opens a document in an instance and gives it to call.
func (r *Renderer) read(ctx context.Context, d Document, call func(opened) error) error {
	s := newSource(d)
	defer s.release()
	err := r.do(ctx, func(p pdfium.Pdfium) error {
		o, err := open(p, s)
		if err != nil {
			return err
		}
		return call(o)
	})
	if err != nil && s.err != nil {
		return s.err // the cause: PDFium saw only that bytes were missing
	}
	return err
}

func (o opened) render(v View, most int) (*Picture, error) {
	if v.Page == 0 {
		v.Page = First
	}
	page, err := o.page(v.Page)
	if err != nil {
		return nil, err
	}
	size, err := o.pdfium.GetPageSize(&requests.GetPageSize{Page: page})
	if err != nil {
		return nil, err
	}
	turn, err := o.pdfium.FPDFPage_GetRotation(&requests.FPDFPage_GetRotation{Page: page})
	if err != nil {
		return nil, err
	}
	width, height, err := v.pixels(size.Width, size.Height, most)
	if err != nil {
		return nil, err
	}
	drawn, err := o.pdfium.RenderPageInPixels(&requests.RenderPageInPixels{
		Page: page, Width: width, Height: height,
		RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT,
		RenderForm:  true, Document: &o.ref, // without both no widget is drawn
	})
	if err != nil {
		return nil, err
	}
	defer drawn.Cleanup()
	file, err := encode(drawn.Result.RenderedImage)
	if err != nil {
		return nil, err
	}
	return &Picture{
		PNG: file, Width: drawn.Result.Width, Height: drawn.Result.Height,
		Page: page.ByIndex.Index + 1, Pages: o.pages,
		PageWidth: size.Width, PageHeight: size.Height, Rotate: 90 * int(turn.PageRotation),
	}, nil
}

// maxSide bounds the width and the height of a picture, which may be very
// unequal; browsers refuse longer ones.
const maxSide = 16384

// pixels gives the size of the picture of a page of the given size.
func (v View) pixels(pageWidth, pageHeight float64, most int) (width, height int, err error) {
	if !(pageWidth > 0 && pageHeight > 0) || math.IsInf(pageWidth, 0) || math.IsInf(pageHeight, 0) {
		return 0, 0, fmt.Errorf("%w: a page of %g by %g", ErrDamaged, pageWidth, pageHeight)
	}
	scale := v.DPI / 72
	switch {
	case v.Width > 0:
		scale = float64(v.Width) / pageWidth
	case !(scale > 0):
		scale = 96.0 / 72
	}
	scale = min(scale, maxSide/pageWidth, maxSide/pageHeight, math.Sqrt(float64(most)/pageWidth/pageHeight))
	side := func(points float64) int { return max(1, int(math.Round(points*scale))) }
	return side(pageWidth), side(pageHeight), nil
}

// encode puts the picture on white and compresses it. The pixels are PDFium's
// own memory: red, green, blue and alpha, not multiplied, whatever the type says.
func encode(picture image.Image) ([]byte, error) {
	rgba, ok := picture.(*image.RGBA)
	if !ok {
		return nil, fmt.Errorf("%w: a picture of type %T", ErrDamaged, picture)
	}
	for p := rgba.Pix; len(p) >= 4; p = p[4:] {
		if a := uint32(p[3]); a != 255 {
			for i := range 3 {
				p[i] = uint8((uint32(p[i])*a + 255*(255-a) + 127) / 255)
			}
			p[3] = 255
		}
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&b, rgba); err != nil {
		return nil, fmt.Errorf("encode the picture: %w", err)
	}
	return b.Bytes(), nil
}
