package install

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signservice/app"
	"signservice/bitrix"
)

// permissions are what the app needs in a portal, as the form of a local app
// lists them; of alternatives one suffices, and the first is told. It makes
// use of others where it has them: disk for files of comments, im for
// notices, bizproc for the robot, documentgenerator for the entry in that
// menu.
func permissions() [][]string {
	return [][]string{
		{"crm"},
		{"placement"},
		{"user_basic", "user_brief", "user"},
	}
}

// checkScope gives the app's permissions. It tells all missing ones at once:
// the administrator edits the app's form once.
func checkScope(ctx context.Context, c *bitrix.Client) ([]string, error) {
	have, err := c.Scope(ctx)
	if errors.Is(err, bitrix.ErrMethodNotFound) {
		return nil, nil // an old portal: the calls themselves will tell
	}
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, alternatives := range permissions() {
		if !slices.ContainsFunc(alternatives, func(s string) bool { return slices.Contains(have, s) }) {
			missing = append(missing, alternatives[0])
		}
	}
	if len(missing) > 0 {
		return nil, app.Fail(app.Forbidden, "check permissions", "portal.scope", strings.Join(missing, ", "))
	}
	return have, nil
}
