package views

// CertificateForm asks for a new self-signed certificate.
type CertificateForm struct {
	T            T
	Name         string
	Organisation string
	Years        []Option
	Keys         []Option
	Back         Action
	// Errors stand below their fields, by name.
	Errors map[string]string
}

// ImportForm asks for a file with a key and its certificate.
type ImportForm struct {
	T    T
	Back Action
	// MaxSize is the largest file, in bytes, TooLarge what is said of a larger one.
	MaxSize  int
	TooLarge string
	// Errors stand below their fields, by name.
	Errors map[string]string
}

// CertificatePage is one certificate: what it is, whose, and who may use it.
type CertificatePage struct {
	T    T
	Back Action
	ID   string
	Row  CertificateRow
	// Details are what stands in it: name and value.
	Details []Detail
	Owner   Owner
	// Chain says how its chain stands; ChainTone is the badge's.
	Chain, ChainTone string
	// ChainFile offers to add issuers from a file.
	ChainFile bool
	MaxSize   int
	TooLarge  string
	Accounts  Grants
}

// Owner is the account that a certificate belongs to; the zero value is nobody.
type Owner struct{ ID, Name string }

// Detail is a named fact.
type Detail struct {
	Words, Value string
	// Mono sets a value that is compared letter by letter.
	Mono bool
}
