package admin

import (
	"context"
	"time"

	"signservice/app"
	"signservice/app/keyring"
	"signservice/signer/keys"
)

// AccountStore keeps the accounts. What is not there is app.NotFound. Changes
// are durable, with their audit entries, when a method returns.
type AccountStore interface {
	Account(ctx context.Context, portal app.PortalID, user app.UserID) (app.Account, error)
	Accounts(ctx context.Context, portal app.PortalID) ([]app.Account, error)
	SaveAccount(ctx context.Context, a app.Account, entries ...app.AuditEntry) error
	// DeleteAccount removes the account with its phone, links and assignments.
	DeleteAccount(ctx context.Context, portal app.PortalID, user app.UserID, entries ...app.AuditEntry) error
	Authenticator(ctx context.Context, portal app.PortalID, user app.UserID) (app.Authenticator, error)
	Enrolments(ctx context.Context, portal app.PortalID) ([]app.Enrolment, error)
	// LastSigned tells when the portal's users last signed a document.
	LastSigned(ctx context.Context, portal app.PortalID) (map[app.UserID]time.Time, error)
}

// CertificateStore keeps the certificates, as AccountStore the accounts.
type CertificateStore interface {
	Certificate(ctx context.Context, portal app.PortalID, id app.CertificateID) (app.Certificate, error)
	Certificates(ctx context.Context, portal app.PortalID) ([]app.Certificate, error)
	// SaveCertificate seals the software key (PKCS#8; nil with a token's) and does
	// not keep the slice. A token's certificate in use by another portal is
	// app.Conflict.
	SaveCertificate(ctx context.Context, c app.Certificate, key []byte, entries ...app.AuditEntry) error
	// UpdateCertificate changes what is kept beside a certificate; change may run
	// more than once.
	UpdateCertificate(ctx context.Context, portal app.PortalID, id app.CertificateID,
		change func(c *app.Certificate, now time.Time) ([]app.AuditEntry, error)) (app.Certificate, error)
	// DeleteCertificate answers app.Conflict while the certificate is assigned or
	// a document is being signed with it.
	DeleteCertificate(ctx context.Context, portal app.PortalID, id app.CertificateID, entries ...app.AuditEntry) error
}

// AssignmentStore keeps who may use which certificate, and the audit log.
type AssignmentStore interface {
	// Assign answers app.NotFound where the account or the certificate is gone.
	Assign(ctx context.Context, a app.Assignment, entries ...app.AuditEntry) error
	Unassign(ctx context.Context, portal app.PortalID, user app.UserID, id app.CertificateID, entries ...app.AuditEntry) error
	Assignments(ctx context.Context, portal app.PortalID) ([]app.Assignment, error)
	Assigned(ctx context.Context, portal app.PortalID, user app.UserID, id app.CertificateID) (bool, error)
	Audit(ctx context.Context, entries ...app.AuditEntry) error
	// AuditEntries gives the portal's entries, newest first.
	AuditEntries(ctx context.Context, portal app.PortalID, q app.AuditQuery) ([]app.AuditEntry, error)
}

// Store is all that an administrator's work keeps.
type Store interface {
	AccountStore
	CertificateStore
	AssignmentStore
	SettingsStore
	Authenticators
	PortalStore
	VisitorStore
}

// VisitorStore keeps how the portal's users were at their last visit. Who was
// never here is app.NotFound.
type VisitorStore interface {
	Visitor(ctx context.Context, portal app.PortalID, user app.UserID) (app.Visitor, error)
	Visitors(ctx context.Context, portal app.PortalID) ([]app.Visitor, error)
	SaveVisitor(ctx context.Context, v app.Visitor) error
}

// PortalStore keeps the portals that the app is installed in.
type PortalStore interface {
	Portal(ctx context.Context, id app.PortalID) (app.Portal, error)
	Portals(ctx context.Context) ([]app.Portal, error)
	SavePortal(ctx context.Context, p app.Portal, entries ...app.AuditEntry) error
}

// Directory is the portal's list of users, asked with the administrator's own
// rights.
type Directory interface {
	// Users gives active employees whose name or position matches the query.
	Users(ctx context.Context, portal app.PortalID, admin app.UserID, query string) ([]app.User, error)
	// User gives a user, or an error of kind app.NotFound.
	User(ctx context.Context, portal app.PortalID, admin, user app.UserID) (app.User, error)
}

// Enrolments makes the links that bind phones. The methods leave their own
// audit entries.
type Enrolments interface {
	// Create makes a link, which ends the account's earlier one.
	Create(ctx context.Context, by app.Visit, account app.Account) (token app.Secret, e app.Enrolment, err error)
	// CreateOwn makes one for the visitor's own account.
	CreateOwn(ctx context.Context, by app.Visit, account app.Account) (token app.Secret, e app.Enrolment, err error)
	// CreateByOperator makes one by the word of the server's operator.
	CreateByOperator(ctx context.Context, account app.Account) (token app.Secret, e app.Enrolment, err error)
	Withdraw(ctx context.Context, by app.Visit, id string) error
}

// Tokens are the PKCS#11 tokens that a portal may use; *keyring.Ring is one.
// What names a token of another portal is app.NotFound token.unknown. The other
// errors are those of package keys.
type Tokens interface {
	// List reads what is on each token. A token that cannot be read is there with
	// the reason.
	List(ctx context.Context, portal app.PortalID) ([]keyring.Token, error)
	// EnterPIN keeps a PIN and tries it; one that is refused is forgotten.
	EnterPIN(ctx context.Context, portal app.PortalID, serial string, pin app.Secret, entries ...app.AuditEntry) error
	// AllowPIN lets a PIN be sent once more that was sent before.
	AllowPIN(ctx context.Context, portal app.PortalID, serial string) error
	GenerateKey(ctx context.Context, portal app.PortalID, serial string, k keys.NewKey) (keys.KeyID, error)
	CertificateRequest(ctx context.Context, portal app.PortalID, id keys.KeyID, s keys.Subject) ([]byte, error)
	ImportCertificate(ctx context.Context, portal app.PortalID, serial string, der []byte) (keys.KeyID, error)
}
