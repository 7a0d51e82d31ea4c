package views

// TokenRow is a token that is configured, with what lies on it.
type TokenRow struct {
	Name   string
	Facts  []string
	Badges []Tag
	// Fault says why the token cannot be used, and what to do; empty when it can.
	Fault   string
	Actions []Action
	List    []CertificateRow
}

// TokenPINForm asks for the PIN of a token.
type TokenPINForm struct {
	T            T
	Back         Action
	Serial, Name string
}

// TokenKeyForm asks for a new key on a token.
type TokenKeyForm struct {
	T             T
	Back          Action
	Serial, Title string
	Kinds         []Option
}

// TokenRequestForm asks whom the certificate of a key is for.
type TokenRequestForm struct {
	T                 T
	Back              Action
	Serial, Key, Name string
}

// TokenRequestText is a certificate request that was made.
type TokenRequestText struct {
	T                T
	Back             Action
	Text             string
	Download, Import Action
}

// TokenCertificateForm asks for the certificate of a key on a token.
type TokenCertificateForm struct {
	T             T
	Back          Action
	Serial, Title string
	// MaxSize is the largest file in bytes; TooLarge says so.
	MaxSize  int
	TooLarge string
}
