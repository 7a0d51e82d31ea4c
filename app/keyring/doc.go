// Package keyring gives signing the private key of a certificate, wherever it
// lives, and keeps the PKCS#11 tokens to the portals that may use them.
//
//	ring := keyring.New(keyring.Config{Store: store, Tokens: tokens, Rules: rules, Latch: latch})
//	key, release, err := ring.Signer(ctx, certificate) // for app/signing
//	list, err := ring.List(ctx, portal)                // for the settings page
//
// # Whose token it is
//
// A token is the server's, and serves the portals that its Rule names, by member
// id or address. Where the rule names none it belongs to the portal that is the
// only one installed when it is first asked for, and stays that portal's when
// others come; with several portals from the beginning it is nobody's until the
// configuration says whose. For every other portal the token does not exist: it
// is in no list, and what names it is answered as if nothing of that name were
// there.
//
// # PINs
//
// A PIN comes from where the configuration says, or from an administrator, who
// types it once: then the store keeps it, sealed. EnterPIN tries it at once,
// and forgets it when the token refuses it. Whatever its source, the latch of
// package keys sees to it that a wrong one is sent once; AllowPIN lets an
// administrator who knows better send it once more.
//
// # What it is not for
//
// Whether a user may use a certificate is decided by app/signing, and what is
// drawn of a token by app/web. No key and no PIN passes through here in the
// clear but to the token itself.
package keyring
