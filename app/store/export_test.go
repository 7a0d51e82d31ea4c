package store

import (
	"context"

	"signservice/app/secret"
)

// Key and SystemKey are for the tests of keys.
var (
	Key       = key
	SystemKey = systemKey
)

// Migration is one for tests.
type Migration = migration

// OpenWith opens a store with migrations of its own.
func OpenWith(ctx context.Context, b Backend, k *secret.Keeper, steps ...Migration) (*Store, error) {
	return open(ctx, b, k, Options{}, steps)
}
