package bitrix_test

import (
	"testing"

	"signservice/bitrix"
)

func newOAuth(t *testing.T, cfg bitrix.OAuthConfig) *bitrix.OAuth {
	t.Helper()
	o, err := bitrix.NewOAuth(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
