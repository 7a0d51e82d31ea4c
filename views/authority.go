package views

// Authority is the section of the internal certificate authority.
type Authority struct {
	T T
	// Add makes a root; Issue a certificate, nil while there is no root.
	Add   Action
	Issue *Action
	Roots []AuthorityRoot
	// Issued is a page of the certificates that were issued, the newest first; Find
	// searches them, and is nil while they are few.
	Issued []CertificateRow
	Find   *Find
	Pager  Pager
	// MaxSize is the largest file, in bytes, TooLarge what is said of a larger one.
	MaxSize  int
	TooLarge string
}

// AuthorityRoot is a root with what is below it.
type AuthorityRoot struct {
	ID, Name string
	Badges   []Tag
	Details  []Detail
	// Note says what should be done about the root's key; empty for nothing.
	Note    string
	Actions []Action
	Issuers []AuthorityIssuer
	// Away: the key is elsewhere, so that lists are brought in files.
	Away bool
}

// AuthorityIssuer is an issuing authority.
type AuthorityIssuer struct {
	ID, Name string
	Badges   []Tag
	Facts    []string
	Actions  []Action
	// Waiting asks for the certificate that the root makes elsewhere.
	Waiting bool
}

// AuthorityForm asks for a new authority.
type AuthorityForm struct {
	T    T
	Keys []Option
	Back Action
	// Errors stand below their fields, by name.
	Errors map[string]string
}

// IssueForm asks for whom a certificate is to be issued.
type IssueForm struct {
	T        T
	Accounts []Option
	Years    []Option
	Keys     []Option
	Back     Action
	MaxSize  int
	TooLarge string
	// Errors stand below their fields, by name.
	Errors map[string]string
}

// RevokeForm asks why a certificate is to be revoked.
type RevokeForm struct {
	T       T
	Path    string
	Name    string
	Facts   []string
	Reasons []Option
	Back    Action
}

// RootForm asks for the password of a root's file, or for file and password.
type RootForm struct {
	T        T
	ID       string
	Back     Action
	MaxSize  int
	TooLarge string
	// Errors stand below their fields, by name.
	Errors map[string]string
}
