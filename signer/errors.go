package signer

import (
	"signservice/signer/cms"
	"signservice/signer/keys"
	"signservice/signer/pdf"
	"signservice/signer/revocation"
	"signservice/signer/tsp"
)

// The reasons why a document is refused, for errors.Is.
var (
	// ErrNotPDF: neither a header nor any object of a PDF was found.
	ErrNotPDF = pdf.ErrNotPDF
	// ErrDamaged: the structure is broken beyond repair.
	ErrDamaged = pdf.ErrDamaged
	// ErrLimit: reading would take more memory or time than an honest file needs.
	ErrLimit = pdf.ErrLimit
	// ErrNoPages: no page could carry the signature field.
	ErrNoPages = pdf.ErrNoPages
	// ErrPageRange: there are fewer pages than the one asked for.
	ErrPageRange = pdf.ErrPageRange
	// ErrPassword: the file opens only with a password.
	ErrPassword = pdf.ErrPasswordRequired
	// ErrPublicKeyEncryption: the file is encrypted to certificates.
	ErrPublicKeyEncryption = pdf.ErrPublicKeyEncryption
	// ErrUnsupportedEncryption: the encryption is not one of ISO 32000.
	ErrUnsupportedEncryption = pdf.ErrUnsupportedEncryption
	// ErrPermission: the owner of an encrypted file forbids signing.
	ErrPermission = pdf.ErrPermission
	// ErrCertified: an earlier signature forbids any change.
	ErrCertified = pdf.ErrCertifiedNoChanges
	// ErrFieldLocked: an earlier signature locks the field.
	ErrFieldLocked = pdf.ErrFieldLocked
	// ErrNotFirst: only the first signature can certify a document.
	ErrNotFirst = pdf.ErrNotFirst
	// ErrFieldExists: the field that was named is not for signatures.
	ErrFieldExists = pdf.ErrFieldExists
	// ErrFieldSigned: the field that was named has its signature.
	ErrFieldSigned = pdf.ErrFieldSigned
	// ErrSeedValue: the author of the field asks for something that the signature
	// would not have, such as one of certain reasons.
	ErrSeedValue = pdf.ErrSeedValue
	// ErrRoom: what is to be embedded is larger than the room that was reserved for
	// it. Time-stamps differ in size: prepare again with Options.StampSize.
	ErrRoom = pdf.ErrContentsSize
	// ErrInputChanged: the document is not the one that was prepared.
	ErrInputChanged = pdf.ErrInputChanged
)

// The reasons why a key does not sign, for errors.Is.
var (
	// ErrKeyMismatch: the private key is not the certificate's.
	ErrKeyMismatch = cms.ErrKeyMismatch
	// ErrTokenAbsent: the token with the key is not plugged in.
	ErrTokenAbsent = keys.ErrTokenAbsent
	// ErrToken: the token failed during the call, as one does that is pulled out.
	// Nothing was signed; it may be tried again.
	ErrToken = keys.ErrToken
)

// The reasons why a level is not reached, for errors.Is; see also ErrMaterial
// and its neighbours.
var (
	// ErrStampUnavailable: no time-stamp authority answered as one.
	ErrStampUnavailable = tsp.ErrUnavailable
	// ErrStampRefused: an authority answered that it gives no time-stamp.
	ErrStampRefused = tsp.ErrRefused
	// ErrRevoked: a certificate was revoked before the time that is proven.
	ErrRevoked = revocation.ErrRevoked
	// ErrRevocationUnknown: nobody could say whether a certificate was revoked.
	ErrRevocationUnknown = revocation.ErrUnknown
)
