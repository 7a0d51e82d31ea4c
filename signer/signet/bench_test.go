package signet_test

import (
	"strings"
	"testing"

	"signservice/signer/signet"
)

// BenchmarkDraw: an ordinary mark, and the one that costs most: full fields of
// the shortest words, in a box whose height is free.
func BenchmarkDraw(b *testing.B) {
	words := strings.Repeat("i ", signet.MaxField/2)
	worst := signet.Signet{Owner: words, Organisation: words, PressedBy: words, Reason: words, Time: at()}
	worst.Width, worst.Height = 100, 900
	worst.Logo = pngFile(b, disc(2000, 2000))
	for name, s := range map[string]signet.Signet{"ordinary": english(), "worst": worst} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := signet.Draw(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
