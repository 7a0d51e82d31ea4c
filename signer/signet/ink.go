package signet

import "signservice/signer/pdf"

// An ink is a colour of the mark: as red, green and blue, and as the gray that
// stands for it; both from 0 to 1.
type ink struct {
	red, green, blue float64
	gray             float64
}

func black() ink { return ink{} }
func white() ink { return ink{1, 1, 1, 1} }

// accent is the colour of frame and title: a dark blue, which keeps a contrast of
// 9:1 on white.
func accent() ink { return ink{0.05, 0.25, 0.6, 0.3} }

// calibrated names the colour space of a calibrated mark among its resources.
const calibrated = "RGB"

// colour gives the operators that choose an ink, for filling or for lines. They
// stay as simple as they can: black and white are gray.
func (d *design) colour(i ink, lines bool) string {
	operator := func(fill, line string) string {
		if lines {
			return line
		}
		return fill
	}
	switch {
	case d.signet.Calibrated:
		return "/" + calibrated + operator(" cs ", " CS ") + nums(i.red, i.green, i.blue) + operator(" sc\n", " SC\n")
	case d.signet.Gray, i.red == i.green && i.green == i.blue:
		return num(i.gray) + operator(" g\n", " G\n")
	}
	return nums(i.red, i.green, i.blue) + operator(" rg\n", " RG\n")
}

// space is the colour space of pictures: that of the device or, where the mark is
// calibrated, sRGB's primaries and white (ISO 32000-2, 8.6.5.3; IEC 61966-2-1).
func (d *design) space() pdf.Object {
	switch {
	case d.signet.Calibrated:
		return calibratedSpace()
	case d.signet.Gray:
		return pdf.Name("DeviceGray")
	}
	return pdf.Name("DeviceRGB")
}

func calibratedSpace() pdf.Object {
	reals := func(v ...float64) (a pdf.Array) {
		for _, n := range v {
			a = append(a, pdf.Real(n))
		}
		return a
	}
	return pdf.Array{pdf.Name("CalRGB"), pdf.Dict{
		"WhitePoint": reals(0.9505, 1, 1.089),
		"Gamma":      reals(2.2, 2.2, 2.2),
		"Matrix":     reals(0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505),
	}}
}
