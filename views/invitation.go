package views

// Invite is the form that asks a colleague to sign, or says why one does not.
type Invite struct {
	T        T
	Document Document
	// Data names the document for the script, as JSON.
	Data string
	// Path is where the form goes.
	Path string
	// Max is the most characters of a text.
	Max string
}

// Invitations are rows: those that the person is to sign, and those sent.
type Invitations struct {
	Mine, Theirs []Document
}

// Banner says who has asked for a signature.
type Banner struct {
	Words, Note string
	Decline     Action
}
