package storetest

import (
	"testing"

	"signservice/app/store"
)

// Run holds a backend, and the store's records on it, against their contract.
// open gives a new, empty backend and closes it when its test ends.
func Run(t *testing.T, open func(t *testing.T) store.Backend) {
	t.Run("backend", func(t *testing.T) { testBackend(t, open) })
}
