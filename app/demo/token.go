package demo

import (
	"context"
	"crypto"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"signservice/signer/keys"
)

// ErrNoToken: SoftHSM2 or pkcs11-tool is not on this machine, so the company
// has no token.
var ErrNoToken = errors.New("SoftHSM2 and pkcs11-tool (opensc) are not installed")

// tokenPIN is no secret: the token is made of files in the demo's own folder.
const tokenPIN = "648219"

// Token makes the company's token in dir, with two certificates, or finds the
// one that is there. It sets SOFTHSM2_CONF for this process and gives the file
// that `--tokens` takes.
func Token(ctx context.Context, dir string) (string, error) {
	module := softHSM()
	for _, tool := range []string{"softhsm2-util", "pkcs11-tool"} {
		if _, err := exec.LookPath(tool); err != nil || module == "" {
			return "", ErrNoToken
		}
	}
	dir = filepath.Join(dir, "token")
	conf, file := filepath.Join(dir, "softhsm2.conf"), filepath.Join(dir, "tokens.json")
	if err := os.MkdirAll(filepath.Join(dir, "objects"), 0o700); err != nil {
		return "", err
	}
	text := "directories.tokendir = " + filepath.Join(dir, "objects") + "\nobjectstore.backend = file\nlog.level = ERROR\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return "", err
	}
	if err := os.Setenv("SOFTHSM2_CONF", conf); err != nil {
		return "", err
	}
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	t := tokenMaker{module: module, dir: dir}
	if err := t.make(ctx); err != nil {
		return "", fmt.Errorf("make the demo's token: %w", err)
	}
	pin := filepath.Join(dir, "pin")
	if err := os.WriteFile(pin, []byte(tokenPIN), 0o600); err != nil {
		return "", err
	}
	list, err := json.Marshal([]map[string]string{{"module": module, "label": tokenLabel, "pin_file": pin}})
	if err != nil {
		return "", err
	}
	return file, os.WriteFile(file, list, 0o600)
}

const tokenLabel = "Camomile office"

// softHSM finds the module where distributions put it.
func softHSM() string {
	for _, pattern := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/*/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// tokenMaker puts keys and certificates on a new token.
type tokenMaker struct{ module, dir string }

func (t tokenMaker) make(ctx context.Context) error {
	if err := t.run(ctx, "softhsm2-util", "--module", t.module, "--init-token", "--free",
		"--label", tokenLabel, "--pin", tokenPIN, "--so-pin", tokenPIN); err != nil {
		return err
	}
	for i, name := range []string{"Mary Hill", "Anna Berg"} {
		if err := t.put(ctx, fmt.Sprintf("%02x", 0xa1+i), name); err != nil {
			return err
		}
	}
	return nil
}

// put makes a key and a certificate for a person and puts both on the token.
func (t tokenMaker) put(ctx context.Context, id, name string) error {
	key, err := keys.Generate(keys.RSA2048)
	if err != nil {
		return err
	}
	now := time.Now()
	der, err := keys.SelfSigned(keys.SelfSignedRequest{
		Key: crypto.Signer(key), CommonName: name, Organization: "Camomile Ltd",
		NotBefore: now, NotAfter: now.AddDate(2, 0, 0),
	})
	if err != nil {
		return err
	}
	pkcs8, err := key.PKCS8()
	if err != nil {
		return err
	}
	defer clear(pkcs8)
	keyFile, certFile := filepath.Join(t.dir, "key.pem"), filepath.Join(t.dir, "cert.der")
	defer os.Remove(keyFile)  //nolint:errcheck // made below, or not at all
	defer os.Remove(certFile) //nolint:errcheck // as above
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	if err := errors.Join(os.WriteFile(keyFile, block, 0o600), os.WriteFile(certFile, der, 0o600)); err != nil {
		return err
	}
	if err := t.run(ctx, "softhsm2-util", "--module", t.module, "--import", keyFile, "--token", tokenLabel,
		"--label", name, "--id", id, "--pin", tokenPIN); err != nil {
		return err
	}
	return t.run(ctx, "pkcs11-tool", "--module", t.module, "--token-label", tokenLabel, "--login", "--pin", tokenPIN,
		"--write-object", certFile, "--type", "cert", "--id", id, "--label", name)
}

func (t tokenMaker) run(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}
