package store_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"signservice/app/store"
)

// TestKeysKeepApart tells that no ids, whatever they hold, make the same key
// or reach below another portal.
func TestKeysKeepApart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	pieces := []string{"a", "_", "/", "%", "2F", ".", "~", "\x00", "é", "\xff", "_system", "-", "A"}
	ids := func() []string {
		parts := make([]string, 1+random.IntN(3))
		for i := range parts {
			for range random.IntN(4) {
				parts[i] += pieces[random.IntN(len(pieces))]
			}
		}
		return parts
	}
	for range 100_000 {
		one, two := ids(), ids()
		k1, k2 := store.Key(one...), store.Key(two...)
		if (k1 == k2) != slices.Equal(one, two) {
			t.Fatalf("%q and %q make %q and %q", one, two, k1, k2)
		}
		if one[0] != two[0] && strings.HasPrefix(k2, store.Key(one[0])+"/") {
			t.Fatalf("%q lies below portal %q", k2, one[0])
		}
		if strings.HasPrefix(k1, "_") || !strings.HasPrefix(store.SystemKey(one...), "_system/") {
			t.Fatalf("%q looks like a key of the system's", k1)
		}
	}
}
