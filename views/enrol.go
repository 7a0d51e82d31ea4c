package views

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Invitation is the page that an enrolment link leads to: it names nobody, shows
// no secret and changes nothing.
type Invitation struct {
	T T
	// Portal is the portal's host.
	Portal string
	Left   string
	// Go is the way on: to the sign-in at the portal, or where the link is enough
	// a press.
	Go Action
	// Again is true where the page was left and loaded anew; Alone where the link
	// is enough.
	Again, Alone bool
}

// Welcome is what the link's owner sees before the secret.
type Welcome struct {
	T      T
	Name   string
	Portal string
	Left   string
	// Rebind is true where a phone is bound already; Alone where the link was
	// enough to come here.
	Rebind, Alone bool
	Show          Action
}

// Store is a place that has FreeOTP for a kind of phone.
type Store struct{ Key, Address string }

// Stores are where FreeOTP is found.
func Stores() []Store {
	return []Store{
		{"enrol.android", "https://play.google.com/store/apps/details?id=org.fedorahosted.freeotp"},
		{"enrol.iphone", "https://apps.apple.com/app/freeotp-authenticator/id872559395"},
	}
}

// QR is a QR code as an SVG path of unit squares.
type QR struct {
	// Size is the number of modules along a side, quiet zone included.
	Size int
	Path string
}

// side is the length of a side in pixels: at least 240, and a whole number of
// them for each module.
func (q QR) side() string {
	const least = 240
	return strconv.Itoa(q.Size * max(1, (least+q.Size-1)/max(1, q.Size)))
}

// box is the SVG's own measure, in modules.
func (q QR) box() string { return fmt.Sprintf("0 0 %d %d", q.Size, q.Size) }

// NewQR draws the modules of a QR code, true for the dark ones, the quiet zone
// included, as a path: sharp at any size, and nothing for a browser to fetch or
// to keep.
func NewQR(rows [][]bool) QR {
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
	return QR{Size: len(rows), Path: path.String()}
}

// Secret is the page that shows the secret, once, to its owner.
type Secret struct {
	T T
	// Name is whose code it is.
	Name string
	QR   QR
	// URI is the otpauth: address for a phone's generator.
	URI string
	// Key is the secret in groups of four; Account and Issuer what the
	// generator will call it.
	Key, Issuer, Account string
	Left                 string
	// Again is true where the key was shown before: the phone may have it already.
	Again bool
	// Errors stand below their fields, by name.
	Errors map[string]string
}

// address is the link to the phone's generator; nothing but otpauth: may
// become one.
func (s Secret) address() templ.SafeURL {
	if !strings.HasPrefix(s.URI, "otpauth://totp/") {
		return templ.FailedSanitizationURL
	}
	return templ.SafeURL(s.URI)
}
