package app

import "time"

// AuthorityID names a root or an issuing authority: 64 random bits, hexadecimal.
// It stands in the addresses that certificates carry, so it tells nothing of the
// portal.
type AuthorityID string

// RootAuthority is the root of a portal's internal certificate authority, which
// the company's workstations trust. A portal may have several over time.
type RootAuthority struct {
	Portal PortalID
	ID     AuthorityID
	// Name is the certificate's common name; Organisation and Country stand beside
	// it and may be empty.
	Name, Organisation, Country string
	DER                         []byte
	NotBefore, NotAfter         time.Time
	// ExportedAt is when the key was last handed out as an encrypted file,
	// RemovedAt when it was destroyed here; both zero at first.
	ExportedAt time.Time `json:",omitzero"`
	RemovedAt  time.Time `json:",omitzero"`
	// List tells which issuing authorities were revoked.
	List      RevocationList `json:",omitzero"`
	CreatedAt time.Time
	CreatedBy UserID
}

// KeyHere tells whether the root's key is still kept on this machine.
func (r RootAuthority) KeyHere() bool { return r.RemovedAt.IsZero() }

// IssuingAuthority issues the certificates of people, below a root.
type IssuingAuthority struct {
	Portal PortalID
	ID     AuthorityID
	Root   AuthorityID
	Name   string
	// DER is nil while the root, whose key is elsewhere, has not certified it;
	// Request is then what the root is asked for: PKCS#10 in PEM.
	DER                 []byte
	Request             []byte    `json:",omitempty"`
	NotBefore, NotAfter time.Time `json:",omitzero"`
	// RevokedAt is when the root revoked it, with the reason of RFC 5280, 5.3.1.
	RevokedAt time.Time `json:",omitzero"`
	Reason    int       `json:",omitempty"`
	// List tells which of its certificates were revoked; Revocations counts them.
	List        RevocationList `json:",omitzero"`
	Revocations int64          `json:",omitempty"`
	CreatedAt   time.Time
	CreatedBy   UserID
	// CertifiedAt is when the root certified it; zero while it waits.
	CertifiedAt time.Time `json:",omitzero"`
}

// Waiting tells whether the root has not certified it yet.
func (i IssuingAuthority) Waiting() bool { return i.CertifiedAt.IsZero() }

// Usable tells whether it can issue at the time now.
func (i IssuingAuthority) Usable(now time.Time) bool {
	return !i.Waiting() && i.RevokedAt.IsZero() && now.Before(i.NotAfter)
}

// ListEvery is how often a list is made anew, whether something changed or not.
const ListEvery = 24 * time.Hour

// ListDue tells whether a new list has to be made: one that is a day old, or
// lacks a revocation.
func (i IssuingAuthority) ListDue(now time.Time) bool {
	return !i.Waiting() && (i.List.Covers != i.Revocations || len(i.List.DER) == 0 || !now.Before(i.List.ThisUpdate.Add(ListEvery)))
}

// RevocationList is the newest list of an authority's revocations.
type RevocationList struct {
	Number                 int64
	DER                    []byte
	ThisUpdate, NextUpdate time.Time
	// Covers is how many revocations the authority had when the list was made.
	Covers int64 `json:",omitempty"`
}

// IssuedCertificate is what an issuing authority remembers of a certificate, for
// as long as there is the authority: also when the certificate is no longer in
// use here.
type IssuedCertificate struct {
	Portal    PortalID
	Authority AuthorityID
	// Serial is the certificate's serial number, hexadecimal.
	Serial      string
	Certificate CertificateID
	DER         []byte
	// Name is whom it names; User is that person's account, "" for a test
	// certificate of the trust kit.
	Name                string
	User                UserID
	NotBefore, NotAfter time.Time
	IssuedAt            time.Time
	IssuedBy            UserID
	// RevokedAt is zero while it is good; Reason is of RFC 5280, 5.3.1.
	RevokedAt time.Time `json:",omitzero"`
	Reason    int       `json:",omitempty"`
	// ReplacedBy is the certificate that renewed it.
	ReplacedBy CertificateID `json:",omitempty"`
}
