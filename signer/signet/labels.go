package signet

// Labels are the words of a signet. Package signet translates nothing: the
// caller gives the words of the document's language. An empty label leaves the
// value without one; Labels that are empty altogether stand for the preset's
// default.
type Labels struct {
	// Title is the first line: "Digitally signed by".
	Title string
	// TitleInternal replaces Title where [Signet.Internal] is set. Empty: the
	// Title stays and Internal is a line of its own.
	TitleInternal string
	// Internal is the line that says that the signature is not a qualified one.
	Internal string

	Owner, Organisation, PressedBy, Serial string
	// ValidFrom and ValidTo stand before the two dates of the term.
	ValidFrom, ValidTo string
	Time, Reason       string

	// DateLayout and TimeLayout are layouts of package time. Empty:
	// "2006-01-02" and "2006-01-02 15:04:05 (UTC-07:00)".
	DateLayout, TimeLayout string
}

// EnglishLabels gives the words of a preset in English.
func EnglishLabels(p Preset) Labels {
	l := Labels{
		Internal:   "Internal certificate, not a qualified signature",
		PressedBy:  "Applied by:",
		Reason:     "Reason:",
		DateLayout: "2006-01-02",
		TimeLayout: "2006-01-02 15:04:05 (UTC-07:00)",
	}
	switch p {
	case EU:
		l.Title = "Digitally signed by"
		l.Time = "Date:"
	case Russian:
		l.Title = "SIGNED WITH AN ELECTRONIC SIGNATURE"
		l.TitleInternal = "SIGNED WITH AN UNQUALIFIED ELECTRONIC SIGNATURE"
		l.Serial, l.Owner, l.Organisation = "Certificate:", "Owner:", "Organisation:"
		l.ValidFrom, l.ValidTo = "Valid from", "to"
		l.Time = "Signed:"
	case Plain:
	}
	return l
}

// RussianLabels gives the words of a preset in Russian. Those of the Russian
// preset are the ones of GOST R 7.0.97-2016, 5.23, apart from
// «НЕКВАЛИФИЦИРОВАННОЙ», which keeps an internal signature from passing for a
// qualified one.
func RussianLabels(p Preset) Labels {
	l := Labels{
		Internal:   "Внутренний сертификат, подпись неквалифицированная",
		PressedBy:  "Подпись поставлена пользователем:",
		Reason:     "Основание:",
		DateLayout: "02.01.2006",
		TimeLayout: "02.01.2006 15:04:05 (UTC-07:00)",
	}
	switch p {
	case EU:
		l.Title = "Подписано электронной подписью"
		l.Time = "Дата:"
	case Russian:
		l.Title = "ДОКУМЕНТ ПОДПИСАН ЭЛЕКТРОННОЙ ПОДПИСЬЮ"
		l.TitleInternal = "ДОКУМЕНТ ПОДПИСАН НЕКВАЛИФИЦИРОВАННОЙ ЭЛЕКТРОННОЙ ПОДПИСЬЮ"
		l.Serial, l.Owner, l.Organisation = "Сертификат:", "Владелец:", "Организация:"
		l.ValidFrom, l.ValidTo = "Действителен с", "по"
		l.Time = "Подписано:"
	case Plain:
	}
	return l
}

// labels gives the words to use, defaults filled in.
func (s Signet) labels() Labels {
	l := s.Labels
	if l == (Labels{}) {
		l = EnglishLabels(s.Preset)
		if s.Preset == Russian {
			l = RussianLabels(s.Preset)
		}
	}
	standard := EnglishLabels(s.Preset)
	if l.DateLayout == "" {
		l.DateLayout = standard.DateLayout
	}
	if l.TimeLayout == "" {
		l.TimeLayout = standard.TimeLayout
	}
	if l.Internal == "" && l.TitleInternal == "" {
		l.Internal = standard.Internal // these words may not be missing
	}
	return l
}
