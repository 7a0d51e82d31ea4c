package secret

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"signservice/app"
)

// DefaultCredential is the name of the systemd credential that holds the
// master key (LoadCredential=master.key:…).
const DefaultCredential = "master.key"

// maxKeyFile is more than any form of the key needs.
const maxKeyFile = 4096

// Config says where the master key is.
type Config struct {
	// File holds the key; nobody but its owner may be able to read it.
	File string
	// CredentialDir is systemd's $CREDENTIALS_DIRECTORY, used when File is empty.
	CredentialDir string
	// Credential is the name in CredentialDir; empty means DefaultCredential.
	Credential string
}

// LoadMaster reads the master key: 32 raw bytes, or the same in hexadecimal or
// base64, with white space around. The caller wipes what it gets.
//
// It fails with kind app.Invalid and a key "master.…" whose cause says what to
// do: the key is missing, others can read it, or it is none.
func LoadMaster(c Config) (Bytes, error) {
	path, forbidden := c.File, fs.FileMode(0o077)
	if path == "" {
		if c.CredentialDir == "" {
			return nil, masterFailure("master.missing", "",
				errors.New("no master key is configured; give a file, or a systemd credential named "+DefaultCredential))
		}
		name := c.Credential
		if name == "" {
			name = DefaultCredential
		}
		// systemd guards the folder itself, and grants a service's user access
		// through an ACL, which shows as a group's right: systemd.exec(5).
		path, forbidden = filepath.Join(c.CredentialDir, name), 0o007
	}
	data, err := readPrivate(path, forbidden)
	if err != nil {
		return nil, err
	}
	defer clear(data)
	key := decodeMaster(data)
	if key == nil {
		return nil, masterFailure("master.malformed", path,
			fmt.Errorf("%s holds no master key: 32 random bytes are needed, raw, in hexadecimal or in base64; make some with: openssl rand -base64 32", path))
	}
	return key, nil
}

// readPrivate reads a small file that others cannot read.
func readPrivate(path string, forbidden fs.FileMode) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, masterFailure("master.missing", path, err)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return nil, masterFailure("master.missing", path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, masterFailure("master.malformed", path, fmt.Errorf("%s is no regular file", path))
	}
	if info.Mode().Perm()&forbidden != 0 {
		return nil, masterFailure("master.readable", path,
			fmt.Errorf("%s can be read by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path))
	}
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, masterFailure("master.missing", path, err)
	}
	return data, nil
}

// decodeMaster finds the key in a file's content; nil when there is none.
func decodeMaster(data []byte) Bytes {
	if len(data) == MasterSize && !printable(data) && !monotonous(data) {
		return bytes.Clone(data)
	}
	text := bytes.TrimSpace(data)
	decoders := []func(string) ([]byte, error){
		hex.DecodeString,
		base64.StdEncoding.Strict().DecodeString, base64.RawStdEncoding.Strict().DecodeString,
		base64.URLEncoding.Strict().DecodeString, base64.RawURLEncoding.Strict().DecodeString,
	}
	for _, decode := range decoders {
		if key, err := decode(string(text)); err == nil && len(key) == MasterSize && !monotonous(key) {
			return key
		}
	}
	return nil
}

// printable tells whether data reads as text: a typed pass phrase, which is
// never as hard to guess as 32 random bytes. Random bytes do so once in 10^13.
func printable(data []byte) bool {
	for _, b := range data {
		if (b < ' ' || b > '~') && b != '\n' {
			return false
		}
	}
	return true
}

// monotonous tells whether the key is one byte repeated, as a placeholder is.
func monotonous(key []byte) bool {
	return bytes.Count(key, key[:1]) == len(key)
}

// CreateMaster makes a new master key in a file that only its owner can read,
// durably, and never replaces an existing file (errors.Is fs.ErrExist).
func CreateMaster(path string) (err error) {
	key := make(Bytes, MasterSize)
	defer key.Zero()
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("make master key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make master key: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("make master key: %w", errors.Join(err, os.Remove(path)))
		}
	}()
	if _, err := io.Copy(f, strings.NewReader(base64.StdEncoding.EncodeToString(key)+"\n")); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name in a folder durable: without the key everything
// that is sealed under it is lost.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func masterFailure(key, path string, cause error) error {
	e := app.Fail(app.Invalid, "load master key", key).Because(cause)
	if path != "" {
		e.Args = []any{path}
	}
	return e
}
