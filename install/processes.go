package install

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"signservice/app"
	"signservice/bitrix"
)

// maxProcesses is how many smart processes may show the app.
const maxProcesses = 50

// Processes lists the portal's smart processes, by their titles, and which of
// them show the app. It needs the grant of an administrator.
func (i *Installer) Processes(ctx context.Context, v app.Visit) ([]app.Process, error) {
	const op = "list smart processes"
	if !v.Admin {
		return nil, app.Fail(app.Forbidden, op, "install.administrators-only")
	}
	chosen, err := i.settings.Settings(ctx, v.Portal)
	if err != nil {
		return nil, app.Wrap(op, err)
	}
	types, err := i.types(ctx, v)
	if err != nil {
		return nil, i.portals.Translate(op, err)
	}
	var all []app.Process
	for _, t := range types {
		all = append(all, app.Process{Kind: int(t.Entity), Title: string(t.Title), Chosen: slices.Contains(chosen.Processes, int(t.Entity))})
	}
	slices.SortFunc(all, func(a, b app.Process) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), cmp.Compare(a.Kind, b.Kind))
	})
	return all, nil
}

func (i *Installer) types(ctx context.Context, v app.Visit) ([]bitrix.ItemType, error) {
	c, err := i.portals.Client(ctx, v.Portal, v.User)
	if err != nil {
		return nil, err
	}
	types, err := c.ItemTypes(ctx)
	if errors.Is(err, bitrix.ErrMethodNotFound) {
		return nil, nil // an older portal, or a plan without them
	}
	return types, err
}

// Choose has exactly the cards of these kinds of elements show the app: those
// that every portal has (app.Kinds), and smart processes. At least one must be
// left, or nobody could sign. It is stored first, so that a failure of the portal is
// mended by choosing again, or by an installation.
func (i *Installer) Choose(ctx context.Context, v app.Visit, kinds []int) error {
	const op = "choose places"
	if !v.Admin {
		return app.Fail(app.Forbidden, op, "install.administrators-only")
	}
	all, err := i.Processes(ctx, v)
	if err != nil {
		return err
	}
	var chosen []int
	for _, p := range all {
		if slices.Contains(kinds, p.Kind) {
			chosen = append(chosen, p.Kind)
		}
	}
	if len(chosen) > maxProcesses {
		return app.Fail(app.Invalid, op, "places.many", maxProcesses)
	}
	omitted := slices.DeleteFunc(app.Kinds(), func(kind int) bool { return slices.Contains(kinds, kind) })
	if len(chosen) == 0 && len(omitted) == len(app.Kinds()) {
		return app.Fail(app.Invalid, op, "places.none-chosen")
	}
	slices.Sort(chosen)
	old, err := i.settings.Settings(ctx, v.Portal)
	if err != nil {
		return app.Wrap(op, err)
	}
	next := old
	next.Portal, next.Processes, next.Omitted, next.UpdatedBy, next.UpdatedAt = v.Portal, chosen, omitted, v.User, time.Now()
	if detail := next.Summary(old); detail != "" {
		err := i.settings.SaveSettings(ctx, next, app.AuditEntry{
			Action: app.ActSettingsSaved, Portal: v.Portal, User: v.User, Detail: detail, Address: v.Address,
		})
		if err != nil {
			return app.Wrap(op, err)
		}
	}
	return i.Install(ctx, v)
}
