package web

import (
	"context"

	"signservice/app"
	"signservice/app/admin"
)

// AuthorityDesk is the everyday work of an internal certificate authority.
type AuthorityDesk interface {
	View(ctx context.Context, v app.Visit) (admin.AuthorityView, error)
	Create(ctx context.Context, v app.Visit, in admin.NewAuthority) (app.RootAuthority, error)
	Issue(ctx context.Context, v app.Visit, in admin.NewIssue) (app.IssuedCertificate, error)
	Renew(ctx context.Context, v app.Visit, id app.AuthorityID, serial string) (app.IssuedCertificate, error)
	Revoke(ctx context.Context, v app.Visit, id app.AuthorityID, serial string, reason int) (app.IssuedCertificate, error)
	IssuedFile(ctx context.Context, v app.Visit, id app.AuthorityID, serial string) ([]byte, error)
	TrustKit(ctx context.Context, v app.Visit, id app.AuthorityID, language string) (file []byte, name string, err error)
}

// AuthorityRoots is what is done once in some years, with a root's key or the
// file of it.
type AuthorityRoots interface {
	Next(ctx context.Context, v app.Visit, root app.AuthorityID) (app.IssuingAuthority, error)
	Certify(ctx context.Context, v app.Visit, id app.AuthorityID, file []byte) (app.IssuingAuthority, error)
	ExportRoot(ctx context.Context, v app.Visit, id app.AuthorityID, password app.Secret) (file []byte, name string, err error)
	RemoveRootKey(ctx context.Context, v app.Visit, id app.AuthorityID, file []byte, password app.Secret) (app.RootAuthority, error)
	ImportList(ctx context.Context, v app.Visit, id app.AuthorityID, file []byte) (app.RootAuthority, error)
	RevokeIssuer(ctx context.Context, v app.Visit, id app.AuthorityID) (app.IssuingAuthority, error)
}

// AuthorityPublic is what anybody may fetch who checks a signature.
type AuthorityPublic interface {
	List(ctx context.Context, id app.AuthorityID) (app.RevocationList, error)
	Certificate(ctx context.Context, id app.AuthorityID) ([]byte, error)
	OCSP(ctx context.Context, id app.AuthorityID, request []byte) (admin.OCSPAnswer, error)
}

// Authorities are the internal certificate authorities; *admin.Authorities is it.
type Authorities interface {
	AuthorityDesk
	AuthorityRoots
	AuthorityPublic
}
