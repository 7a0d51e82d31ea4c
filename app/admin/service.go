package admin

import (
	"errors"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"signservice/app"
)

// Config is what the service is made of. Store, Directory and Enrolments are
// required.
type Config struct {
	Store      Store
	Directory  Directory
	Enrolments Enrolments
	// Tokens are the configured tokens; nil where there are none.
	Tokens Tokens
	// CheckCode looks at an administrator's own code; required.
	CheckCode CheckCode
	// Messenger and Letters send setup links; nil where they are not configured.
	Messenger Messenger
	Letters   Letters
	// Fields are the file fields of the portals; nil where they cannot be asked.
	Fields FileFields
	// Notices tell people what concerns them; nil where nobody is told.
	Notices Notices
	// Recheck tells who of those known as administrators still is one; nil believes
	// it of all.
	Recheck Recheck
	// Clock refuses while the clock is too wrong to look at a code; nil trusts it.
	Clock func() error
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log learns of notices that reached nobody; nil discards it.
	Log *slog.Logger
}

// Service does an administrator's work. Its methods may be called at the same
// time from any goroutine.
type Service struct {
	config Config
	// changes lets one change at a time look at what there is and store what
	// follows from it, so that no login is given twice. It is not held while the
	// portal or a token is asked.
	changes   sync.Mutex
	confirmed confirmations
	asked     wishes
	// alarms lets one alarm at a time look whether it was raised before.
	alarms sync.Mutex
	// files lets one file with a key be opened at a time.
	files sync.Mutex
}

// New checks the configuration and gives a Service.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.Directory == nil || c.Enrolments == nil || c.CheckCode == nil {
		return nil, errors.New("admin: store, directory, enrolments and code check are required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{config: c}, nil
}

// allow refuses whoever is no administrator.
func allow(v app.Visit, op string) error {
	if !v.Admin || v.Portal == "" || v.User == "" {
		return app.Fail(app.Forbidden, op, "settings.administrators-only")
	}
	return nil
}

// number is a portal's user id.
var number = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)

// allowUser refuses whoever is no administrator, and ids that no user has.
func allowUser(v app.Visit, op string, user app.UserID) error {
	if err := allow(v, op); err != nil {
		return err
	}
	if !number.MatchString(string(user)) {
		return app.Fail(app.NotFound, op, "account.unknown")
	}
	return nil
}

// digest is a certificate's or an enrolment's id.
var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// allowCertificate refuses whoever is no administrator, and ids that no
// certificate has.
func allowCertificate(v app.Visit, op string, id app.CertificateID) error {
	if err := allow(v, op); err != nil {
		return err
	}
	if !digest.MatchString(string(id)) {
		return app.Fail(app.NotFound, op, "certificate.unknown")
	}
	return nil
}

// entry begins the audit entry of what the visitor does.
func entry(v app.Visit, action app.Action, subject string) app.AuditEntry {
	return app.AuditEntry{Action: action, Portal: v.Portal, User: v.User, Subject: subject, Address: v.Address}
}
