package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signservice/app"
	"signservice/app/secret"
)

// raw is a key that is neither text nor one byte repeated.
func raw() []byte {
	key := make([]byte, secret.MasterSize)
	for i := range key {
		key[i] = byte(i*37 + 200)
	}
	return key
}

func TestLoadMasterReadsEveryForm(t *testing.T) {
	for name, content := range map[string][]byte{
		"raw":               raw(),
		"hexadecimal":       []byte(hex.EncodeToString(raw())),
		"capitals, newline": []byte(strings.ToUpper(hex.EncodeToString(raw())) + "\r\n"),
		"base64":            []byte(base64.StdEncoding.EncodeToString(raw()) + "\n"),
		"base64 unpadded":   []byte(base64.RawStdEncoding.EncodeToString(raw())),
		"base64 for URLs":   []byte("  " + base64.RawURLEncoding.EncodeToString(raw()) + "\t"),
	} {
		t.Run(name, func(t *testing.T) {
			key, err := secret.LoadMaster(secret.Config{File: write(t, t.TempDir(), "key", content, 0o600)})
			if err != nil || !bytes.Equal(key, raw()) {
				t.Errorf("load: %v", err)
			}
		})
	}
}

func TestLoadMasterRefuses(t *testing.T) {
	good := []byte(hex.EncodeToString(raw()))
	for _, test := range []struct {
		name    string
		content []byte
		mode    fs.FileMode
		key     string
		hint    string
	}{
		{"a group's eyes", good, 0o640, "master.readable", "chmod 600"},
		{"the world's eyes", good, 0o604, "master.readable", "chmod 600"},
		{"others' pens", good, 0o602, "master.readable", "chmod 600"},
		{"an empty file", nil, 0o600, "master.malformed", "openssl rand"},
		{"a pass phrase of 32 letters", []byte("correct horse battery staple ok!"), 0o600, "master.malformed", "openssl rand"},
		{"16 bytes", []byte(hex.EncodeToString(raw()[:16])), 0o600, "master.malformed", "openssl rand"},
		{"33 bytes", append(raw(), 1), 0o600, "master.malformed", "openssl rand"},
		{"zeros", []byte(strings.Repeat("00", 32)), 0o600, "master.malformed", "openssl rand"},
		{"raw zeros", make([]byte, 32), 0o600, "master.malformed", "openssl rand"},
		{"two keys", []byte(string(good) + "\n" + string(good)), 0o600, "master.malformed", "openssl rand"},
		{"a huge file", bytes.Repeat([]byte{'a'}, 1<<20), 0o600, "master.malformed", "openssl rand"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, t.TempDir(), "key", test.content, test.mode)
			_, err := secret.LoadMaster(secret.Config{File: path})
			var failure *app.Error
			if !errors.As(err, &failure) || failure.Kind != app.Invalid || failure.Key != test.key {
				t.Fatalf("error %v, want key %s", err, test.key)
			}
			if !strings.Contains(err.Error(), test.hint) || !strings.Contains(err.Error(), path) {
				t.Errorf("no hint in: %v", err)
			}
			if len(test.content) > 0 && strings.Contains(err.Error(), string(test.content)) {
				t.Error("the error tells the key")
			}
		})
	}
}

func TestLoadMasterFindsTheCredential(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "master.key", raw(), 0o440) // the group bit stands for systemd's ACL
	write(t, dir, "other", raw(), 0o400)
	for _, c := range []secret.Config{{CredentialDir: dir}, {CredentialDir: dir, Credential: "other"}} {
		if key, err := secret.LoadMaster(c); err != nil || !bytes.Equal(key, raw()) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	write(t, dir, "open", raw(), 0o444)
	if _, err := secret.LoadMaster(secret.Config{CredentialDir: dir, Credential: "open"}); err == nil {
		t.Error("a credential that everybody can read is taken")
	}
}

func TestLoadMasterTellsWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]secret.Config{
		"nothing configured": {},
		"no such file":       {File: filepath.Join(dir, "none")},
		"no such credential": {CredentialDir: dir},
	} {
		_, err := secret.LoadMaster(c)
		var failure *app.Error
		if !errors.As(err, &failure) || failure.Key != "master.missing" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := secret.LoadMaster(secret.Config{File: dir})
	var failure *app.Error
	if !errors.As(err, &failure) || failure.Kind != app.Invalid {
		t.Errorf("a folder: %v", err)
	}
}

func TestCreateMaster(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if err := secret.CreateMaster(path); err != nil {
		t.Fatal(err)
	}
	first, err := secret.LoadMaster(secret.Config{File: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := secret.CreateMaster(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	again, err := secret.LoadMaster(secret.Config{File: path})
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("the key was replaced: %v", err)
	}
}

func write(t *testing.T, dir, name string, content []byte, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // past the umask
		t.Fatal(err)
	}
	return path
}
