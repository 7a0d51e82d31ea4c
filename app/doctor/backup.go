package doctor

import (
	"context"
	"errors"
	"time"

	"signservice/app"
)

// backupLife is how long a backup counts as recent: a night's, and two hours for
// the timer's random delay and for the copying.
const backupLife = 26 * time.Hour

// backup tells of the last backup. One that is missing keeps nobody from signing.
func (d *Doctor) backup(ctx context.Context) []app.Finding {
	if d.config.Store == nil {
		return nil
	}
	last, err := d.config.Store.LastBackup(ctx)
	f := app.Finding{Check: "backup", Health: app.Healthy, Key: "doctor.backup-last", Args: []any{last.At}}
	switch {
	case errors.Is(err, app.NotFound):
		f.Health, f.Key, f.Args, f.Fix = app.Ailing, "doctor.backup-none", nil, "doctor.backup-fix"
	case err != nil:
		return nil // the store's own check says so
	case d.config.Now().Sub(last.At) > backupLife:
		f.Health, f.Key, f.Fix = app.Ailing, "doctor.backup-old", "doctor.backup-old-fix"
	}
	return []app.Finding{f}
}
