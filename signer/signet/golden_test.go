package signet_test

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
	"signservice/signer/signet"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden holds whole appearances against files: fixed inputs, fixed bytes.
// Streams are compared by their hash.
func TestGolden(t *testing.T) {
	internal := russian()
	internal.Internal, internal.PressedBy, internal.Reason = true, "Петрова Мария", "Утверждаю"
	pictures := english()
	pictures.Logo, pictures.QR = pngFile(t, disc(30, 20)), "https://example.com/"
	quiet := english()
	quiet.Preset, quiet.Gray = signet.Plain, true
	for name, s := range map[string]signet.Signet{
		"eu": english(), "russian": russian(), "russian-internal": internal, "plain-gray": quiet, "logo-qr": pictures,
	} {
		t.Run(name, func(t *testing.T) {
			ap := drawn(t, s).Appearance
			if again := drawn(t, s).Appearance; dump(t, again) != dump(t, ap) {
				t.Fatal("drawn twice, two results")
			}
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(dump(t, ap)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), dump(t, ap)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestSameBytes: not even the order of objects differs.
func TestSameBytes(t *testing.T) {
	for range 5 {
		if !bytes.Equal(makePDF(t, drawn(t, russian()).Appearance), makePDF(t, drawn(t, russian()).Appearance)) {
			t.Fatal("two drawings of one signet differ")
		}
	}
}

// dump writes an appearance in a form that people can compare.
func dump(t *testing.T, ap *pdf.Appearance) string {
	var b strings.Builder
	fmt.Fprintf(&b, "box %g %g\n%s", ap.Width, ap.Height, ap.Content)
	dumpValue(t, &b, ap.Resources, "")
	return b.String()
}

func dumpValue(t *testing.T, b *strings.Builder, v pdf.Object, indent string) {
	switch v := v.(type) {
	case pdf.Dict:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			fmt.Fprintf(b, "\n%s/%s ", indent, k)
			dumpValue(t, b, v[k], indent+"  ")
		}
	case pdf.Array:
		for _, e := range v {
			dumpValue(t, b, e, indent+"  ")
			b.WriteString(" ")
		}
	case *pdf.Stream:
		data := plain(t, v)
		dumpValue(t, b, v.Dict, indent)
		fmt.Fprintf(b, "\n%sstream of %d bytes, %x", indent, len(data), sha256.Sum256(data))
	case *pdf.Indirect:
		b.WriteString("indirect")
		dumpValue(t, b, v.Value, indent)
	case pdf.String:
		fmt.Fprintf(b, "%q", []byte(v))
	default:
		fmt.Fprintf(b, "%v", v)
	}
}
