package simulator

import (
	"errors"
	"fmt"
)

// ErrUnknown is returned by functions of the Go API that were asked about a
// user, app, item or file that is not there.
var ErrUnknown = errors.New("not in this portal")

func unknown(what string, id any) error {
	return fmt.Errorf("%s %v: %w", what, id, ErrUnknown)
}
