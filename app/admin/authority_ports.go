package admin

import (
	"context"
	"time"

	"signservice/app"
)

// RootStore keeps roots. What is not there is app.NotFound, "authority.unknown".
// Changes are durable, with their audit entries, when a method returns.
type RootStore interface {
	// FindAuthority tells whose an authority is, and whether it is a root.
	FindAuthority(ctx context.Context, id app.AuthorityID) (portal app.PortalID, root bool, err error)
	Root(ctx context.Context, portal app.PortalID, id app.AuthorityID) (app.RootAuthority, error)
	Roots(ctx context.Context, portal app.PortalID) ([]app.RootAuthority, error)
	// CreateRoot seals the key (PKCS#8) and does not keep the slice.
	CreateRoot(ctx context.Context, r app.RootAuthority, key []byte, entries ...app.AuditEntry) error
	// UpdateRoot destroys the key when change sets RemovedAt. A list that is not
	// newer than the last is app.Conflict.
	UpdateRoot(ctx context.Context, portal app.PortalID, id app.AuthorityID,
		change func(r *app.RootAuthority, now time.Time) ([]app.AuditEntry, error)) (app.RootAuthority, error)
	// AuthorityKey gives the key of a root or an issuing authority; one that was
	// destroyed is app.NotFound, "authority.key-away". The caller wipes it.
	AuthorityKey(ctx context.Context, portal app.PortalID, id app.AuthorityID) ([]byte, error)
}

// IssuerStore keeps issuing authorities, as RootStore roots.
type IssuerStore interface {
	Issuer(ctx context.Context, portal app.PortalID, id app.AuthorityID) (app.IssuingAuthority, error)
	Issuers(ctx context.Context, portal app.PortalID) ([]app.IssuingAuthority, error)
	CreateIssuer(ctx context.Context, i app.IssuingAuthority, key []byte, entries ...app.AuditEntry) error
	UpdateIssuer(ctx context.Context, portal app.PortalID, id app.AuthorityID,
		change func(i *app.IssuingAuthority, now time.Time) ([]app.AuditEntry, error)) (app.IssuingAuthority, error)
}

// IssuedStore keeps what was issued.
type IssuedStore interface {
	// SaveIssued also takes the certificate into use, unless c is nil.
	SaveIssued(ctx context.Context, i app.IssuedCertificate, c *app.Certificate, key []byte, entries ...app.AuditEntry) error
	Issued(ctx context.Context, portal app.PortalID, authority app.AuthorityID, serial string) (app.IssuedCertificate, error)
	AllIssued(ctx context.Context, portal app.PortalID, authority app.AuthorityID) ([]app.IssuedCertificate, error)
	// UpdateIssued stops the certificate, and makes a list due, in the same
	// transaction when change revokes it.
	UpdateIssued(ctx context.Context, portal app.PortalID, authority app.AuthorityID, serial string,
		change func(i *app.IssuedCertificate, now time.Time) ([]app.AuditEntry, error)) (app.IssuedCertificate, error)
}

// AuthorityPeople tells for whom certificates are.
type AuthorityPeople interface {
	Portals(ctx context.Context) ([]app.Portal, error)
	Account(ctx context.Context, portal app.PortalID, user app.UserID) (app.Account, error)
	Certificate(ctx context.Context, portal app.PortalID, id app.CertificateID) (app.Certificate, error)
	Assign(ctx context.Context, a app.Assignment, entries ...app.AuditEntry) error
	Assignments(ctx context.Context, portal app.PortalID) ([]app.Assignment, error)
	// Latest is the latest time that the audit log has seen.
	Latest(ctx context.Context) (time.Time, error)
	// Audit writes entries of what changes no record.
	Audit(ctx context.Context, entries ...app.AuditEntry) error
}

// AuthorityStore is all that internal authorities keep.
type AuthorityStore interface {
	RootStore
	IssuerStore
	IssuedStore
	AuthorityPeople
}
