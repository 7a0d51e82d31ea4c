package ca_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"signservice/signer/ca"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

const passphrase = "correct horse 42"

// TestRootFile seals a root, which opens again here and with openssl, with the
// right password only.
func TestRootFile(t *testing.T) {
	for _, kind := range []keys.Kind{keys.P384, keys.RSA3072} {
		w := newWorld(t, kind, keys.P256)
		file, err := ca.SealRoot(w.root.Certificate, pkcs8(t, w.rootKey), passphrase)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ca.OpenRoot(file, passphrase)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.Certificate.Raw, w.root.Certificate.Raw) {
			t.Error("another certificate came back")
		}
		if s := fmt.Sprintf("%v %+v", back.Key, back); !strings.Contains(s, "[redacted]") {
			t.Errorf("the key shows itself: %s", s)
		}
		if _, err := back.RevocationList(nil, nil, w.now, ca.RootListLife); err != nil {
			t.Error(err)
		}
		path := signertest.WriteFile(t, "root.p12", file)
		text := signertest.OpenSSL(t, "pkcs12", "-in", path, "-passin", "pass:"+passphrase, "-nodes")
		if !strings.Contains(text, "PRIVATE KEY") || !strings.Contains(text, "BEGIN CERTIFICATE") {
			t.Error("openssl does not find key and certificate")
		}
		info, err := signertest.Try(t, "openssl", "pkcs12", "-in", path, "-passin", "pass:"+passphrase, "-info", "-noout")
		_ = info
		if err != nil {
			t.Error(err)
		}
		for _, wrong := range []string{"", "correct horse 43", passphrase + " "} {
			_, err := ca.OpenRoot(file, wrong)
			wants(t, err, ca.ErrPassword)
		}
	}
}

// TestRootFileRefused: weak passwords, and files that are none.
func TestRootFileRefused(t *testing.T) {
	w := newWorld(t, keys.P256, keys.P256)
	key := pkcs8(t, w.rootKey)
	for _, weak := range []string{"", "short", "aaaaaaaaaaaaaaaaaaaa", "пароль на русском языке", "tab\tin the middle of it"} {
		_, err := ca.SealRoot(w.root.Certificate, key, weak)
		wants(t, err, ca.ErrPassword)
	}
	_, err := ca.SealRoot(w.issuing.Certificate, pkcs8(t, w.issuing.Key.(*keys.SoftKey)), passphrase)
	wants(t, err, ca.ErrNotIssuer)
	_, err = ca.SealRoot(w.root.Certificate, pkcs8(t, w.key(keys.P256)), passphrase)
	wants(t, err, ca.ErrNotIssuer)
	_, err = ca.SealRoot(w.root.Certificate, []byte("key"), passphrase)
	wants(t, err, ca.ErrFile)
	for _, bad := range [][]byte{nil, []byte("root"), make([]byte, 2<<20)} {
		_, err = ca.OpenRoot(bad, passphrase)
		wants(t, err, ca.ErrFile)
	}
	if name := ca.RootFileName(w.root.Certificate); name != "root-root-ca.p12" {
		t.Errorf("the file is called %q", name)
	}
}
