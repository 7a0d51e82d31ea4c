// Package signet draws the visible mark of a signature as the appearance stream
// of a form field.
//
// [Draw] takes a [Signet] (what the mark says, in words already chosen by the
// caller, and how large it is) and gives a [pdf.Appearance], which package pdf
// puts into the signature's widget. [Position] and [Box] say where on a page
// it goes, as the page is displayed; [pdf.Page.Place] turns that into the page's
// own space.
//
//	drawing, err := signet.Draw(signet.Signet{
//		Owner: "Мария Иванова", Organisation: "ООО «Ромашка»",
//		Time: now, Reason: "Утверждаю", Labels: signet.RussianLabels(signet.EU),
//	})
//
// # Text stays text
//
// The words are drawn with a subset of the Go fonts (regular and bold), which
// cover Latin, Greek and Cyrillic and come with the program. The subset holds
// the glyphs that are drawn and nothing else, without hinting programs: a mark
// adds seven to twelve kilobytes to a file. The subset is embedded as a Type 0
// font with Identity-H and a ToUnicode map, so the text can be searched, copied
// and read aloud, and the result may stand in a PDF/A file of any part. A character that the fonts
// lack is replaced by the nearest legible one and reported as a [Warning]; no
// signet shows an empty square.
//
// # Nothing overflows, nothing important is lost
//
// Text gets smaller, down to [MinFontSize], and is wrapped. When that does not
// suffice, parts are given up in a fixed order, each reported. The owner, the
// person who pressed when that is another one, and the words that tell an
// internal signature from a qualified one are never given up: rather than that,
// [ErrTooSmall].
//
// # What it is not
//
// It knows nothing of signatures, pages, languages and people's numbers. What
// it shows is what it is given: callers take name and organisation out of a
// certificate, never the whole subject, which often holds a person's numbers.
// It keeps no state: equal signets give equal bytes, and any number may be
// drawn at once.
package signet
