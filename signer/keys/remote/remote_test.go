package remote_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"signservice/signer/keys"
	"signservice/signer/keys/remote"
	"signservice/signer/signertest"
)

// helperArgument makes the test's own binary a helper.
const helperArgument = "token-helper-of-the-test"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == helperArgument {
		if err := remote.Serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// world is a token with two keys, behind a module that misbehaves and a helper.
type world struct {
	*remote.Tokens
	t          *testing.T
	hsm        *signertest.HSM
	token      *signertest.Token
	module     *signertest.FaultModule
	latch      *keys.FileLatch
	mary, paul *signertest.Identity
	log        *log
}

// log collects what is logged.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// secretPIN is looked for where it must not be.
const secretPIN = "71352846"

func newWorld(t *testing.T, change func(*remote.Config)) *world {
	t.Helper()
	w := &world{t: t, hsm: signertest.NewHSM(t), log: &log{}}
	w.module = signertest.NewFaultModule(t, w.hsm)
	w.token = w.hsm.NewToken(t, "office")
	w.token.ChangePIN(t, secretPIN)
	w.mary = signertest.SelfSigned(t, signertest.Leaf{Name: "Mary"})
	w.paul = signertest.SelfSigned(t, signertest.Leaf{Name: "Paul", Algorithm: signertest.RSA2048})
	w.token.Put(t, []byte{1}, "mary", w.mary)
	w.token.Put(t, []byte{2}, "paul", w.paul)
	w.latch = keys.NewFileLatch(t.TempDir())
	c := w.config()
	began := time.Now()
	c.Now = func() time.Time { return began.Add(100 * time.Since(began)) } // pauses between helpers pass quickly
	if change != nil {
		change(&c)
	}
	w.Tokens = open(t, c)
	return w
}

// config names the token behind the fault module.
func (w *world) config() remote.Config {
	return remote.Config{
		Config: keys.Config{
			Latch: w.latch, Poll: 100 * time.Millisecond, Log: newLog(w.log),
			Tokens: []keys.TokenConfig{{Module: w.module.Path, Serial: w.token.Serial, PIN: pin(secretPIN)}},
		},
		Command: []string{os.Args[0], helperArgument},
	}
}

func pin(s string) keys.PINSource {
	return func(context.Context) (keys.PIN, error) { return keys.NewPIN([]byte(s)), nil }
}

func open(tb testing.TB, c remote.Config) *remote.Tokens {
	tb.Helper()
	tokens, err := remote.Open(c)
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

// watched runs the registry during the test.
func (w *world) watched() {
	ctx, cancel := context.WithCancel(w.t.Context())
	var done sync.WaitGroup
	done.Go(func() { w.Run(ctx) })
	w.t.Cleanup(func() { cancel(); done.Wait() })
}

// key gives Mary's key.
func (w *world) key() *keys.Signer {
	w.t.Helper()
	key, err := w.Signer(w.t.Context(), keys.KeyID{Token: w.token.Serial, ID: "01"})
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}

var digest = sha256.Sum256([]byte("content"))

// signs tells whether the key signs now; a false signature ends the test.
func (w *world) signs(key *keys.Signer) error {
	value, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err == nil && !ecdsa.VerifyASN1(w.mary.Key.Public().(*ecdsa.PublicKey), digest[:], value) {
		w.t.Fatal("a false signature")
	}
	return err
}

// soon waits until the key signs: within ten seconds, the promise of the
// product, is left to the caller's eyes; a slow machine fails no test.
func (w *world) soon(what string, ok func() bool) {
	w.t.Helper()
	for range 1200 {
		if ok() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	w.t.Fatalf("never: %s\n%s", what, w.log)
}

// TestAsInProcess holds that tokens behind a helper are listed, sign and make
// keys as those of the process itself do.
func TestAsInProcess(t *testing.T) {
	w := newWorld(t, nil)
	w.token.PutKey(t, []byte{3}, "bare", signertest.SelfSigned(t, signertest.Leaf{}))
	w.token.PutCertificate(t, []byte{4}, "lonely", signertest.SelfSigned(t, signertest.Leaf{}).Certificate)
	got := w.List(t.Context())
	direct, err := keys.Open(keys.Config{Latch: w.latch, Tokens: []keys.TokenConfig{{Module: w.module.Path, Serial: w.token.Serial, PIN: pin(secretPIN)}}})
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close() //nolint:errcheck // only read
	options := cmp.Options{cmpopts.IgnoreUnexported(keys.Entry{}), cmpopts.SortSlices(func(a, b keys.Entry) bool { return a.Label < b.Label }), cmpopts.EquateErrors()}
	if diff := cmp.Diff(direct.List(t.Context()), got, options); diff != "" || len(got[0].Entries) != 4 {
		t.Errorf("listed (-in process +behind a helper):\n%s", diff)
	}
	if s := w.Status()[0]; s.State != keys.StateReady || s.Err != nil || s.Token != got[0].Token {
		t.Errorf("status %+v", s)
	}
	if err := w.signs(w.key()); err != nil {
		t.Error(err)
	}
	paul, err := w.Signer(t.Context(), keys.KeyID{Certificate: keys.Fingerprint(w.paul.Certificate.Raw)})
	if err != nil {
		t.Fatal(err)
	}
	public := w.paul.Key.Public().(*rsa.PublicKey)
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		h := hash.New()
		h.Write([]byte("content"))
		sum := h.Sum(nil)
		value, err := paul.Sign(nil, sum, hash)
		if err != nil || rsa.VerifyPKCS1v15(public, hash, sum, value) != nil {
			t.Errorf("PKCS #1 v1.5 with %v: %v", hash, err)
		}
		pss := &rsa.PSSOptions{Hash: hash, SaltLength: rsa.PSSSaltLengthEqualsHash}
		if value, err = paul.Sign(nil, sum, pss); err != nil || rsa.VerifyPSS(public, hash, sum, value, pss) != nil {
			t.Errorf("PSS with %v: %v", hash, err)
		}
	}
}

// TestMakeKey makes a key, requests its certificate and writes it back.
func TestMakeKey(t *testing.T) {
	w := newWorld(t, nil)
	id, err := w.GenerateKey(t.Context(), w.token.Serial, keys.NewKey{Kind: keys.P384, Label: "new"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.CertificateRequest(t.Context(), id, keys.Subject{CommonName: "Mary"}); err != nil {
		t.Error(err)
	}
	_, absent := w.CertificateRequest(t.Context(), keys.KeyID{Token: w.token.Serial, ID: "ff"}, keys.Subject{CommonName: "Mary"})
	_, foreign := w.ImportCertificate(t.Context(), w.token.Serial, signertest.SelfSigned(t, signertest.Leaf{}).Certificate.Raw)
	if !errors.Is(absent, keys.ErrKeyAbsent) || !errors.Is(foreign, keys.ErrKeyMismatch) {
		t.Errorf("%v, %v", absent, foreign)
	}
	if id, err := w.ImportCertificate(t.Context(), w.token.Serial, w.mary.Certificate.Raw); err != nil || id.ID != "01" {
		t.Errorf("import: %v, %v", id, err)
	}
}

// seen waits until requests fail for the cause, as ones that may be made again,
// and the state tells it.
func (w *world) seen(key *keys.Signer, fault, cause string) {
	w.t.Helper()
	w.soon(fault, func() bool {
		for _, err := range []error{w.List(w.t.Context())[0].Err, w.signs(key)} {
			if err != nil && !errors.Is(err, keys.ErrToken) {
				w.t.Errorf("%s: %v", fault, err)
			}
			if err != nil && strings.Contains(err.Error(), cause) && !strings.Contains(err.Error(), "next one") {
				return true
			}
		}
		return false
	})
	if s := w.Status()[0]; s.State != keys.StateFailed || !errors.Is(s.Err, keys.ErrToken) || s.Since.IsZero() {
		w.t.Errorf("%s: status %+v", fault, s)
	}
	w.module.Set(w.t)
	w.soon("it signs after "+fault, func() bool { return w.signs(key) == nil })
	if s := w.Status()[0]; s.State != keys.StateReady {
		w.t.Errorf("after %s: %+v", fault, s)
	}
}

// TestCrash has the library crash, or end the process, at each call: the
// request fails as one that may be made again, the service lives, and soon all
// is well with the signer that was there before.
func TestCrash(t *testing.T) {
	w := newWorld(t, nil)
	key := w.key()
	for _, call := range []string{
		"C_Initialize", "C_GetSlotList", "C_GetTokenInfo", "C_OpenSession", "C_FindObjectsInit", "C_FindObjects",
		"C_GetAttributeValue", "C_SignInit", "C_Sign",
	} {
		for fault, cause := range map[string]string{"crash": "SIGSEGV", "exit": "exit status 3"} {
			w.module.Set(t, call+" "+fault)
			killHelper(t) // a new one comes to the calls of the beginning, too
			w.seen(key, call+" "+fault, cause)
		}
	}
	if w.module.WrongPINs(t) != 0 || strings.Contains(w.log.String(), secretPIN) {
		t.Error("a PIN went where it should not")
	}
}

// TestHang has the library hang: the deadline passes, the helper is ended and
// the next one works.
func TestHang(t *testing.T) {
	w := newWorld(t, func(c *remote.Config) { c.Timeout = 700 * time.Millisecond })
	key := w.key()
	for _, call := range []string{"C_Initialize", "C_OpenSession", "C_FindObjectsInit", "C_Sign"} {
		w.module.Set(t, call+" hang")
		killHelper(t)
		w.seen(key, call+" hang", "does not answer")
	}
}

// TestHangUnused holds that a library which hangs while nobody signs is noticed.
func TestHangUnused(t *testing.T) {
	w := newWorld(t, func(c *remote.Config) { c.Timeout = 500 * time.Millisecond })
	w.watched()
	w.soon("it is ready", func() bool { return w.Status()[0].State == keys.StateReady })
	w.module.Set(t, "C_GetTokenInfo hang")
	w.soon("the fault is seen", func() bool { return w.Status()[0].State == keys.StateFailed })
	w.module.Set(t)
	w.soon("it is ready again", func() bool { return w.Status()[0].State == keys.StateReady })
}

// TestLostLogin holds that a PIN whose login never came back is not sent again,
// since it may have counted as a wrong one, until a person allows it.
func TestLostLogin(t *testing.T) {
	for _, fault := range []string{"crash", "hang"} {
		t.Run(fault, func(t *testing.T) {
			w := newWorld(t, func(c *remote.Config) { c.Timeout = 700 * time.Millisecond })
			w.module.Set(t, "C_Login "+fault)
			sent := func() int { return w.module.Count(t, "C_Login user") }
			if _, err := w.Signer(t.Context(), keys.KeyID{ID: "01"}); !errors.Is(err, keys.ErrToken) {
				t.Errorf("Signer: %v", err)
			}
			w.module.Set(t)
			w.soon("the latch is asked", func() bool {
				_, err := w.Signer(t.Context(), keys.KeyID{ID: "01"})
				return errors.Is(err, keys.ErrPINLatched)
			})
			if sent() != 1 || w.Status()[0].State != keys.StatePIN {
				t.Errorf("sent %d times, %+v", sent(), w.Status()[0])
			}
			if err := w.latch.Reset(t.Context(), w.token.Serial); err != nil {
				t.Fatal(err)
			}
			if err := w.Retry(t.Context(), w.token.Serial); err != nil {
				t.Errorf("after the reset: %v", err)
			}
			if err := w.signs(w.key()); err != nil || sent() != 2 {
				t.Errorf("after the reset: %v, sent %d times", err, sent())
			}
		})
	}
}

// TestWrongPIN holds that a wrong PIN reaches the token once over many helpers,
// and that a PIN which was missing is asked for again.
func TestWrongPIN(t *testing.T) {
	var secret atomic.Value
	secret.Store("9999")
	w := newWorld(t, func(c *remote.Config) {
		c.Tokens[0].PIN = func(context.Context) (keys.PIN, error) {
			if s := secret.Load().(string); s != "" {
				return keys.NewPIN([]byte(s)), nil
			}
			return keys.PIN{}, errors.New("nobody has typed it")
		}
	})
	w.module.Set(t, "tries 3")
	if err := w.Retry(t.Context(), w.token.Serial); !errors.Is(err, keys.ErrPINWrong) {
		t.Errorf("the first time: %v", err)
	}
	for range 5 {
		killHelper(t)
		w.soon("a new helper", func() bool { return !errors.Is(w.Retry(t.Context(), w.token.Serial), keys.ErrToken) })
		if err := w.Retry(t.Context(), w.token.Serial); !errors.Is(err, keys.ErrPINLatched) {
			t.Errorf("later: %v", err)
		}
	}
	if sent, wrong := w.module.Count(t, "C_Login"), w.module.WrongPINs(t); sent != 1 || wrong != 1 {
		t.Errorf("sent %d times, %d wrong", sent, wrong)
	}
	secret.Store("")
	if err := w.Retry(t.Context(), w.token.Serial); !errors.Is(err, keys.ErrPINMissing) || !strings.Contains(err.Error(), "nobody has typed it") {
		t.Errorf("without a PIN: %v", err)
	}
	secret.Store(secretPIN)
	if err := w.Retry(t.Context(), w.token.Serial); err != nil || w.Status()[0].State != keys.StateReady {
		t.Errorf("with the right PIN: %v", err)
	}
}

// TestReplug pulls the token out at each point, under load: requests fail as
// ones that may be made again, the state tells it, and the same signer works
// when the token is back.
func TestReplug(t *testing.T) {
	w := newWorld(t, nil)
	w.watched()
	key := w.key()
	stop := make(chan struct{})
	var signed, refused atomic.Int64
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch err := w.signs(key); {
				case err == nil:
					signed.Add(1)
				case errors.Is(err, keys.ErrTokenAbsent) || errors.Is(err, keys.ErrToken):
					refused.Add(1)
					time.Sleep(time.Millisecond)
				default:
					t.Errorf("Sign: %v", err)
					return
				}
			}
		})
	}
	for _, at := range []string{"absent", "C_GetTokenInfo 0xe0", "C_OpenSession 0xe0", "C_Login 0x32", "C_FindObjectsInit 0x32", "C_SignInit 0x32", "C_Sign 0x32"} {
		was := signed.Load()
		w.soon("signatures are made", func() bool { return signed.Load() > was+10 })
		was = refused.Load()
		w.module.Set(t, at, "absent")
		w.soon("the state tells it, at "+at, func() bool {
			s := w.Status()[0]
			return s.State == keys.StateAbsent && !s.Since.IsZero() && refused.Load() > was
		})
		w.module.Set(t, at) // back, but the call still fails
		time.Sleep(50 * time.Millisecond)
		w.module.Set(t)
		w.soon("the state is ready, after "+at, func() bool { return w.Status()[0].State == keys.StateReady })
	}
	close(stop)
	load.Wait()
	if w.module.WrongPINs(t) != 0 {
		t.Error("a wrong PIN was sent")
	}
}

// TestTwoModules holds that a module which hangs does not hold up another, and
// that each has a process of its own.
func TestTwoModules(t *testing.T) {
	var other *signertest.Token
	w := newWorld(t, func(c *remote.Config) { c.Timeout = time.Second })
	other = w.hsm.NewToken(t, "other")
	other.Put(t, []byte{1}, "key", signertest.SelfSigned(t, signertest.Leaf{}))
	c := w.config()
	c.Timeout = time.Second
	c.Tokens = append(c.Tokens, keys.TokenConfig{Module: other.Module, Label: "other", PIN: pin(other.PIN)})
	both := open(t, c)
	steady, err := both.Signer(t.Context(), keys.KeyID{Token: other.Serial})
	if err != nil {
		t.Fatal(err)
	}
	if got := both.List(t.Context()); len(got) != 2 || got[0].Err != nil || got[1].Err != nil || got[1].Token.Serial != other.Serial {
		t.Fatalf("listed %+v", got)
	}
	w.module.Set(t, "C_FindObjectsInit hang")
	hung := make(chan []keys.Contents)
	go func() { hung <- both.List(t.Context()) }()
	for range 20 {
		if _, err := steady.Sign(nil, digest[:], crypto.SHA256); err != nil {
			t.Fatalf("the other module: %v", err)
		}
	}
	if got := <-hung; !errors.Is(got[0].Err, keys.ErrToken) || got[1].Err != nil {
		t.Errorf("listed %v, %v", got[0].Err, got[1].Err)
	}
	w.module.Set(t)
}

// TestHelperSecrets holds that the PIN is neither in the arguments nor in the
// environment of a helper, that it writes no core file, and that what a library
// prints reaches neither the log nor the connection.
func TestHelperSecrets(t *testing.T) {
	t.Setenv("TOKEN_PIN", secretPIN)
	w := newWorld(t, func(c *remote.Config) {
		c.Tokens[0].PIN = keys.PINEnv("TOKEN_PIN")
		for _, v := range os.Environ() {
			if !strings.HasPrefix(v, "TOKEN_PIN=") {
				c.Environ = append(c.Environ, v)
			}
		}
	})
	w.module.Set(t, "C_Login chatter", "C_Sign chatter")
	key := w.key()
	if err := w.signs(key); err != nil {
		t.Fatal(err)
	}
	helpers := helperProcesses(t)
	if len(helpers) != 1 {
		t.Fatalf("%d helpers", len(helpers))
	}
	proc := filepath.Join("/proc", fmt.Sprint(helpers[0]))
	for _, name := range []string{"cmdline", "environ"} {
		data, err := os.ReadFile(filepath.Join(proc, name))
		if err != nil || bytes.Contains(data, []byte(secretPIN)) {
			t.Errorf("%s: %v, %q", name, err, data)
		}
	}
	limits, err := os.ReadFile(filepath.Join(proc, "limits"))
	if err != nil || !regexp.MustCompile(`Max core file size +0 +0 `).Match(limits) {
		t.Errorf("core files: %v, %s", err, limits)
	}
	if s := w.log.String(); strings.Contains(s, secretPIN) || strings.Contains(s, "debug") {
		t.Errorf("logged: %s", s)
	}
}

// TestEndings holds that no helper outlives its registry, that a registry which
// is closed says so, and that a call which nobody waits for does no harm.
func TestEndings(t *testing.T) {
	w := newWorld(t, nil)
	key := w.key()
	w.module.Set(t, "C_Sign slow 300")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Signer(ctx, keys.KeyID{ID: "01"}); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits: %v", err)
	}
	result := make(chan error)
	go func() { result <- w.signs(key) }()
	before := w.module.Count(t, "C_Sign")
	w.soon("the call is under way", func() bool { return w.module.Count(t, "C_Sign") > before })
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Errorf("the call under way: %v", err)
	}
	if left := helperProcesses(t); len(left) > 0 {
		t.Errorf("helpers %v outlive the registry", left)
	}
	if err := w.signs(key); !errors.Is(err, keys.ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("again: %v", err)
	}
}

// TestOpenRefuses is the table of configurations that cannot work, and of
// commands that are no helper.
func TestOpenRefuses(t *testing.T) {
	latch := keys.NewFileLatch(t.TempDir())
	token := keys.TokenConfig{Module: "m", Serial: "1", PIN: pin("1")}
	for name, c := range map[string]remote.Config{
		"no command": {Config: keys.Config{Latch: latch, Tokens: []keys.TokenConfig{token}}},
		"no latch":   {Config: keys.Config{Tokens: []keys.TokenConfig{token}}, Command: []string{"true"}},
		"twice":      {Config: keys.Config{Latch: latch, Tokens: []keys.TokenConfig{token, token}}, Command: []string{"true"}},
	} {
		if _, err := remote.Open(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, command := range map[string][]string{
		"no program":          {"/nowhere"},
		"a program that ends": {"true"},
		"one that says much":  {"sh", "-c", "head -c 100000 /dev/zero >&3"},
		"one that says zeros": {"sh", "-c", "head -c 4 /dev/zero >&3; cat >&3 <&3"},
	} {
		tokens := open(t, remote.Config{
			Config: keys.Config{Latch: latch, Tokens: []keys.TokenConfig{token}}, Command: command, Timeout: 2 * time.Second,
		})
		for range 3 {
			if _, err := tokens.Signer(t.Context(), keys.KeyID{Token: "1"}); !errors.Is(err, keys.ErrToken) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s := tokens.Status()[0]; s.State != keys.StateFailed {
			t.Errorf("%s: %+v", name, s)
		}
	}
	tokens := open(t, remote.Config{
		Config:  keys.Config{Latch: latch, Tokens: []keys.TokenConfig{{Module: "/nowhere.so", Serial: "1", PIN: pin("1")}}},
		Command: []string{os.Args[0], helperArgument},
	})
	if _, err := tokens.Signer(t.Context(), keys.KeyID{Token: "1"}); !errors.Is(err, keys.ErrModule) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no module: %v", err)
	}
	if _, err := tokens.Signer(t.Context(), keys.KeyID{Token: "2"}); !errors.Is(err, keys.ErrTokenAbsent) {
		t.Errorf("no such token: %v", err)
	}
}
