//go:build !cgo

package keys_test

import (
	"errors"
	"testing"

	"signservice/signer/keys"
)

// TestWithoutCgo holds that a program built without cgo says why it has no
// tokens, and works where none is wanted.
func TestWithoutCgo(t *testing.T) {
	tokens, err := keys.Open(keys.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.Signer(t.Context(), keys.KeyID{}); !errors.Is(err, keys.ErrNoPKCS11) {
		t.Errorf("Signer: %v", err)
	}
	if len(tokens.List(t.Context()))+len(tokens.Status()) != 0 || tokens.Close() != nil {
		t.Error("there are tokens")
	}
	if _, err := keys.Open(keys.Config{Tokens: []keys.TokenConfig{{Module: "m", Serial: "1"}}}); !errors.Is(err, keys.ErrNoPKCS11) {
		t.Errorf("Open with a token: %v", err)
	}
}
