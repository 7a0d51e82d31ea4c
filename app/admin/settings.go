package admin

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"signservice/app"
)

// SettingsStore keeps what the administrators of a portal decide.
type SettingsStore interface {
	// Settings gives the zero Settings where nothing was decided.
	Settings(ctx context.Context, portal app.PortalID) (app.Settings, error)
	SaveSettings(ctx context.Context, v app.Settings, entries ...app.AuditEntry) error
}

// FileFields are the fields of deals that can hold documents, asked with the
// administrator's own rights.
type FileFields interface {
	FileFields(ctx context.Context, portal app.PortalID, admin app.UserID) ([]app.FileField, error)
}

// SettingsInput is what an administrator decides, as a form sends it.
type SettingsInput struct {
	// Fields are codes of file fields; none means all.
	Fields                      []string
	CodeRequired, SelfEnrolment bool
	// SelfMarked: only accounts that are marked for it.
	SelfMarked bool
	// RetentionDays is 1 to app.MaxRetentionDays.
	RetentionDays int
	Level         app.Level
	// Timestamps are addresses, one a line.
	Timestamps  string
	LevelStrict bool
}

// Settings gives what is decided for the administrator's portal.
func (s *Service) Settings(ctx context.Context, v app.Visit) (app.Settings, error) {
	const op = "read settings"
	if err := allow(v, op); err != nil {
		return app.Settings{}, err
	}
	found, err := s.config.Store.Settings(ctx, v.Portal)
	return found, app.Wrap(op, err)
}

// FileFields lists the fields of deals that can hold documents; none where the
// portal cannot be asked for them.
func (s *Service) FileFields(ctx context.Context, v app.Visit) ([]app.FileField, error) {
	const op = "list file fields"
	if err := allow(v, op); err != nil || s.config.Fields == nil {
		return nil, err
	}
	list, err := s.config.Fields.FileFields(ctx, v.Portal, v.User)
	return list, app.Wrap(op, err)
}

// fieldCode is the code of a field of a CRM element.
var fieldCode = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}$`)

// SaveSettings decides for the administrator's portal.
func (s *Service) SaveSettings(ctx context.Context, v app.Visit, in SettingsInput) (app.Settings, error) {
	const op = "save settings"
	if err := allow(v, op); err != nil {
		return app.Settings{}, err
	}
	next, err := in.settings(op)
	if err != nil {
		return app.Settings{}, err
	}
	if err := s.confirm(ctx, v, op); err != nil {
		return app.Settings{}, err
	}
	s.changes.Lock()
	defer s.changes.Unlock()
	old, err := s.config.Store.Settings(ctx, v.Portal)
	if err != nil {
		return app.Settings{}, app.Wrap(op, err)
	}
	next.Signet, next.Processes, next.Omitted = old.Signet, old.Processes, old.Omitted
	return next, app.Wrap(op, s.keepSettings(ctx, v, old, &next))
}

// settings checks what was typed.
func (in SettingsInput) settings(op string) (app.Settings, error) {
	out := app.Settings{
		Fields: in.Fields, CodeRequired: in.CodeRequired, SelfEnrolment: in.SelfEnrolment, SelfMarked: in.SelfEnrolment && in.SelfMarked,
		RetentionDays: in.RetentionDays, Level: in.Level, LevelStrict: in.LevelStrict,
	}
	if slices.ContainsFunc(in.Fields, func(code string) bool { return !fieldCode.MatchString(code) }) || len(in.Fields) > 200 {
		return out, app.Fail(app.Invalid, op, "settings.fields-wrong")
	}
	if in.RetentionDays < 1 || in.RetentionDays > app.MaxRetentionDays {
		return out, app.Fail(app.Invalid, op, "settings.retention-wrong", app.MaxRetentionDays)
	}
	if !slices.Contains(app.Levels(), in.Level) {
		return out, app.Fail(app.Invalid, op, "settings.level-wrong")
	}
	for _, line := range strings.Fields(in.Timestamps) {
		if !address(line, "https", "http") {
			return out, app.Fail(app.Invalid, op, "settings.timestamps-wrong", shown(line))
		}
		if !slices.Contains(out.Timestamps, line) {
			out.Timestamps = append(out.Timestamps, line)
		}
	}
	switch {
	case len(out.Timestamps) > app.MaxTimestampServers:
		return out, app.Fail(app.Invalid, op, "settings.timestamps-many", app.MaxTimestampServers)
	case len(out.Timestamps) == 0 && in.Level != app.LevelB:
		return out, app.Fail(app.Invalid, op, "settings.timestamps-missing")
	}
	return out, nil
}

// maxAddress is the longest address that may be typed, in bytes.
const maxAddress = 300

// address tells whether a text is a whole address of one of the schemes. One
// with a password is refused: it would be shown to every administrator.
func address(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= maxAddress && slices.Contains(schemes, u.Scheme) &&
		u.Hostname() != "" && u.User == nil && u.Fragment == "" && !strings.ContainsFunc(text, invisible)
}
