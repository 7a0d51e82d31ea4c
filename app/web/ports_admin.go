package web

import (
	"context"
	"time"

	"signservice/app"
)

// Shown is provisional until app/otp is there.
type Shown struct {
	Secret, URI   app.Secret
	Issuer, Label string
	ExpiresAt     time.Time
}

// AccountView is an account as an administrator sees it.
type AccountView struct {
	app.Account
	PhoneSince   time.Time
	Locked       bool
	Certificates []app.CertificateID
	Link         *app.Enrolment
}

// AccountInput is what an administrator sets of an account.
type AccountInput struct {
	User               app.UserID
	Login, Description string
	CodeOff            bool
	CodeOffReason      string
	Blocked            bool
	New                bool
}

// SelfSigned is a certificate to be made.
type SelfSigned struct {
	Name, Organisation string
	Years              int
	Key                string
}

// TokenView is a token that is plugged in.
type TokenView struct {
	Serial, Label, Model string
	Note                 string
	Certificates         []TokenCertificate
}

// TokenCertificate is a certificate on a token.
type TokenCertificate struct {
	app.Certificate
	Added    bool
	Unusable string
}

// Accounts are the administrator's accounts and their setup links.
type Accounts interface {
	Accounts(ctx context.Context, v app.Visit) ([]AccountView, error)
	Account(ctx context.Context, v app.Visit, user app.UserID) (AccountView, error)
	SaveAccount(ctx context.Context, v app.Visit, in AccountInput) (app.Account, error)
	DeleteAccount(ctx context.Context, v app.Visit, user app.UserID) error
	People(ctx context.Context, v app.Visit, query string) ([]app.User, error)
	CreateLink(ctx context.Context, v app.Visit, user app.UserID) (app.Secret, app.Enrolment, error)
	WithdrawLink(ctx context.Context, v app.Visit, id string) error
}

// Certificates are the administrator's certificates.
type Certificates interface {
	Certificates(ctx context.Context, v app.Visit) ([]app.Certificate, error)
	CreateSelfSigned(ctx context.Context, v app.Visit, in SelfSigned) (app.Certificate, error)
	RemoveCertificate(ctx context.Context, v app.Visit, id app.CertificateID) error
	Tokens(ctx context.Context, v app.Visit) ([]TokenView, error)
	AddFromToken(ctx context.Context, v app.Visit, serial, keyID string, id app.CertificateID) (app.Certificate, error)
}

// Assignments tell who may use which certificate, and what was done.
type Assignments interface {
	Assignments(ctx context.Context, v app.Visit) ([]app.Assignment, error)
	Assign(ctx context.Context, v app.Visit, user app.UserID, certificate app.CertificateID) error
	Unassign(ctx context.Context, v app.Visit, user app.UserID, certificate app.CertificateID) error
	Journal(ctx context.Context, v app.Visit, q app.AuditQuery) ([]app.AuditEntry, error)
}

// Admin is all that the settings page needs.
type Admin interface {
	Accounts
	Certificates
	Assignments
}
