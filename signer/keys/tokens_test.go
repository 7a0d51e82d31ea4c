//go:build cgo

package keys_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/cms"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// pin gives a source of a fixed PIN.
func pin(s string) keys.PINSource {
	return func(context.Context) (keys.PIN, error) { return keys.NewPIN([]byte(s)), nil }
}

// configOf names a token by its serial number.
func configOf(t *signertest.Token) keys.TokenConfig {
	return keys.TokenConfig{Module: t.Module, Serial: t.Serial, PIN: pin(t.PIN)}
}

// open makes a registry that closes with the test.
func open(tb testing.TB, c keys.Config) *keys.Tokens {
	tb.Helper()
	if c.Latch == nil {
		c.Latch = keys.NewFileLatch(tb.TempDir())
	}
	tokens, err := keys.Open(c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := tokens.Close(); err != nil {
			tb.Error(err)
		}
	})
	return tokens
}

// registry makes a registry of one token.
func registry(tb testing.TB, t *signertest.Token) *keys.Tokens {
	tb.Helper()
	return open(tb, keys.Config{Tokens: []keys.TokenConfig{configOf(t)}})
}

// verify checks a signature value with the standard library.
func verify(public crypto.PublicKey, digest, value []byte, opts crypto.SignerOpts) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			return rsa.VerifyPSS(key, pss.Hash, digest, value, &rsa.PSSOptions{SaltLength: pss.Hash.Size()}) == nil
		}
		return rsa.VerifyPKCS1v15(key, opts.HashFunc(), digest, value) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, value)
	}
	return false
}

func digestOf(h crypto.Hash) []byte {
	hash := h.New()
	hash.Write([]byte("content"))
	return hash.Sum(nil)
}

// TestSigner holds for every kind of key, hash and padding that a key on a token
// signs, directly and inside a container that openssl accepts.
func TestSigner(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	ca := signertest.NewCA(t, signertest.CAOptions{})
	token.PutCertificate(t, []byte{0xca}, "issuer", ca.Issuing.Certificate)
	tokens := registry(t, token)
	for i, algorithm := range signertest.Algorithms() {
		id := []byte{0x10, byte(i)}
		who := ca.Issue(t, signertest.Leaf{Algorithm: algorithm})
		token.Put(t, id, "key", who)
		key, err := tokens.Signer(t.Context(), keys.KeyID{Token: token.Serial, ID: hex.EncodeToString(id)})
		if err != nil {
			t.Fatal(err)
		}
		want := keys.KeyID{Token: token.Serial, ID: hex.EncodeToString(id), Certificate: keys.Fingerprint(who.Certificate.Raw)}
		if diff := cmp.Diff(want, key.ID()); diff != "" {
			t.Errorf("%s: id (-want +got):\n%s", algorithm, diff)
		}
		if len(key.Chain()) != 1 || !key.Chain()[0].Equal(ca.Issuing.Certificate) {
			t.Errorf("%s: chain of %d", algorithm, len(key.Chain()))
		}
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			for name, opts := range optionsFor(key.Public(), hash) {
				t.Run(fmt.Sprintf("%s/%v/%s", algorithm, hash, name), func(t *testing.T) {
					value, err := key.Sign(nil, digestOf(hash), opts)
					if err != nil || !verify(who.Key.Public(), digestOf(hash), value, opts) {
						t.Errorf("signature of %d bytes does not verify (%v)", len(value), err)
					}
				})
			}
			der, err := cms.Sign(t.Context(), digestOf(hash), key, cms.Options{Certificate: key.Certificate(), Chain: key.Chain(), Hash: hash})
			if err != nil {
				t.Fatal(err)
			}
			if err := signertest.VerifyCMS(t, der, []byte("content"), ca.Root.Certificate); err != nil {
				t.Errorf("%s with %v: openssl: %v", algorithm, hash, err)
			}
		}
	}
}

func optionsFor(public crypto.PublicKey, h crypto.Hash) map[string]crypto.SignerOpts {
	if _, ok := public.(*rsa.PublicKey); !ok {
		return map[string]crypto.SignerOpts{"ecdsa": h}
	}
	return map[string]crypto.SignerOpts{
		"pkcs1":           h,
		"pss, salt given": &rsa.PSSOptions{Hash: h, SaltLength: h.Size()},
		"pss, salt equal": &rsa.PSSOptions{Hash: h, SaltLength: rsa.PSSSaltLengthEqualsHash},
		"pss, salt auto":  &rsa.PSSOptions{Hash: h, SaltLength: rsa.PSSSaltLengthAuto},
	}
}

// TestSignRefuses is the table of what a key must not be asked.
func TestSignRefuses(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	token.Put(t, []byte{1}, "rsa", signertest.SelfSigned(t, signertest.Leaf{Algorithm: signertest.RSA2048}))
	token.Put(t, []byte{2}, "ec", signertest.SelfSigned(t, signertest.Leaf{}))
	tokens := registry(t, token)
	for name, c := range map[string]struct {
		id     string
		digest []byte
		opts   crypto.SignerOpts
	}{
		"no hash":             {"01", digestOf(crypto.SHA256), crypto.Hash(0)},
		"no options":          {"01", digestOf(crypto.SHA256), nil},
		"digest too short":    {"01", digestOf(crypto.SHA256)[1:], crypto.SHA256},
		"digest of another":   {"01", digestOf(crypto.SHA512), crypto.SHA256},
		"PSS with an EC key":  {"02", digestOf(crypto.SHA256), &rsa.PSSOptions{Hash: crypto.SHA256}},
		"PSS with mad salt":   {"01", digestOf(crypto.SHA256), &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: -7}},
		"raw RSA in disguise": {"01", make([]byte, 51), crypto.MD5SHA1},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := tokens.Signer(t.Context(), keys.KeyID{ID: c.id})
			if err != nil {
				t.Fatal(err)
			}
			if value, err := key.Sign(nil, c.digest, c.opts); err == nil {
				t.Errorf("signed %d bytes", len(value))
			}
		})
	}
}

// TestManyCertificates puts 24 certificates with equal labels on one token:
// each is found by its fingerprint and by its CKA_ID, and signs as itself.
func TestManyCertificates(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	var people []*signertest.Identity
	for i := range 24 {
		leaf := signertest.Leaf{Name: fmt.Sprintf("Person %d", i)}
		if i%8 == 0 {
			leaf.Key = signertest.NewKey(t, signertest.RSA2048)
		}
		people = append(people, signertest.SelfSigned(t, leaf))
		token.Put(t, []byte{0xaa, byte(i)}, "certificate", people[i])
	}
	tokens := registry(t, token)
	list := tokens.List(t.Context())
	if len(list) != 1 || list[0].Err != nil || len(list[0].Entries) != len(people) {
		t.Fatalf("listed %+v", list)
	}
	for i, p := range people {
		for _, id := range []keys.KeyID{
			{Token: token.Serial, Certificate: keys.Fingerprint(p.Certificate.Raw)},
			{Token: token.Serial, ID: fmt.Sprintf("AA%02X", i)},
		} {
			key, err := tokens.Signer(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			value, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256)
			if err != nil || !key.Certificate().Equal(p.Certificate) || !verify(p.Key.Public(), digestOf(crypto.SHA256), value, crypto.SHA256) {
				t.Errorf("%v gives another key (%v)", id, err)
			}
		}
	}
	if _, err := tokens.Signer(t.Context(), keys.KeyID{Token: token.Serial}); !errors.Is(err, keys.ErrKeyAmbiguous) {
		t.Errorf("a name for all: %v", err)
	}
}

// TestPairing is the table of what tokens look like after years: renewed
// certificates, forgotten keys, CKA_IDs used twice.
func TestPairing(t *testing.T) {
	hsm := signertest.NewHSM(t)
	ca := signertest.NewCA(t, signertest.CAOptions{})
	issue := func(l signertest.Leaf) *signertest.Identity { return ca.Issue(t, l) }
	for name, c := range map[string]struct {
		put func(*signertest.Token)
		// want tells each entry in words: label, has key, usable, problem.
		want []string
	}{
		"certificate without key": {
			func(k *signertest.Token) {
				k.PutCertificate(t, []byte{1}, "lonely", issue(signertest.Leaf{}).Certificate)
			},
			[]string{"lonely key=false usable=false"},
		},
		"key without certificate": {
			func(k *signertest.Token) { k.PutKey(t, []byte{1}, "bare", issue(signertest.Leaf{})) },
			[]string{"bare key=true usable=false"},
		},
		"renewed with the same key": {
			func(k *signertest.Token) {
				old := issue(signertest.Leaf{})
				k.Put(t, []byte{1}, "old", old)
				k.PutCertificate(t, []byte{1}, "new", issue(signertest.Leaf{Key: old.Key}).Certificate)
			},
			[]string{"new key=true usable=true", "old key=true usable=true"},
		},
		"another key's certificate under its CKA_ID": {
			func(k *signertest.Token) {
				k.PutKey(t, []byte{1}, "key", issue(signertest.Leaf{}))
				k.PutCertificate(t, []byte{1}, "stray", issue(signertest.Leaf{}).Certificate)
			},
			[]string{"key key=true usable=false", "stray key=false usable=false"},
		},
		"certificate under another CKA_ID than its key": {
			func(k *signertest.Token) {
				who := issue(signertest.Leaf{})
				k.PutKey(t, []byte{1}, "key", who)
				k.PutCertificate(t, []byte{2}, "certificate", who.Certificate)
			},
			[]string{"certificate key=true usable=true"},
		},
		"no public key object, RSA": {
			func(k *signertest.Token) {
				k.Put(t, []byte{1}, "rsa", issue(signertest.Leaf{Algorithm: signertest.RSA2048}))
				k.Delete(t, "pubkey", []byte{1})
			},
			[]string{"rsa key=true usable=true"},
		},
		"no public key object, EC": {
			func(k *signertest.Token) {
				k.Put(t, []byte{1}, "ec", issue(signertest.Leaf{}))
				k.Delete(t, "pubkey", []byte{1})
			},
			[]string{"ec key=true usable=true"},
		},
		"two RSA keys under one CKA_ID": {
			func(k *signertest.Token) {
				for _, label := range []string{"a", "b"} {
					k.Put(t, []byte{1}, label, issue(signertest.Leaf{Key: signertest.NewKey(t, signertest.RSA2048)}))
				}
			},
			[]string{"a key=true usable=true", "b key=true usable=true"},
		},
		"two EC keys under one CKA_ID": {
			func(k *signertest.Token) {
				k.Put(t, []byte{1}, "a", issue(signertest.Leaf{}))
				k.Put(t, []byte{1}, "b", issue(signertest.Leaf{}))
			},
			[]string{
				"a key=true usable=false several keys answer to this name: 2 private keys have CKA_ID 01",
				"b key=true usable=false several keys answer to this name: 2 private keys have CKA_ID 01",
			},
		},
		"one certificate stored twice": {
			func(k *signertest.Token) {
				who := issue(signertest.Leaf{})
				k.Put(t, []byte{1}, "one", who)
				k.PutCertificate(t, []byte{1}, "one", who.Certificate)
			},
			[]string{"one key=true usable=true"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			token := hsm.NewToken(t, "office")
			c.put(token)
			tokens := registry(t, token)
			contents := tokens.List(t.Context())[0]
			if contents.Err != nil {
				t.Fatal(contents.Err)
			}
			var got []string
			for _, e := range contents.Entries {
				line := fmt.Sprintf("%s key=%t usable=%t", e.Label, e.HasKey, e.Usable())
				if e.Problem != nil {
					line += " " + e.Problem.Error()
				}
				got = append(got, line)
				testEntry(t, tokens, e)
			}
			if diff := cmp.Diff(c.want, got, sorted); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

// sorted compares lines in any order.
var sorted = cmp.Transformer("sorted", func(in []string) string {
	return strings.Join(slices.Sorted(slices.Values(in)), "\n")
})

// testEntry holds that what is called usable signs as its certificate, and that
// nothing else is handed out.
func testEntry(t *testing.T, tokens *keys.Tokens, e keys.Entry) {
	t.Helper()
	key, err := tokens.Signer(t.Context(), e.ID)
	if e.Usable() != (err == nil) {
		t.Errorf("%s: Signer: %v", e.Label, err)
	}
	if err != nil {
		return
	}
	value, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256)
	if err != nil || !verify(e.Certificate.PublicKey, digestOf(crypto.SHA256), value, crypto.SHA256) {
		t.Errorf("%s: does not sign as its certificate (%v)", e.Label, err)
	}
}

// TestAlwaysAuthenticate holds that a key which wants the PIN at each signature
// signs, again and again and from several goroutines.
func TestAlwaysAuthenticate(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	for i, a := range []signertest.Algorithm{signertest.RSA2048, signertest.P256} {
		id := []byte{byte(i + 1)}
		public := token.Generate(t, id, "key", a, true)
		ca := signertest.NewCA(t, signertest.CAOptions{})
		token.PutCertificate(t, id, "key", ca.Issue(t, signertest.Leaf{Key: publicOnly{public}}).Certificate)
		tokens := registry(t, token)
		key, err := tokens.Signer(t.Context(), keys.KeyID{ID: hex.EncodeToString(id)})
		if err != nil {
			t.Fatal(err)
		}
		for name, opts := range optionsFor(public, crypto.SHA256) {
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					value, err := key.Sign(nil, digestOf(crypto.SHA256), opts)
					if err != nil || !verify(public, digestOf(crypto.SHA256), value, opts) {
						t.Errorf("%s %s: %v", a, name, err)
					}
				})
			}
			all.Wait()
		}
		if e := tokens.List(t.Context())[0].Entries[0]; !e.AlwaysAuthenticate {
			t.Errorf("%s: listed as %+v", a, e)
		}
		if err := tokens.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// publicOnly stands for a key whose private half is elsewhere.
type publicOnly struct{ crypto.PublicKey }

func (p publicOnly) Public() crypto.PublicKey { return p.PublicKey }

func (publicOnly) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the private half is elsewhere")
}

// TestAlwaysAuthenticateWrongPIN holds that the latch guards the PIN of
// signatures as well.
func TestAlwaysAuthenticateWrongPIN(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	public := token.Generate(t, []byte{1}, "key", signertest.P256, true)
	token.PutCertificate(t, []byte{1}, "key", signertest.NewCA(t, signertest.CAOptions{}).Issue(t, signertest.Leaf{Key: publicOnly{public}}).Certificate)
	logins := spy(t, token)
	config := configOf(token)
	config.SignaturePIN = pin("9999")
	tokens := open(t, keys.Config{Tokens: []keys.TokenConfig{config}})
	key, err := tokens.Signer(t.Context(), keys.KeyID{})
	if err != nil {
		t.Fatal(err)
	}
	before := logins()
	for i, want := range []error{keys.ErrPINWrong, keys.ErrPINLatched, keys.ErrPINLatched} {
		if _, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256); !errors.Is(err, want) {
			t.Errorf("signature %d: %v, want %v", i, err, want)
		}
	}
	if got := logins() - before; got != 1 {
		t.Errorf("the wrong PIN was sent %d times, want once", got)
	}
}

// TestConcurrent holds that many goroutines sign at once with few sessions.
func TestConcurrent(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	var people []*signertest.Identity
	for i := range 4 {
		people = append(people, signertest.SelfSigned(t, signertest.Leaf{}))
		token.Put(t, []byte{byte(i + 1)}, "key", people[i])
	}
	config := configOf(token)
	config.MaxSessions = 3
	tokens := open(t, keys.Config{Tokens: []keys.TokenConfig{config}})
	var all sync.WaitGroup
	for worker := range 32 {
		all.Go(func() {
			who := people[worker%len(people)]
			for i := range 10 {
				key, err := tokens.Signer(t.Context(), keys.KeyID{Certificate: keys.Fingerprint(who.Certificate.Raw)})
				if err != nil {
					t.Error(err)
					return
				}
				digest := sha256.Sum256([]byte{byte(worker), byte(i)})
				value, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
				if err != nil || !verify(who.Key.Public(), digest[:], value, crypto.SHA256) {
					t.Errorf("worker %d: %v", worker, err)
				}
			}
		})
	}
	all.Wait()
}

// TestOpenRefuses is the table of configurations that cannot work.
func TestOpenRefuses(t *testing.T) {
	latch := keys.NewFileLatch(t.TempDir())
	for name, c := range map[string]keys.Config{
		"no module":         {Latch: latch, Tokens: []keys.TokenConfig{{Serial: "1"}}},
		"no name":           {Latch: latch, Tokens: []keys.TokenConfig{{Module: "m"}}},
		"two names":         {Latch: latch, Tokens: []keys.TokenConfig{{Module: "m", Serial: "1", Label: "a"}}},
		"PIN without latch": {Tokens: []keys.TokenConfig{{Module: "m", Serial: "1", PIN: pin("1")}}},
		"one session":       {Latch: latch, Tokens: []keys.TokenConfig{{Module: "m", Serial: "1", MaxSessions: 1}}},
		"twice":             {Latch: latch, Tokens: []keys.TokenConfig{{Module: "m", Serial: "1"}, {Module: "m", Serial: "1"}}},
	} {
		if _, err := keys.Open(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestTokenErrors is the table of tokens and modules that do not work: each has
// its error, its state and its words, and the others go on.
func TestTokenErrors(t *testing.T) {
	hsm := signertest.NewHSM(t)
	good := hsm.NewToken(t, "good")
	good.Put(t, []byte{1}, "key", signertest.SelfSigned(t, signertest.Leaf{}))
	hsm.NewToken(t, "twin")
	hsm.NewToken(t, "twin")
	foreign := signertest.WriteFile(t, "foreign.so", elfFor(t, hsm.Module, 0xf3))
	libc := "/lib/x86_64-linux-gnu/libc.so.6"
	if _, err := os.Stat(libc); err != nil {
		libc = foreign
	}
	for name, c := range map[string]struct {
		config keys.TokenConfig
		want   error
		state  keys.State
		words  string
	}{
		"no such token":        {keys.TokenConfig{Module: hsm.Module, Serial: "beef", PIN: pin("1234")}, keys.ErrTokenAbsent, keys.StateAbsent, "token beef: the token is not plugged in"},
		"no such label":        {keys.TokenConfig{Module: hsm.Module, Label: "nobody", PIN: pin("1234")}, keys.ErrTokenAbsent, keys.StateAbsent, "nobody"},
		"label of two":         {keys.TokenConfig{Module: hsm.Module, Label: "twin", PIN: pin("1234")}, keys.ErrTokenAmbiguous, keys.StateFailed, "several tokens"},
		"no PIN":               {keys.TokenConfig{Module: hsm.Module, Serial: good.Serial}, keys.ErrPINMissing, keys.StatePIN, "PIN is missing"},
		"no PIN file":          {keys.TokenConfig{Module: hsm.Module, Serial: good.Serial, PIN: keys.PINFile("/nowhere")}, keys.ErrPINMissing, keys.StatePIN, "/nowhere"},
		"no such module":       {keys.TokenConfig{Module: "/nowhere.so", Serial: "1", PIN: pin("1")}, keys.ErrModule, keys.StateFailed, "no such file"},
		"module is a folder":   {keys.TokenConfig{Module: "/tmp", Serial: "1", PIN: pin("1")}, keys.ErrModule, keys.StateFailed, "folder"},
		"module is a text":     {keys.TokenConfig{Module: signertest.WriteFile(t, "a.so", []byte("text")), Serial: "1", PIN: pin("1")}, keys.ErrModule, keys.StateFailed, "no shared library"},
		"other architecture":   {keys.TokenConfig{Module: foreign, Serial: "1", PIN: pin("1")}, keys.ErrModule, keys.StateFailed, "EM_RISCV"},
		"library of no tokens": {keys.TokenConfig{Module: libc, Serial: "1", PIN: pin("1")}, keys.ErrModule, keys.StateFailed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tokens := open(t, keys.Config{Tokens: []keys.TokenConfig{c.config}})
			if got := tokens.Status()[0].State; got != keys.StateUnknown {
				t.Errorf("state %q before the first try", got)
			}
			_, err := tokens.Signer(t.Context(), keys.KeyID{})
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.words) {
				t.Errorf("Signer: %v", err)
			}
			if strings.Contains(fmt.Sprint(err), "1234") {
				t.Errorf("the PIN is in the error: %v", err)
			}
			if got := tokens.List(t.Context())[0]; !errors.Is(got.Err, c.want) {
				t.Errorf("List: %v", got.Err)
			}
			if got := tokens.Status()[0]; got.State != c.state || !errors.Is(got.Err, c.want) {
				t.Errorf("Status: %+v", got)
			}
		})
	}
	both := open(t, keys.Config{Tokens: []keys.TokenConfig{{Module: hsm.Module, Label: "nobody", PIN: pin("1")}, configOf(good)}})
	if _, err := both.Signer(t.Context(), keys.KeyID{Token: good.Serial, ID: "01"}); err != nil {
		t.Errorf("a token beside an absent one: %v", err)
	}
	if list := both.List(t.Context()); list[0].Err == nil || list[1].Err != nil || len(list[1].Entries) != 1 {
		t.Errorf("listed %+v", list)
	}
}

// elfFor copies a library and makes it one of another machine.
func elfFor(t *testing.T, module string, machine byte) []byte {
	t.Helper()
	data, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	data[18], data[19] = machine, 0 // e_machine
	return data
}

// TestLabel holds that a token may be named by a unique label, and that its
// serial number is learnt.
func TestLabel(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	who := signertest.SelfSigned(t, signertest.Leaf{})
	token.Put(t, []byte{1}, "key", who)
	tokens := open(t, keys.Config{Tokens: []keys.TokenConfig{{Module: token.Module, Label: "office", PIN: pin(token.PIN)}}})
	key, err := tokens.Signer(t.Context(), keys.KeyID{Token: token.Serial, ID: "01"})
	if err != nil || key.ID().Token != token.Serial {
		t.Fatalf("Signer: %v", err)
	}
	if got := tokens.Status()[0]; got.Token.Serial != token.Serial || got.State != keys.StateReady || got.Token.Manufacturer != "SoftHSM project" {
		t.Errorf("Status: %+v", got)
	}
}

// TestClosed holds that nothing works after Close, and that Close may be called
// again.
func TestClosed(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	token.Put(t, []byte{1}, "key", signertest.SelfSigned(t, signertest.Leaf{}))
	tokens := registry(t, token)
	key, err := tokens.Signer(t.Context(), keys.KeyID{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tokens.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256); !errors.Is(err, keys.ErrClosed) {
		t.Errorf("Sign after Close: %v", err)
	}
	if _, err := tokens.Signer(t.Context(), keys.KeyID{}); !errors.Is(err, keys.ErrClosed) {
		t.Errorf("Signer after Close: %v", err)
	}
	// Another registry may follow in the process.
	if _, err := registry(t, token).Signer(t.Context(), keys.KeyID{}); err != nil {
		t.Errorf("a second registry: %v", err)
	}
}
