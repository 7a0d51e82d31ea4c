package web

import (
	"slices"
	"strconv"
	"strings"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// defaults shows what the administrators decide for everybody.
func (s *Server) defaults(c *call) error { return s.defaultsSection(c, "") }

func (s *Server) defaultsSection(c *call, notice string) error {
	ctx := c.Request().Context()
	now, err := s.config.Admin.Settings(ctx, c.visit)
	if err != nil {
		return app.Wrap("read settings", err)
	}
	// Without the portal's list the fields that were chosen stay chosen.
	fields, err := s.config.Admin.FileFields(ctx, c.visit)
	v := c.defaultsView(now, fields)
	if err != nil {
		s.logError(c, err, app.KindOf(err), 0)
		v.FieldsNote = c.T("defaults.fields-unreadable")
	}
	return c.section(notice, views.DefaultsSection(v))
}

// defaultsView is the settings as the form shows them.
func (c *call) defaultsView(now app.Settings, fields []app.FileField) views.Defaults {
	v := views.Defaults{
		T: c.T, CodeRequired: now.CodeRequired, LevelStrict: now.LevelStrict,
		Retention: strconv.Itoa(int(now.KeepFor().Hours() / 24)), Timestamps: strings.Join(now.Timestamps, "\n"),
	}
	for _, f := range fields {
		v.Fields = append(v.Fields, views.Option{Value: f.Code, Words: f.Label, Checked: slices.Contains(now.Fields, f.Code)})
	}
	for _, code := range now.Fields {
		if !slices.ContainsFunc(fields, func(f app.FileField) bool { return f.Code == code }) {
			v.Fields = append(v.Fields, views.Option{Value: code, Words: code, Checked: true})
		}
	}
	level := now.Level
	if level == "" {
		level = app.LevelB
	}
	for _, l := range app.Levels() {
		v.Levels = append(v.Levels, views.Option{Value: string(l), Words: c.T("level." + string(l)), Checked: l == level})
	}
	who := enrolNobody
	switch {
	case now.SelfEnrolment && now.SelfMarked:
		who = enrolMarked
	case now.SelfEnrolment:
		who = enrolAll
	}
	for _, name := range []string{enrolNobody, enrolAll, enrolMarked} {
		v.SelfEnrolment = append(v.SelfEnrolment, views.Option{Value: name, Words: c.T("defaults.self-" + name), Checked: name == who})
	}
	if !now.UpdatedAt.IsZero() {
		v.Changed = c.T("defaults.changed", c.words.Time(now.UpdatedAt))
	}
	return v
}

// Who may set up a first phone alone.
const (
	enrolNobody = "nobody"
	enrolAll    = "everybody"
	enrolMarked = "marked"
)

// saveDefaults takes the form.
func (s *Server) saveDefaults(c *call) error {
	var in struct {
		Fields        []string  `json:"fields"`
		CodeRequired  bool      `json:"codeRequired"`
		SelfEnrolment string    `json:"selfEnrolment"`
		Retention     string    `json:"retention"`
		Level         app.Level `json:"level"`
		Timestamps    string    `json:"timestamps"`
		LevelStrict   bool      `json:"levelStrict"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	days, err := strconv.Atoi(strings.TrimSpace(in.Retention))
	if err != nil {
		days = 0 // refused below, with the limits
	}
	switch in.SelfEnrolment {
	case enrolNobody, enrolAll, enrolMarked:
	default:
		return app.Fail(app.Invalid, "save settings", "settings.self-wrong")
	}
	if _, err := s.config.Admin.SaveSettings(c.Request().Context(), c.visit, admin.SettingsInput{
		Fields: in.Fields, CodeRequired: in.CodeRequired, SelfEnrolment: in.SelfEnrolment != enrolNobody, SelfMarked: in.SelfEnrolment == enrolMarked, RetentionDays: days,
		Level: in.Level, Timestamps: in.Timestamps, LevelStrict: in.LevelStrict,
	}); err != nil {
		return app.Wrap("save settings", err)
	}
	return s.defaultsSection(c, c.T("defaults.saved"))
}
