package keys

import "errors"

// The errors of this package, for errors.Is. Those about a token name it in
// their text.
var (
	// ErrNoPKCS11: this program was built without cgo and cannot use tokens.
	ErrNoPKCS11 = errors.New("this program was built without PKCS#11 (cgo is off): tokens cannot be used")
	// ErrModule: the PKCS#11 module cannot be loaded or initialised.
	ErrModule = errors.New("the PKCS#11 module does not work")
	// ErrTokenAbsent: the token is not plugged in. Nothing was signed; it may be
	// tried again when the token is back.
	ErrTokenAbsent = errors.New("the token is not plugged in")
	// ErrTokenAmbiguous: two tokens answer to this serial number or label.
	ErrTokenAmbiguous = errors.New("several tokens answer to this name")
	// ErrTokenUnready: the token is not initialised, or has no user PIN yet, or
	// wants its PIN on a keypad of its own.
	ErrTokenUnready = errors.New("the token is not ready for use")
	// ErrToken: the token failed, for instance since it was pulled out during the
	// call. Nothing was signed; it may be tried again.
	ErrToken = errors.New("the token failed")
	// ErrPINMissing: no PIN is configured, or it could not be read.
	ErrPINMissing = errors.New("the token's PIN is missing")
	// ErrPINWrong: the token refused the PIN. It will not be sent again.
	ErrPINWrong = errors.New("the token refused the PIN")
	// ErrPINLatched: this PIN was sent before and was not accepted, or the program
	// ended before the answer. It is not sent again.
	ErrPINLatched = errors.New("this PIN was already sent and not accepted: it is not sent again")
	// ErrPINFinalTry: one more wrong PIN would lock the token, so none is sent.
	ErrPINFinalTry = errors.New("the token has one PIN try left: it is not touched")
	// ErrPINLocked: the token's PIN is locked.
	ErrPINLocked = errors.New("the token's PIN is locked")
	// ErrKeyAbsent: no such private key.
	ErrKeyAbsent = errors.New("no such private key")
	// ErrKeyAmbiguous: several private keys or certificates answer to the name.
	ErrKeyAmbiguous = errors.New("several keys answer to this name")
	// ErrKeyMismatch: a certificate belongs to none of the token's private keys.
	ErrKeyMismatch = errors.New("the certificate belongs to no private key of the token")
	// ErrKeyUnsupported: a kind of key that cannot sign documents here.
	ErrKeyUnsupported = errors.New("unsupported kind of key")
	// ErrSignature: what the token made does not verify with the certificate, so
	// it was thrown away.
	ErrSignature = errors.New("the token signed with another key than the certificate's")
	// ErrClosed: the registry is closed.
	ErrClosed = errors.New("the tokens are closed")
	// ErrPassword: the password of a PKCS#12 file is wrong.
	ErrPassword = errors.New("wrong password")
	// ErrPKCS12Cost: a PKCS#12 file asks for absurdly many iterations.
	ErrPKCS12Cost = errors.New("opening the file would take too long")
	// ErrPKCS12Unsupported: a PKCS#12 file is encrypted or built in a way that
	// cannot be read here.
	ErrPKCS12Unsupported = errors.New("the file is made in a way that is not supported")
	// ErrEncryptedPEM: the private key is encrypted.
	ErrEncryptedPEM = errors.New("the private key is encrypted: decrypt it first, for instance with openssl pkcs8")
	// ErrSeveralKeys: a file holds more than one private key.
	ErrSeveralKeys = errors.New("the file holds more than one private key")
	// ErrFormat: the bytes are not what they should be.
	ErrFormat = errors.New("unreadable")
)
