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
	// Detail says more; Fix what to do about a fault.
	Detail, Fix string
}

// FirstStep is one of the first steps, ticked off when it is done.
type FirstStep struct {
	Words  string
	Hint   string
	Done   bool
	Action *Action
}

// Overview is the section that the settings page opens with.
type Overview struct {
	T     T
	Steps []FirstStep
	// Done counts the steps that are done, in words.
	Done  string
	State []Fact
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
	// Search offers a search field over many accounts.
	Search bool
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
	Back          Action
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
	// People and Topics narrow the list; the first option of each does not.
	People, Topics []Option
	// From and Until are days, "2026-11-23"; File is a part of a name.
	From, Until, File string
	// Narrowed tells that the list does not show everything.
	Narrowed bool
	// All shows everything again; Exports give what the list shows as files.
	All     Action
	Exports []Action
}
