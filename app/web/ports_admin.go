package web

import (
	"context"
	"iter"

	"signservice/app"
	"signservice/app/admin"
)

// Accounts are the accounts and their setup links, as an administrator keeps
// them.
type Accounts interface {
	Accounts(ctx context.Context, v app.Visit) ([]admin.AccountView, error)
	Account(ctx context.Context, v app.Visit, user app.UserID) (admin.AccountView, error)
	SaveAccount(ctx context.Context, v app.Visit, in admin.AccountInput) (app.Account, error)
	DeleteAccount(ctx context.Context, v app.Visit, user app.UserID) error
	// People searches the portal's users for those who could get an account.
	People(ctx context.Context, v app.Visit, query string) ([]app.User, error)
	CreateLink(ctx context.Context, v app.Visit, user app.UserID) (app.Secret, app.Enrolment, error)
	WithdrawLink(ctx context.Context, v app.Visit, id string) error
	// SendLink makes a setup link that the person alone sees, by one of Ways.
	SendLink(ctx context.Context, v app.Visit, user app.UserID, way admin.Way, base string) (app.Enrolment, error)
	Ways() []admin.Way
}

// Certificates are the certificates in use and those on tokens.
type Certificates interface {
	Certificates(ctx context.Context, v app.Visit) ([]app.Certificate, error)
	CreateSelfSigned(ctx context.Context, v app.Visit, in admin.SelfSigned) (app.Certificate, error)
	RemoveCertificate(ctx context.Context, v app.Visit, id app.CertificateID) error
	Tokens(ctx context.Context, v app.Visit) ([]admin.TokenView, error)
	AddFromToken(ctx context.Context, v app.Visit, serial, keyID string, id app.CertificateID) (app.Certificate, error)
}

// CertificateFiles take files of keys and certificates, and what is kept beside
// a certificate.
type CertificateFiles interface {
	ImportCertificate(ctx context.Context, v app.Visit, in admin.Import) (app.Certificate, error)
	SetOwner(ctx context.Context, v app.Visit, id app.CertificateID, owner app.UserID) (app.Certificate, error)
	// LinkAlone tells whether a setup link is enough to bind a phone.
	LinkAlone(ctx context.Context, v app.Visit) (bool, error)
	SetLinkAlone(ctx context.Context, v app.Visit, on bool) error
	AddChain(ctx context.Context, v app.Visit, id app.CertificateID, file []byte) (app.Certificate, error)
}

// Assignments tell who may use which certificate, and the journal what was
// done.
type Assignments interface {
	Assignments(ctx context.Context, v app.Visit) ([]app.Assignment, error)
	Assign(ctx context.Context, v app.Visit, user app.UserID, certificate app.CertificateID) error
	Unassign(ctx context.Context, v app.Visit, user app.UserID, certificate app.CertificateID) error
	Limit(ctx context.Context, v app.Visit, user app.UserID, certificate app.CertificateID, l admin.Limits) (app.Assignment, error)
	Journal(ctx context.Context, v app.Visit, q app.AuditQuery) ([]app.AuditEntry, error)
	ExportJournal(ctx context.Context, v app.Visit, q app.AuditQuery) iter.Seq2[app.AuditEntry, error]
}

// Settings are what the administrators decide for everybody.
type Settings interface {
	Settings(ctx context.Context, v app.Visit) (app.Settings, error)
	SaveSettings(ctx context.Context, v app.Visit, in admin.SettingsInput) (app.Settings, error)
	FileFields(ctx context.Context, v app.Visit) ([]app.FileField, error)
	// SignetLook is the look that an input gives, without keeping it.
	SignetLook(ctx context.Context, v app.Visit, in admin.SignetInput) (app.SignetSettings, error)
	SaveSignet(ctx context.Context, v app.Visit, in admin.SignetInput) (app.Settings, error)
}

// TokenKeys are the PINs, keys and certificates of the tokens that a portal may
// use.
type TokenKeys interface {
	EnterPIN(ctx context.Context, v app.Visit, serial string, pin app.Secret) error
	AllowPIN(ctx context.Context, v app.Visit, serial string) error
	GenerateKey(ctx context.Context, v app.Visit, serial string, in admin.TokenKey) (keyID string, err error)
	RequestCertificate(ctx context.Context, v app.Visit, in admin.TokenRequest) (pem []byte, err error)
	WriteCertificate(ctx context.Context, v app.Visit, serial string, file []byte) (app.Certificate, error)
}

// Wishes are what people who are no administrators may do about what they lack.
type Wishes interface {
	Ask(ctx context.Context, v app.Visit, w admin.Wish) error
	// OwnLinks tells whether people may make the link for their first phone,
	// OwnLink makes it.
	OwnLinks(ctx context.Context, v app.Visit) (bool, error)
	OwnLink(ctx context.Context, v app.Visit) (app.Secret, app.Enrolment, error)
}

// Watch is told what the settings' people may have to know of.
type Watch interface {
	// Seen remembers a visitor whom the portal has just identified.
	Seen(ctx context.Context, v app.Visit) error
	// CodeRefused tells the administrators what a refused code may mean; of other
	// errors it tells nobody.
	CodeRefused(ctx context.Context, v app.Visit, refusal error)
}

// Admin is all that the settings page needs; *admin.Service is it. Each method
// is called with a visit whose Admin the portal has just confirmed.
type Admin interface {
	Accounts
	Certificates
	CertificateFiles
	TokenKeys
	Assignments
	Settings
	Wishes
	Watch
}
