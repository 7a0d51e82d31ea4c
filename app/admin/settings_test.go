package admin_test

import (
	"strings"
	"testing"

	"signservice/app"
	"signservice/app/admin"
)

// decided is a form that is right in all parts.
func decided() admin.SettingsInput {
	return admin.SettingsInput{
		Fields: []string{"UF_CRM_CONTRACT"}, RetentionDays: 90, Level: app.LevelLT,
		Timestamps:   " https://one.example/tsa \r\nhttp://two.example/tsa\nhttps://one.example/tsa",
		CodeRequired: true, SelfEnrolment: true, LevelStrict: true,
	}
}

// TestSettings are each portal's own, kept, and told in the journal by the
// names of what changed.
func TestSettings(t *testing.T) {
	w := newWorld(t)
	if s, err := w.Settings(w.ctx, visit(acme)); err != nil || s.KeepFor() != app.Retention || s.DefaultPlacement().Position != app.BottomRight {
		t.Errorf("before anything was decided: %+v, %v", s, err)
	}
	if _, err := w.SaveSettings(w.ctx, visit(acme), decided()); err != nil {
		t.Fatal(err)
	}
	s, err := w.Settings(w.ctx, visit(acme))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(s.Timestamps, " ") != "https://one.example/tsa http://two.example/tsa" {
		t.Errorf("timestamp servers %q", s.Timestamps)
	}
	if s.RetentionDays != 90 || s.Level != app.LevelLT || !s.LevelStrict || !s.CodeRequired || !s.SelfEnrolment || s.UpdatedBy != anna || !s.UpdatedAt.Equal(start) {
		t.Errorf("%+v", s)
	}
	if s, err := w.Settings(w.ctx, visit(other)); err != nil || s.Level != "" {
		t.Errorf("another portal has %+v, %v", s, err)
	}
	last := w.journal(acme)
	if got := last[len(last)-1]; !strings.HasPrefix(got, "settings.saved") || strings.Contains(got, "example") ||
		!strings.Contains(got, "timestamp servers") || !strings.Contains(got, "code required") {
		t.Errorf("the journal says %q", got)
	}
	refused(t, second(w.Settings(w.ctx, app.Visit{Portal: acme, User: mary})), app.Forbidden, "settings.administrators-only")
	refused(t, second(w.SaveSettings(w.ctx, app.Visit{Portal: acme, User: mary}, decided())), app.Forbidden, "settings.administrators-only")
}

// TestSettingsRefused names the field that is wrong and changes nothing.
func TestSettingsRefused(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		spoil func(*admin.SettingsInput)
		key   string
	}{
		"no retention":       {func(in *admin.SettingsInput) { in.RetentionDays = 0 }, "settings.retention-wrong"},
		"a life's retention": {func(in *admin.SettingsInput) { in.RetentionDays = 40_000 }, "settings.retention-wrong"},
		"no level":           {func(in *admin.SettingsInput) { in.Level = "" }, "settings.level-wrong"},
		"an unknown level":   {func(in *admin.SettingsInput) { in.Level = "ltx" }, "settings.level-wrong"},
		"no server":          {func(in *admin.SettingsInput) { in.Timestamps = " \n" }, "settings.timestamps-missing"},
		"too many servers":   {func(in *admin.SettingsInput) { in.Timestamps = strings.Join(servers(6), "\n") }, "settings.timestamps-many"},
		"a file":             {func(in *admin.SettingsInput) { in.Timestamps = "file:///etc/passwd" }, "settings.timestamps-wrong"},
		"a password":         {func(in *admin.SettingsInput) { in.Timestamps = "https://u:p@one.example/tsa" }, "settings.timestamps-wrong"},
		"a long address":     {func(in *admin.SettingsInput) { in.Timestamps = "https://one.example/" + strings.Repeat("a", 300) }, "settings.timestamps-wrong"},
		"a field's code":     {func(in *admin.SettingsInput) { in.Fields = []string{"UF_CRM_1;DROP"} }, "settings.fields-wrong"},
	} {
		in := decided()
		c.spoil(&in)
		refused(t, second(w.SaveSettings(w.ctx, visit(acme), in)), app.Invalid, c.key)
		if s, err := w.Settings(w.ctx, visit(acme)); err != nil || !s.UpdatedAt.IsZero() {
			t.Errorf("%s: something was kept: %+v, %v", name, s, err)
		}
	}
}

func servers(n int) []string {
	var list []string
	for i := range n {
		list = append(list, "https://tsa"+string(rune('a'+i))+".example/")
	}
	return list
}
