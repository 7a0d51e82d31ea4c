package keys

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// FileLatch is a PINLatch in a folder, for programs without a store: one small
// file a token, and the key of the marks.
type FileLatch struct{ dir string }

// NewFileLatch gives the latch in a folder, which it makes when it is first
// used. StateDir gives the user's.
func NewFileLatch(dir string) *FileLatch { return &FileLatch{dir} }

// StateDir gives the folder of the user's state for a program, as the XDG Base
// Directory Specification has it: $XDG_STATE_HOME, or ~/.local/state.
func StateDir(program string) (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, program), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state", program), nil
}

// Path gives the file that remembers a PIN of the token: to remove it allows the
// PIN to be sent again.
func (l *FileLatch) Path(tokenSerial string) string {
	return filepath.Join(l.dir, "pin-"+hex.EncodeToString([]byte(tokenSerial)))
}

// Try implements PINLatch.
func (l *FileLatch) Try(ctx context.Context, tokenSerial string, pin PIN) (func(accepted bool) error, error) {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, fmt.Errorf("keep the PIN latch: %w", err)
	}
	unlock, err := l.lock(ctx, l.Path(tokenSerial))
	if err != nil {
		return nil, fmt.Errorf("lock the PIN latch: %w", err)
	}
	if err := l.set(ctx, tokenSerial, pin); err != nil {
		return nil, errors.Join(err, unlock())
	}
	return func(accepted bool) error {
		if !accepted {
			return unlock()
		}
		return errors.Join(os.Remove(l.Path(tokenSerial)), unlock())
	}, nil
}

// Reset forgets what was sent to the token, so that the same PINs may be sent
// once more. It is for a person who knows that they are right: each wrong one
// brings the token nearer to its lock.
func (l *FileLatch) Reset(ctx context.Context, tokenSerial string) (err error) {
	for _, name := range []string{tokenSerial, tokenSerial + "/signature"} {
		if _, err := os.Stat(l.Path(name)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		unlock, err := l.lock(ctx, l.Path(name))
		if err != nil {
			return fmt.Errorf("lock the PIN latch: %w", err)
		}
		if err := errors.Join(os.Remove(l.Path(name)), unlock()); err != nil {
			return fmt.Errorf("reset the PIN latch: %w", err)
		}
	}
	return nil
}

// set records the PIN unless it is the one recorded.
func (l *FileLatch) set(ctx context.Context, tokenSerial string, pin PIN) error {
	key, err := l.key(ctx)
	if err != nil {
		return fmt.Errorf("keep the PIN latch: %w", err)
	}
	mark := pin.Mark(key, tokenSerial)
	old, err := os.ReadFile(l.Path(tokenSerial))
	switch {
	case err == nil && subtle.ConstantTimeCompare(old, mark) == 1:
		return fmt.Errorf("token %s: %w (to allow it once more remove %s)", tokenSerial, ErrPINLatched, l.Path(tokenSerial))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("keep the PIN latch: %w", err)
	}
	if err := writeDurably(l.Path(tokenSerial), mark); err != nil {
		return fmt.Errorf("keep the PIN latch: %w", err)
	}
	return nil
}

// key reads the key of the marks, or makes it. A damaged one is an error: with
// another key no mark would be recognised.
func (l *FileLatch) key(ctx context.Context) (key []byte, err error) {
	path := filepath.Join(l.dir, "pin-key")
	unlock, err := l.lock(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	key, err = os.ReadFile(path)
	switch {
	case err == nil && len(key) != 32:
		return nil, fmt.Errorf("%s is damaged", path)
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return key, err
	}
	key = make([]byte, 32)
	rand.Read(key) //nolint:errcheck // it never fails, see crypto/rand
	return key, writeDurably(path, key)
}

// lock waits until no other process has the lock of the file.
func (l *FileLatch) lock(ctx context.Context, path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		locked, err := tryLock(f)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if locked {
			return f.Close, nil // which releases the lock
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// writeDurably replaces a file so that it survives a power failure.
func writeDurably(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
