package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"signservice/signer/keys"
)

// openSoft gives a key and its certificate from PEM files.
func openSoft(keyFile, certFile, chainFile string) (identity, error) {
	data, err := os.ReadFile(keyFile)
	if err != nil {
		return identity{}, err
	}
	key, err := keys.ReadPEM(data)
	clear(data)
	if err != nil {
		return identity{}, hinted(fmt.Errorf("key %s: %w", keyFile, err),
			"give an unencrypted private key as PEM, which this makes of another: openssl pkcs8 -topk8 -nocrypt -in KEY -out K.pem")
	}
	id := identity{key: key, close: func() {}}
	files := []string{certFile}
	if chainFile != "" {
		files = append(files, chainFile)
	}
	all, err := readCertificates(files)
	if err != nil {
		return identity{}, err
	}
	id.leaf, id.chain = all[0], withoutRoot(all[1:])
	return id, nil
}

// withoutRoot leaves out what signs itself: readers have their own roots.
func withoutRoot(list []*x509.Certificate) []*x509.Certificate {
	var chain []*x509.Certificate
	for _, c := range list {
		if !selfSigned(c) {
			chain = append(chain, c)
		}
	}
	return chain
}

// tokenFlags name a key on a token.
type tokenFlags struct{ module, token, id, pinFile string }

// openToken gives the key on a token. The token is looked for by serial number
// first, then by label. A PIN that was refused is never sent again, by this
// user, to this token: a file in the user's state folder remembers it.
func openToken(ctx context.Context, f tokenFlags) (identity, error) {
	id, err := openTokenAs(ctx, keys.TokenConfig{Module: f.module, Serial: f.token, PIN: keys.PINFile(f.pinFile)}, f.id)
	if errors.Is(err, keys.ErrTokenAbsent) {
		id, err = openTokenAs(ctx, keys.TokenConfig{Module: f.module, Label: f.token, PIN: keys.PINFile(f.pinFile)}, f.id)
	}
	if err != nil {
		return identity{}, tokenHint(fmt.Errorf("token %s: %w", f.token, err))
	}
	return id, nil
}

// openTokenAs opens a token under the name given in its configuration.
func openTokenAs(ctx context.Context, c keys.TokenConfig, keyID string) (identity, error) {
	dir, err := keys.StateDir("signservice")
	if err != nil {
		return identity{}, err
	}
	tokens, err := keys.Open(keys.Config{Tokens: []keys.TokenConfig{c}, Latch: keys.NewFileLatch(dir)})
	if err != nil {
		return identity{}, err
	}
	key, err := tokens.Signer(ctx, keys.KeyID{ID: strings.ToLower(keyID)})
	if err != nil {
		return identity{}, errors.Join(err, tokens.Close())
	}
	return identity{
		leaf: key.Certificate(), chain: withoutRoot(key.Chain()), key: key,
		close: func() { tokens.Close() }, //nolint:errcheck // the signature is made
	}, nil
}

// tokenHint adds what to do about a token that does not sign.
func tokenHint(err error) error {
	hints := []struct {
		cause error
		hint  string
	}{
		{keys.ErrNoPKCS11, "build the program with cgo, or use --key and --cert"},
		{keys.ErrPINLatched, "this PIN was refused before and is not sent again; put the right PIN into the PIN file"},
		{keys.ErrPINWrong, "put the right PIN into the PIN file; the wrong one will not be sent again"},
		{keys.ErrPINFinalTry, "one more wrong PIN would lock it: unlock it with the program of its maker"},
		{keys.ErrPINLocked, "unlock it with the program of its maker"},
		{keys.ErrPINMissing, "look at the PIN file: one line with the PIN"},
		{keys.ErrTokenUnready, "initialise it and give it a user PIN, with the program of its maker"},
		{keys.ErrTokenAmbiguous, "give its serial number: pkcs11-tool --module SO --list-slots"},
		{keys.ErrModule, "look at the path of the module, and whether it is one for this machine"},
		{keys.ErrKeyAmbiguous, "delete the keys that are too many with the program of its maker"},
		{keys.ErrKeyUnsupported, "use an RSA key from 2048 to 4096 bits, or ECDSA P-256 or P-384"},
		{keys.ErrTokenAbsent, "plug the token in, or look at its name: pkcs11-tool --module SO --list-slots"},
		{keys.ErrKeyAbsent, "list the keys: pkcs11-tool --module SO --login --list-objects"},
	}
	for _, h := range hints {
		if errors.Is(err, h.cause) {
			return hinted(err, h.hint)
		}
	}
	return err
}
