package signing

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"signservice/app"
	"signservice/app/i18n"
	"signservice/signer"
)

// Sample is a page on which an administrator tries the portal's signet.
type Sample string

// The samples: the mark alone, an upright and a wide page, and one that is stored
// on its side and shown upright, as scanners make them.
const (
	SampleClose     Sample = "close"
	SamplePortrait  Sample = "portrait"
	SampleLandscape Sample = "landscape"
	SampleRotated   Sample = "rotated"
)

// Samples lists the samples.
func Samples() []Sample { return []Sample{SampleClose, SamplePortrait, SampleLandscape, SampleRotated} }

// SampleLook is what is tried: settings that need not be saved, and a signet.
type SampleLook struct {
	Sample   Sample
	Settings app.SignetSettings
	Language string
	// Other shows the mark of a person who signs with another's certificate.
	Other bool
	// Width of the picture in pixels.
	Width int
}

// SamplePicture draws a sample page with the signet on it, as documents will
// have it.
//
// Errors: app.Unavailable picture.none; app.Invalid settings.logo-wrong where
// the mark cannot be drawn with this picture; what Pictures answers.
func (s *Service) SamplePicture(ctx context.Context, v app.Visit, look SampleLook) ([]byte, error) {
	const op = "draw sample"
	if s.Pictures == nil {
		return nil, app.Fail(app.Unavailable, op, "picture.none")
	}
	doc, err := look.Sample.page()
	if err != nil {
		return nil, err
	}
	words := i18n.For(look.Language)
	now := zoned(s.Now(), v.TimeZone)
	c := app.Certificate{
		Name: words.T("sample.name"), Organisation: words.T("sample.organisation"), Serial: "4f3a00c1d2e97b6805b1", SelfSigned: true,
		NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, -1, 0),
	}
	r := app.Request{
		User: v.User, UserName: words.T("sample.other"), OwnerName: c.Name, Owner: v.User,
		Signet:   app.Signet{Visible: true, Placement: app.Settings{Signet: look.Settings}.DefaultPlacement(), Language: look.Language, Reason: words.T("sample.reason")},
		Original: app.Original{Pages: 1},
	}
	r.Signet.Placement.Page = app.LastPage
	if !look.Other {
		r.UserName = c.Name
	}
	g := &signer.Signet{Mark: mark(r, c, now, look.Settings), Page: 1}
	if look.Other {
		g.Mark.PressedBy = words.T("sample.other")
	}
	if g.Position, err = signer.ParsePosition(string(r.Signet.Placement.Position)); err != nil {
		return nil, app.Fail(app.Invalid, op, "settings.placement-wrong").Because(err)
	}
	if look.Sample == SampleClose {
		if doc, err = closeUp(ctx, doc, g); err != nil {
			return nil, app.Fail(app.Invalid, op, "settings.logo-wrong").Because(err)
		}
	}
	sketch, err := signer.Draft(ctx, doc, doc.Size(), signer.Options{Signet: g, Time: now})
	if err != nil {
		return nil, app.Fail(app.Invalid, op, "settings.logo-wrong").Because(err)
	}
	return s.Pictures.Draw(ctx, sketch, sketch.Size(), 1, look.Width)
}

// closeUp gives a page that holds little more than the mark, as large as it is
// on the page doc.
func closeUp(ctx context.Context, doc *bytes.Reader, g *signer.Signet) (*bytes.Reader, error) {
	sheet, err := signer.Look(ctx, doc, doc.Size(), 1)
	if err != nil {
		return nil, err
	}
	box, _, err := sheet.Place(*g)
	if err != nil {
		return nil, err
	}
	const edge = 8
	width, height := box.X1-box.X0, box.Y1-box.Y0
	g.Box = signer.Box{X0: edge, Y0: edge, X1: edge + width, Y1: edge + height}
	return samplePDF(fmt.Sprintf("[0 0 %.2f %.2f]", width+2*edge, height+2*edge), "", ""), nil
}

// A4, in points.
const (
	paperWidth  = 595.28
	paperHeight = 841.89
)

// page is a letter of grey lines: enough to see where a signet lies.
func (k Sample) page() (*bytes.Reader, error) {
	width, height := paperWidth, paperHeight
	switch k {
	case SamplePortrait, SampleRotated, SampleClose:
	case SampleLandscape:
		width, height = height, width
	default:
		return nil, app.Fail(app.Invalid, "draw sample", "order.page", 1)
	}
	var ink strings.Builder
	box, turn := fmt.Sprintf("[0 0 %.2f %.2f]", width, height), ""
	if k == SampleRotated { // stored lying down, turned by 90° when shown
		box, turn = fmt.Sprintf("[0 0 %.2f %.2f]", height, width), "/Rotate 90"
		fmt.Fprintf(&ink, "0 1 -1 0 %.2f 0 cm ", height)
	}
	ink.WriteString(".88 g ")
	fmt.Fprintf(&ink, "60 %.2f %.2f 16 re f ", height-90, width*.4)
	for i, y := 0, height-130; y > 70; i, y = i+1, y-18 {
		long := width - 120
		if i%6 == 5 {
			long *= .55
		}
		fmt.Fprintf(&ink, "60 %.2f %.2f 6 re f ", y, long)
	}
	return samplePDF(box, turn, ink.String()), nil
}

// samplePDF is a file of one page (ISO 32000-1, 7.5).
func samplePDF(box, turn, ink string) *bytes.Reader {
	var b bytes.Buffer
	var at []int
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for _, body := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox" + box + turn + "/Resources<<>>/Contents 4 0 R>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(ink), ink),
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), body)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return bytes.NewReader(b.Bytes())
}
