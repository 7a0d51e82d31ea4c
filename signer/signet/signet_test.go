package signet_test

import (
	"bytes"
	"errors"
	"image/color"
	"image/jpeg"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
	"signservice/signer/signet"
)

// long is a name that no box of ordinary size holds on one line.
const long = "Konstantinos-Alexandros Papadimitrakopoulos von und zu Hohenstein-Württemberg auf Dreieichenhain"

// TestText: what a reader finds in the finished mark, and what must not be there.
func TestText(t *testing.T) {
	with := func(s signet.Signet, change func(*signet.Signet)) signet.Signet {
		change(&s)
		return s
	}
	for _, c := range []struct {
		name   string
		signet signet.Signet
		want   []string
		never  []string
	}{
		{
			"EU", english(),
			[]string{"Digitally signed by\nMary Smith\nExample GmbH\nDate: 2026-11-23 14:03:05 (UTC+03:00)\nReason: I approve this contract"},
			[]string{"Applied", "qualified", "Certificate"},
		},
		{
			"EU in Russian", with(english(), func(s *signet.Signet) { s.Labels = signet.RussianLabels(signet.EU); s.Owner = "Ёлкина Щука" }),
			[]string{"Подписано электронной подписью", "Ёлкина Щука", "Дата: 23.11.2026 14:03:05 (UTC+03:00)", "Основание: I approve"},
			[]string{"signed", "Reason"},
		},
		{
			"no date, reason, organisation",
			signet.Signet{Owner: "Mary Smith"},
			[]string{"Digitally signed by\nMary Smith"},
			[]string{"Date", "Reason", "0001"},
		},
		{
			"both names", with(english(), func(s *signet.Signet) { s.PressedBy = "Ñandú Peña" }),
			[]string{"Mary Smith", "Applied by: Ñandú Peña"},
			nil,
		},
		{
			"internal", with(english(), func(s *signet.Signet) { s.Internal = true }),
			[]string{"Internal certificate, not a", "qualified signature"},
			nil,
		},
		{
			"internal, labels that forgot it", with(english(), func(s *signet.Signet) { s.Internal = true; s.Labels = signet.Labels{Title: "Signiert von"} }),
			[]string{"Signiert von", "not a", "qualified signature", "I approve"},
			[]string{"Reason:"},
		},
		{
			"Russian", russian(),
			[]string{
				"ПОДПИСАН ЭЛЕКТРОННОЙ", "ПОДПИСЬЮ", "Сертификат: 1A11 1AAA 0000 0000 0011", "Владелец: Иванов Иван Иванович",
				"Организация: ООО «Ромашка»", "Действителен с 23.10.2026 по 23.11.2027", "Подписано: 23.11.2026 14:03:05 (UTC+03:00)",
			},
			[]string{"НЕКВАЛИФИЦИРОВАННОЙ"},
		},
		{
			"Russian, internal", with(russian(), func(s *signet.Signet) { s.Internal = true; s.PressedBy = "Петрова М. И." }),
			[]string{"НЕКВАЛИФИЦИРОВАННОЙ ЭЛЕКТРОННОЙ", "Иванов Иван Иванович", "Петрова"},
			nil,
		},
		{
			"plain",
			signet.Signet{Preset: signet.Plain, Owner: "Γιώργος Παπαδόπουλος", Time: at()},
			[]string{"Γιώργος Παπαδόπουλος\n2026-11-23 14:03:05 (UTC+03:00)"},
			[]string{"signed"},
		},
		{
			"hostile characters",
			signet.Signet{Owner: "Mary\x00\n\t  Smith\u202e\u200b\ufeff", Reason: "a\u2028b"},
			[]string{"Mary Smith\n", "Reason: a b"},
			nil,
		},
		{
			"decomposed",
			signet.Signet{Owner: "И\u0306гор\u044c Mu\u0308ller"},
			[]string{"Йгорь Müller"},
			nil,
		},
		{
			"Latin and Cyrillic of one shape",
			signet.Signet{Owner: "AА BВ EЕ aа oо"},
			[]string{"AА BВ EЕ aа oо"},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := read(t, makePDF(t, drawn(t, c.signet).Appearance))
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in\n%s", want, text)
				}
			}
			for _, never := range c.never {
				if strings.Contains(text, never) {
					t.Errorf("%q is in\n%s", never, text)
				}
			}
		})
	}
}

// TestGivingUp: what goes first in a box that gets smaller, and what never goes.
func TestGivingUp(t *testing.T) {
	full := english()
	full.PressedBy, full.Internal = "John Doe", true
	full.Logo, full.QR = pngFile(t, disc(60, 60)), "https://example.com/"
	dropped := func(fields ...signet.Field) (w []signet.Warning) {
		for _, f := range fields {
			w = append(w, signet.Warning{Change: signet.Dropped, Field: f})
		}
		return w
	}
	for _, c := range []struct {
		name          string
		width, height float64
		want          []signet.Warning
	}{
		{"room for all", 300, 90, nil},
		{"ordinary", 240, 62, dropped(signet.FieldLogo)},
		{"narrow", 125, 76, dropped(signet.FieldLogo, signet.FieldQR)},
		{"low", 180, 55, dropped(signet.FieldLogo, signet.FieldQR, signet.FieldOrganisation)},
		{"lower", 180, 48, dropped(signet.FieldLogo, signet.FieldQR, signet.FieldOrganisation, signet.FieldReason)},
		{"without a title", 180, 40, dropped(signet.FieldLogo, signet.FieldQR, signet.FieldOrganisation, signet.FieldReason, signet.FieldTitle)},
		{"names only", 180, 30, dropped(signet.FieldLogo, signet.FieldQR, signet.FieldOrganisation, signet.FieldReason, signet.FieldTitle, signet.FieldTime)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := full
			s.Width, s.Height = c.width, c.height
			d := drawn(t, s)
			if diff := cmp.Diff(c.want, d.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			text := read(t, makePDF(t, d.Appearance))
			for _, always := range []string{"Mary Smith", "John Doe", "Internal certificate", "qualified signature"} {
				if !strings.Contains(strings.Join(strings.Fields(text), " "), always) {
					t.Errorf("%q is missing in\n%s", always, text)
				}
			}
			if d.FontSize < signet.MinFontSize {
				t.Errorf("text of %g points", d.FontSize)
			}
		})
	}
	full.Width, full.Height = 180, 20
	if _, err := signet.Draw(full); !errors.Is(err, signet.ErrTooSmall) {
		t.Errorf("a box of 180 by 20: %v, want ErrTooSmall", err)
	}
}

// TestRussianKeepsItsForm: the form that the standard asks for is drawn whole
// or not at all.
func TestRussianKeepsItsForm(t *testing.T) {
	for height := 80.0; ; height -= 4 {
		s := russian()
		s.Width, s.Height = 180, height
		d, err := signet.Draw(s)
		if errors.Is(err, signet.ErrTooSmall) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text := read(t, makePDF(t, d.Appearance))
		for _, want := range []string{"ПОДПИСАН", "1A11 1AAA", "Иванов Иван Иванович", "Действителен с 23.10.2026 по 23.11.2027"} {
			if !strings.Contains(text, want) {
				t.Errorf("height %g: %q is missing in\n%s", height, want, text)
			}
		}
	}
}

// TestCharactersOutsideTheFont: legible replacement and a report; never a box.
func TestCharactersOutsideTheFont(t *testing.T) {
	for _, c := range []struct{ owner, want, lost string }{
		{"Әлия Қасымова", "Алия Касымова", "ӘҚ"},
		{"Nguyễn Thị", "Nguyên Thi", "ễị"},
		{"李 Li", "? Li", "李"},
		{"Ко́фе", "Кофе", "\u0301"},
		{"Anne\u2011Marie", "Anne-Marie", ""},
		{"A\xffB", "A?B", "\ufffd"},
		{"😀 Joy", "? Joy", "😀"},
	} {
		d := drawn(t, signet.Signet{Owner: c.owner})
		var want []signet.Warning
		if c.lost != "" {
			want = []signet.Warning{{Change: signet.Replaced, Field: signet.FieldOwner, Characters: c.lost}}
		}
		if diff := cmp.Diff(want, d.Warnings); diff != "" {
			t.Errorf("%q: warnings (-want +got):\n%s", c.owner, diff)
		}
		if text := read(t, makePDF(t, d.Appearance)); !strings.Contains(text, c.want) {
			t.Errorf("%q: no %q in\n%s", c.owner, c.want, text)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*signet.Signet)
		want   error
	}{
		{"no owner", func(s *signet.Signet) { s.Owner = "" }, signet.ErrNoOwner},
		{"an owner of nothing visible", func(s *signet.Signet) { s.Owner = " \u200b\n" }, signet.ErrNoOwner},
		{"a logo that is no picture", func(s *signet.Signet) { s.Logo = []byte("GIF89a") }, signet.ErrLogo},
		{"a logo cut off", func(s *signet.Signet) { s.Logo = pngFile(t, disc(50, 50))[:100] }, signet.ErrLogo},
		{"a logo of too many bytes", func(s *signet.Signet) { s.Logo = make([]byte, signet.MaxLogoBytes+1) }, signet.ErrLogo},
		{"a logo of too many pixels", func(s *signet.Signet) { s.Logo = hugePNG() }, signet.ErrLogo},
		{"a QR code that nobody can read", func(s *signet.Signet) { s.QR = strings.Repeat("x", signet.MaxQR+1) }, signet.ErrQR},
		{"a QR code in another alphabet", func(s *signet.Signet) { s.QR = "Иванов" }, signet.ErrQR},
		{"a box of no width", func(s *signet.Signet) { s.Width = 1 }, signet.ErrTooSmall},
		{"a long name in a small box", func(s *signet.Signet) { s.Owner = long; s.Width, s.Height = 60, 24 }, signet.ErrTooSmall},
	} {
		s := english()
		c.change(&s)
		if d, err := signet.Draw(s); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.name, d, err, c.want)
		}
	}
	for _, v := range []float64{-1, 1e9, math.NaN(), math.Inf(1)} {
		s := english()
		s.Width = v
		if _, err := signet.Draw(s); err == nil {
			t.Errorf("a width of %g was taken", v)
		}
	}
}

// hugePNG is the beginning of a PNG file that claims 60000 by 60000 pixels.
func hugePNG() []byte {
	return []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xea\x60\x00\x00\xea\x60\x08\x06\x00\x00\x00\x70\x93\x0c\x92")
}

// TestPDFA: what PDF/A-1 forbids is not there when asked.
func TestPDFA(t *testing.T) {
	photo := func() []byte {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, disc(60, 40), nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}()
	for name, logo := range map[string][]byte{"png": pngFile(t, disc(60, 40)), "jpeg": photo} {
		for _, opaque := range []bool{false, true} {
			for _, gray := range []bool{false, true} {
				s := english()
				s.Logo, s.Opaque, s.Gray = logo, opaque, gray
				d := drawn(t, s)
				masks, colours := 0, bytes.Count(d.Appearance.Content, []byte(" rg\n"))+bytes.Count(d.Appearance.Content, []byte(" RG\n"))
				walk(d.Appearance.Resources, func(dict pdf.Dict) {
					if dict["SMask"] != nil {
						masks++
					}
					if dict["ColorSpace"] == pdf.Name("DeviceRGB") {
						colours++
					}
				})
				if want := name == "png" && !opaque; (masks > 0) != want {
					t.Errorf("%s, opaque %v: %d soft masks", name, opaque, masks)
				}
				if (colours > 0) == gray {
					t.Errorf("%s, gray %v: %d colours", name, gray, colours)
				}
			}
		}
	}
}

// TestCalibrated: a calibrated mark names no colour of the device, and looks as
// any other.
func TestCalibrated(t *testing.T) {
	device := regexp.MustCompile(`(?m)[0-9] (g|G|rg|RG|k|K)$|/Device`)
	for _, preset := range []signet.Preset{signet.EU, signet.Russian, signet.Plain} {
		s := english()
		s.Preset, s.Logo, s.QR = preset, pngFile(t, disc(60, 40)), "https://example.com/"
		s.Opaque, s.Width, s.Height = true, 320, 120
		plain := drawn(t, s)
		s.Calibrated, s.Gray = true, true
		d := drawn(t, s)
		if found := device.FindAll(d.Appearance.Content, -1); found != nil {
			t.Errorf("%v: %q", preset, found)
		}
		walk(d.Appearance.Resources, func(dict pdf.Dict) {
			if space, ok := dict["ColorSpace"].(pdf.Name); ok {
				t.Errorf("%v: a picture in %s", preset, space)
			}
		})
		a, b := render(t, makePDF(t, plain.Appearance), "72"), render(t, makePDF(t, d.Appearance), "72")
		for y := range a.Bounds().Dy() {
			for x := range a.Bounds().Dx() {
				was, is := color.NRGBAModel.Convert(a.At(x, y)).(color.NRGBA), color.NRGBAModel.Convert(b.At(x, y)).(color.NRGBA)
				if apart(was.R, is.R) > 24 || apart(was.G, is.G) > 24 || apart(was.B, is.B) > 24 {
					t.Fatalf("%v: at %d, %d the colour was %v and is %v", preset, x, y, was, is)
				}
			}
		}
	}
}

func apart(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }

// TestSize: a mark of text costs less than 20 KB in the file.
func TestSize(t *testing.T) {
	full := russian()
	full.Internal, full.PressedBy, full.Reason = true, "Петрова Мария Ильинична", "Съешь ещё этих мягких французских булок"
	for name, s := range map[string]signet.Signet{"English": english(), "Russian": russian(), "full": full} {
		if n := len(makePDF(t, drawn(t, s).Appearance)); n > 20<<10 {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

// TestWarningText: the command line prints warnings as they are.
func TestWarningText(t *testing.T) {
	for w, want := range map[signet.Warning]string{
		{Change: signet.Dropped, Field: signet.FieldLogo}:                    "signet: the logo was dropped for want of room",
		{Change: signet.Replaced, Field: signet.FieldOwner, Characters: "李"}: `signet: characters of the owner that the font lacks were replaced: "李"`,
	} {
		if w.String() != want {
			t.Errorf("%q, want %q", w, want)
		}
	}
}
