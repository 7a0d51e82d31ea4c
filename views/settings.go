package views

// Section is one section of the settings page.
type Section struct {
	// Name is its name in addresses: "accounts".
	Name  string
	Words string
}

// Asked is a question before an act. A page has it empty, for its script to fill.
type Asked struct {
	Words string
	// Act is what is asked about; its words are on the button that agrees.
	Act Action
	// Open shows it at once.
	Open bool
}

// Fact is a line of the state: words, and beside them how it stands.
type Fact struct {
	Words string
	// Tone is "good", "warn" or "bad"; State the words for it.
	Tone, State string
	// Detail says more; Fix what to do about a fault. Links lead to what it is
	// about.
	Detail, Fix string
	Links       []Action
}

// FirstStep is one of the first steps, ticked off when it is done.
type FirstStep struct {
	Words  string
	Hint   string
	Done   bool
	Action *Action
	// Optional is the word for one that may be left out; empty for the others.
	Optional string
	// Again offers the action also when the step is done.
	Again bool
}

// Overview is the section that the settings page opens with.
type Overview struct {
	T     T
	Steps []FirstStep
	// Done counts the steps that are done, in words.
	Done  string
	State []Fact
	// Stuck are the documents that do not go on by themselves.
	Stuck []StuckRow
}

// StuckRow is a document whose signing or delivery does not go on.
type StuckRow struct {
	Name  string
	State Tag
	// Facts are short words: the element, who ordered it, since when.
	Facts []string
	// Why is the reason, and what to do.
	Why   string
	Retry Action
}

// AccountRow is an account in the list.
type AccountRow struct {
	Name, Login, Description string
	// Badges tell of code off, blocked, locked.
	Badges []Tag
	Facts  []string
	Open   Action
}

// Tag is a badge: tone and words.
type Tag struct{ Tone, Words string }

// Accounts is the section of accounts.
type Accounts struct {
	T    T
	List []AccountRow
	Add  Action
	// Find searches many accounts; nil for few. Pages lead through them.
	Find  *Find
	Pages Pager
	// Empty says that there is none yet, Nothing that the search found none.
	Empty, Nothing string
	// Links are the setup links that are not used yet.
	Links []LinkRow
}

// LinkRow is a setup link that is not used yet: whose it is, and more.
type LinkRow struct {
	Name     string
	Facts    []string
	Withdraw Action
}

// AccountForm is one account: a new one, or one to change.
type AccountForm struct {
	T T
	// User is empty for a new account.
	User, Name    string
	Login         string
	Description   string
	CodeOff       bool
	CodeOffReason string
	Blocked       bool
	// SelfEnrol lets the person set up a first phone alone.
	SelfEnrol bool
	Back      Action
	// Errors stand below their fields, by name.
	Errors map[string]string
	// Phone, Link and Certificates are there for an account that exists.
	Phone        Phone
	Certificates Grants
	Remove       *Action
}

// Phone is the state of an account's code generator and its setup link.
type Phone struct {
	// Tone and State say whether a phone is bound, and since when.
	Tone, State string
	// Create makes a link; Open tells of one that is not used yet.
	Create Action
	Open   *OpenLink
	// Link is the link that was just made, shown once.
	Link *NewLink
	// Send are ways to send a new link to the person.
	Send []Action
}

// OpenLink is a setup link that is not used yet.
type OpenLink struct {
	Words    string
	Withdraw Action
}

// NewLink is a setup link as it is shown once, to be copied.
type NewLink struct {
	URL   string
	Words string
}

// CertificateRow is a certificate in the settings.
type CertificateRow struct {
	Name, Organisation string
	Icon               string
	Badges             []Tag
	Facts              []string
	Actions            []Action
}

// Certificates is the section of certificates.
type Certificates struct {
	T      T
	List   []CertificateRow
	Tokens []TokenRow
	// TokenNote says why no token is listed; empty where some are.
	TokenNote string
	// Adds are the ways to a new certificate, the usual one first.
	Adds []Action
	// Find searches many certificates; nil for few. Pages lead through them.
	Find  *Find
	Pages Pager
	// Empty says that there is none yet, Nothing that the search found none.
	Empty, Nothing string
}

// JournalRow is one audit entry.
type JournalRow struct {
	Time, Who, What, Subject string
	Tone                     string
	Facts                    []string
}

// Journal is the list of audit entries, newest first.
type Journal struct {
	T     T
	List  []JournalRow
	Older *Action
	// Chain tells whether the journal is as it was written; nil where nobody has
	// looked yet.
	Chain *Fact
	// People, Topics, Results and Certificates narrow the list; the first option of
	// each does not.
	People, Topics, Results, Certificates []Option
	// From and Until are days, "2026-11-23"; File is a part of a name, Card the
	// number of a CRM element.
	From, Until, File, Card string
	// Narrowed tells that the list does not show everything.
	Narrowed bool
	// All shows everything again; Exports give what the list shows as files.
	All     Action
	Exports []Action
}
