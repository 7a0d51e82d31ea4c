package backup

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
)

// recipients reads those whom a backup is encrypted to. No error repeats what was
// given: it may be the identity, by mistake.
func recipients(list []string) ([]age.Recipient, error) {
	var all []age.Recipient
	for i, text := range list {
		some, err := age.ParseRecipients(strings.NewReader(strings.TrimSpace(text)))
		if err != nil || len(some) != 1 {
			return nil, fmt.Errorf("recipient %d: %w", i+1, ErrRecipient)
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("nobody could read the backup: %w", ErrRecipient)
	}
	return all, nil
}

// identities reads the file with what opens a backup; no error repeats any of it.
func identities(file string) ([]age.Identity, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	all, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, ErrIdentity)
	}
	return all, nil
}

// otherKey tells of a file that none of the identities opens.
func otherKey(err error) bool {
	var none *age.NoIdentityMatchError
	return errors.As(err, &none)
}
