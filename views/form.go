package views

// Document is a document as the Sign tab heads a screen or a row with it.
type Document struct {
	Name string
	// Facts are short words below the name: size, field, pages.
	Facts []string
	// State is a badge: its tone ("", "good", "warn", "bad", "busy") and words.
	Tone, State string
	// Ref names a row's document; Pending tells that its words are not all known.
	Ref     string
	Pending bool
	// Note says why the document cannot be opened; "" where it can.
	Note string
	// Open is what a row's button does, with its words; nil for a heading.
	Open *Action
	// Extra are further buttons of a row or heading.
	Extra []Action
	// Data names a row's document for the script, as JSON; empty where there is no
	// more to tell. Tick is what its tick box says; empty where it has none.
	Data, Tick string
	// Picture is the address of the signed page's picture, with PictureWords for
	// those who cannot see it; empty where there is none.
	Picture, PictureWords string
	// Check is the address of what a check of the signed file finds; empty for none.
	Check string
	// Next is the address of what leads on from here; empty for nothing.
	Next string
}

// Documents is the list of a deal's PDFs.
type Documents struct {
	T    T
	List []Document
	// Pending tells that rows are still being asked about.
	Pending bool
	// Recent are the person's latest signatures at this deal.
	Recent []Document
	// Notice stands in place of the list; nil where there is one.
	Notice *Notice
}

// Certificate is a certificate to choose.
type Certificate struct {
	ID           string
	Name         string
	Organisation string
	// Icon is "token" or "key".
	Icon string
	// Facts are short words: token or software, issuer, valid until, last four of the serial.
	Facts   []string
	Checked bool
	// Unusable says why it cannot sign now; empty when it can.
	Unusable string
	// Badge is a word such as "internal"; empty for none.
	Badge string
	// Until and Last are what a line of a long list tells beside the names: until
	// when it is valid, and the end of its serial number.
	Until, Last string
	// Find is the text that the search looks into, in lower case.
	Find string
	// Short names it on the button: "Ivanov I. I.".
	Short string
}

// Option is one of several choices.
type Option struct {
	Value   string
	Words   string
	Checked bool
}

// Form is the Sign form.
type Form struct {
	T        T
	Document Document
	// Files are the frozen documents that one code will sign, at least one.
	Files []File
	// Left are those that were chosen but cannot be signed.
	Left []Left
	// Data are the files and their places for the script, as JSON.
	Data string
	// Pictures tells that pages can be shown; Shown is the page that is shown first.
	Pictures bool
	Shown    int
	// Certificates are the usable ones, Unusable the others, with the reason.
	Certificates []Certificate
	Unusable     []Certificate
	// Search offers a search field over many certificates.
	Search  bool
	Visible bool
	Pages   []Option
	// Remembered tells that all is chosen as the last time: only the code is missing.
	Remembered bool
	// Number is the page of the choice "number".
	Number int
	// Positions are the six places in reading order; Free tells that the place
	// is none of them.
	Positions []Option
	Free      bool
	Reason    string
	MaxReason int
	// CodeOff asks for a tick in place of the code.
	CodeOff bool
	// Language is that of the mark's words.
	Language string
	// Button says what pressing it does: "Sign contract.pdf".
	Button string
	// Promise says where the signed file will go.
	Promise string
	// Fingerprint is the beginning of the document's SHA-256, in groups; empty
	// for several documents.
	Fingerprint string
	// Warnings are said before the code is asked, such as that the file had
	// to be repaired.
	Warnings []string
	// Actions are what to do where no certificate can sign.
	Actions []Action
	// Problem stands above the button, Errors below their fields, by name.
	Problem *Alert
	Errors  map[string]string
}

// File is a frozen document in the form.
type File struct {
	Request string
	Name    string
	Facts   []string
	Pages   int
}

// Left is a document that was chosen but is not signed, and why.
type Left struct{ Name, Why string }

// pages is how many pages the document has that is shown first.
func (f Form) pages() int {
	if len(f.Files) == 0 {
		return 1
	}
	return max(f.Files[0].Pages, 1)
}

// chosen gives the words of the checked option.
func chosen(list []Option) string {
	for _, o := range list {
		if o.Checked {
			return o.Words
		}
	}
	return ""
}

// signer gives the short name of the chosen certificate.
func (f Form) signer() string {
	for _, c := range f.Certificates {
		if c.Checked {
			return c.Short
		}
	}
	return ""
}

// withMark, withMarks and withoutMark are the sentence below the button's words
// with places for what the person changes: {who}, {where}, {page}. The second is
// for several documents with different places.
func (f Form) withMark() string { return f.T("sign.button-mark", "{who}", "{where}", "{page}") }

func (f Form) withMarks() string { return f.T("sign.button-marks", "{who}") }

func (f Form) withoutMark() string { return f.T("sign.button-plain", "{who}") }

// summary is that sentence as the form opens.
func (f Form) summary() string {
	if f.Visible {
		return f.T("sign.button-mark", f.signer(), chosen(f.Positions), chosen(f.Pages))
	}
	return f.T("sign.button-plain", f.signer())
}
