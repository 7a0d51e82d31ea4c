package signing

import (
	"math/big"
	"strings"
	"time"

	"signservice/app"
	"signservice/app/i18n"
	"signservice/signer"
)

// mark is what the visible signature says, in the language of the order and the
// look of the portal: the owner, who pressed where that is another person, the
// date with its offset, the reason, and that an internal certificate is no
// qualified one.
func mark(r app.Request, c app.Certificate, at time.Time, look app.SignetSettings) signer.Mark {
	m := signer.Mark{
		Preset: preset(look.Preset, r.Signet.Language), Logo: look.Logo, QR: look.Link,
		Owner: c.Name, Internal: c.SelfSigned || c.Authority != "", Time: at, Reason: r.Signet.Reason,
		ValidFrom: c.NotBefore.In(at.Location()), ValidTo: c.NotAfter.In(at.Location()),
	}
	if serial, ok := new(big.Int).SetString(c.Serial, 16); ok {
		m.Serial = serial
	}
	if m.Preset != signer.PresetRussian { // its words are the standard's
		words := i18n.For(r.Signet.Language)
		m.Labels = signer.Labels{
			Title: words.T("signet.title"), Internal: words.T("signet.internal"),
			PressedBy: label(words.T("signet.pressed-by", "")), Reason: label(words.T("signet.reason", "")),
		}
	}
	if c.Organisation != c.Name {
		m.Organisation = c.Organisation
	}
	if r.ForOther() {
		m.PressedBy = r.UserName
	}
	return m
}

// preset is the look that was decided, or the one usual where the language is
// spoken.
func preset(decided app.SignetPreset, language string) signer.Preset {
	switch {
	case decided == app.PresetPlain:
		return signer.PresetPlain
	case decided == app.PresetRussian, decided == "" && language == "ru":
		return signer.PresetRussian
	}
	return signer.PresetEU
}

// label is a message without its value, which stands at the end in every
// language: the signet sets both apart.
func label(text string) string { return strings.TrimSpace(text) }
