package app

import "time"

// CertificateID is the hexadecimal SHA-256 of the DER certificate.
type CertificateID string

// KeySource tells where a certificate's private key lives.
type KeySource string

// The sources.
const (
	KeySoftware KeySource = "software" // sealed in our store
	KeyToken    KeySource = "token"    // on a PKCS#11 token
)

// Certificate is a certificate with a key that we can use, in one portal.
type Certificate struct {
	ID     CertificateID
	Portal PortalID
	Source KeySource
	// DER is the certificate; Chain its issuers, nearest first, without the root
	// where it is known only by name.
	DER   []byte
	Chain [][]byte
	// TokenSerial and KeyID address the key on a token: the token's serial
	// number and the hexadecimal CKA_ID.
	TokenSerial string
	KeyID       string
	// Name, Organisation, Issuer and Serial are read from DER for lists.
	Name         string
	Organisation string
	Issuer       string
	Serial       string
	SelfSigned   bool
	NotBefore    time.Time
	NotAfter     time.Time
	// Owner is the user whom the certificate names; "" where it is nobody's
	// alone. Signing as another person shows both names.
	Owner     UserID
	CreatedAt time.Time
	CreatedBy UserID
	// Authority is the internal authority that issued it; "" for all others.
	Authority AuthorityID `json:",omitempty"`
	// RevokedAt is when the certificate was revoked; zero while it is good. A
	// revoked one never signs again.
	RevokedAt time.Time `json:",omitzero"`
	// Warned is the fewest days left that people have been told of, one of
	// WarnDays; 0 before the first warning.
	Warned int `json:",omitempty"`
}

// WarnDays are the days before its end at which a certificate is spoken of.
func WarnDays() []int { return []int{30, 14, 3} }

// LastHours is how much life a certificate must have left to sign.
const LastHours = 24 * time.Hour

// Usable tells why the certificate cannot sign at the time now: the key of a
// message, or "" when it can. Whether its token is there is not told here.
func (c Certificate) Usable(now time.Time) string {
	switch {
	case !c.RevokedAt.IsZero():
		return "certificate.revoked"
	case now.Before(c.NotBefore):
		return "certificate.not-yet"
	case !now.Before(c.NotAfter):
		return "certificate.expired"
	case !now.Add(LastHours).Before(c.NotAfter):
		return "certificate.last-day"
	}
	return ""
}

// Assignment is the right of an Account to use a Certificate.
type Assignment struct {
	Portal      PortalID
	User        UserID
	Certificate CertificateID
	CreatedAt   time.Time
	CreatedBy   UserID
	// ValidFrom and ValidUntil limit the right; zero is no limit. It holds from
	// ValidFrom on and no longer at ValidUntil.
	ValidFrom  time.Time `json:",omitzero"`
	ValidUntil time.Time `json:",omitzero"`
}

// Active tells whether the right holds at the time now.
func (a Assignment) Active(now time.Time) bool {
	return !now.Before(a.ValidFrom) && (a.ValidUntil.IsZero() || now.Before(a.ValidUntil))
}
