package views

// Document is a document as the Sign tab heads a screen or a row with it.
type Document struct {
	Name string
	// Facts are short words below the name: size, field, pages.
	Facts []string
	// State is a badge: its tone ("", "good", "warn", "bad", "busy") and words.
	Tone, State string
	// Open is what a row's button does, with its words; nil for a heading.
	Open *Action
	// Extra are further buttons of a row or heading.
	Extra []Action
}

// Documents is the list of a deal's PDFs.
type Documents struct {
	T    T
	List []Document
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
	// Request is the frozen Request to sign.
	Request string
	// Certificates are the usable ones, Unusable the others, with the reason.
	Certificates []Certificate
	Unusable     []Certificate
	// Search offers a search field over many certificates.
	Search  bool
	Visible bool
	Pages   []Option
	// Positions are the six places in reading order.
	Positions []Option
	Reason    string
	MaxReason int
	// CodeOff asks for a tick in place of the code.
	CodeOff bool
	// Language is that of the mark's words.
	Language string
	// Fingerprint is the beginning of the document's SHA-256, in groups.
	Fingerprint string
	// Warnings are said before the code is asked, such as that the file had
	// to be repaired.
	Warnings []string
	Actions  []Action
	// Problem stands above the button, Errors below their fields, by name.
	Problem *Alert
	Errors  map[string]string
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

// withMark and withoutMark are the sentence below the button's words with
// places for what the person changes: {who}, {where}, {page}.
func (f Form) withMark() string { return f.T("sign.button-mark", "{who}", "{where}", "{page}") }

func (f Form) withoutMark() string { return f.T("sign.button-plain", "{who}") }

// summary is that sentence as the form opens.
func (f Form) summary() string {
	if f.Visible {
		return f.T("sign.button-mark", f.signer(), chosen(f.Positions), chosen(f.Pages))
	}
	return f.T("sign.button-plain", f.signer())
}
