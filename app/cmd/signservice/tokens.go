package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"signservice/app/keyring"
	"signservice/signer/keys"
	"signservice/signer/keys/remote"
)

// tokenEntry is one token in the tokens file. The PIN comes from one of a file,
// an environment variable or a systemd credential; where none is named an
// administrator types it.
type tokenEntry struct {
	Module        string `json:"module"`
	Serial        string `json:"serial"`
	Label         string `json:"label"`
	PINFile       string `json:"pin_file"`
	PINEnv        string `json:"pin_env"`
	PINCredential string `json:"pin_credential"`
	// SignaturePINFile holds the PIN of keys that want one at each signature,
	// where it differs.
	SignaturePINFile string `json:"signature_pin_file"`
	// Portals may use the token: member ids, or addresses as camomile.bitrix24.com.
	Portals []string `json:"portals"`
}

// readTokens reads the file of tokens. An unknown name in it is a mistake: a
// PIN source that is misspelt would seem to be none.
func readTokens(file string) ([]tokenEntry, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	var entries []tokenEntry
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(&entries); err != nil {
		return nil, hinted(fmt.Errorf("tokens file %s is not a JSON list of tokens: %w", file, err),
			"each has module, serial or label, and may have pin_file, pin_env or pin_credential, signature_pin_file, portals")
	}
	for i, e := range entries {
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("tokens file %s: entry %d %w", file, i+1, err)
		}
	}
	return entries, nil
}

func (e tokenEntry) check() error {
	sources := 0
	for _, s := range []string{e.PINFile, e.PINEnv, e.PINCredential} {
		if s != "" {
			sources++
		}
	}
	switch {
	case e.Module == "" || e.Serial == "" && e.Label == "":
		return errors.New("needs a module, and a serial or a label")
	case e.Serial != "" && e.Label != "":
		return errors.New("has a serial and a label: give the serial alone")
	case sources > 1:
		return errors.New("has more than one source of its PIN")
	}
	return nil
}

// config is the entry as package keys takes it, and its rule. Without a store
// there is no typed PIN.
func (e tokenEntry) config(store keyring.Store) (keys.TokenConfig, keyring.Rule) {
	t := keys.TokenConfig{Module: e.Module, Serial: e.Serial, Label: e.Label}
	rule := keyring.Rule{Portals: e.Portals}
	switch {
	case e.PINFile != "":
		t.PIN = keys.PINFile(e.PINFile)
	case e.PINEnv != "":
		t.PIN = keys.PINEnv(e.PINEnv)
	case e.PINCredential != "":
		t.PIN = keys.PINCredential(e.PINCredential)
	case e.Serial != "" && store != nil: // under a label another token might come and get the PIN
		t.PIN, rule.Typed = keyring.TypedPIN(store, e.Serial), true
	}
	if e.SignaturePINFile != "" {
		t.SignaturePIN = keys.PINFile(e.SignaturePINFile)
	}
	return t, rule
}

// tokenRegistry is *remote.Tokens.
type tokenRegistry interface {
	keyring.Tokens
	Run(ctx context.Context)
	Close() error
}

// openTokens makes the registry of the configured tokens, and the ring that
// gives their keys; the registry is nil where there are no tokens. The tokens
// themselves are opened when they are needed, each module in a process of its
// own.
func openTokens(c config, store keyring.Store, log *slog.Logger) (tokenRegistry, *keyring.Ring, error) {
	none := keyring.New(keyring.Config{Store: store, Log: log})
	if c.Tokens == "" {
		return nil, none, nil
	}
	entries, err := readTokens(c.Tokens)
	if err != nil {
		return nil, none, err
	}
	latch := keys.NewFileLatch(filepath.Join(c.Dir, "pins"))
	rc := remote.Config{Config: keys.Config{Latch: latch, Log: log}, Environ: helperEnviron(os.Environ(), entries)}
	var rules []keyring.Rule
	for _, e := range entries {
		t, rule := e.config(store)
		rc.Tokens, rules = append(rc.Tokens, t), append(rules, rule)
	}
	if rc.Command, err = helperCommand(); err != nil {
		return nil, none, err
	}
	tokens, err := remote.Open(rc)
	if errors.Is(err, keys.ErrNoPKCS11) {
		log.Warn("tokens are off", "cause", err)
		return nil, none, nil // software keys go on working
	}
	if err != nil {
		return nil, none, err
	}
	return tokens, keyring.New(keyring.Config{Store: store, Tokens: tokens, Rules: rules, Latch: latch, Log: log}), nil
}

// helperEnviron is the environment of the helper processes: without the PINs.
func helperEnviron(all []string, entries []tokenEntry) []string {
	return slices.DeleteFunc(slices.Clone(all), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.ContainsFunc(entries, func(e tokenEntry) bool { return e.PINEnv != "" && e.PINEnv == name })
	})
}

// helperCommand starts this very program again, also when its file has been
// replaced by a newer one since: proc(5), /proc/pid/exe.
func helperCommand() ([]string, error) {
	const self = "/proc/self/exe"
	if _, err := os.Stat(self); err == nil {
		return []string{self, tokenHelperName}, nil
	}
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return []string{path, tokenHelperName}, nil
}

// tokenHelperName is the hidden command of the helper processes.
const tokenHelperName = "token-helper"

// tokenHelperCommand is a helper process: it uses one PKCS#11 module for the
// service that started it.
type tokenHelperCommand struct{}

// Run answers the service until that is no more.
func (tokenHelperCommand) Run() error { return remote.Serve() }
