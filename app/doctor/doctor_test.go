package doctor_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/doctor"
	"signservice/app/i18n"
	"signservice/app/secret"
	"signservice/app/store"
	"signservice/app/store/bolt"
)

// acme is the portal of the tests.
const acme = app.PortalID("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")

// world is a service's folder with a real store.
type world struct {
	t       *testing.T
	dir     string
	now     time.Time
	backend *bolt.Backend
	store   *store.Store
	config  doctor.Config
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), now: time.Now()}
	w.must(os.Chmod(w.dir, 0o700))
	clock := func() time.Time { return w.now }
	var err error
	w.backend, err = bolt.Open(filepath.Join(w.dir, "signservice.db"), bolt.Options{Now: clock})
	w.must(err)
	keeper, err := secret.New(bytes.Repeat([]byte{7}, secret.MasterSize))
	w.must(err)
	w.store, err = store.New(t.Context(), w.backend, keeper, store.Options{})
	w.must(err)
	t.Cleanup(func() { _ = w.store.Close() })
	w.config = doctor.Config{Dir: w.dir, Store: w.store, Now: clock, Patience: 5 * time.Second}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// host is a server on loopback whose clock is off, and what trusts it.
func (w *world) host(off time.Duration) (address string, trust *x509.CertPool) {
	w.t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.URL.RawQuery != "" {
			w.t.Errorf("asked with %s", r.URL)
		}
		rw.Header().Set("Date", w.now.Add(off).UTC().Format(http.TimeFormat))
		rw.WriteHeader(http.StatusUnauthorized)
	}))
	w.t.Cleanup(s.Close)
	trust = x509.NewCertPool()
	trust.AddCert(s.Certificate())
	return s.URL + "/rest/", trust
}

// install puts a portal into the store.
func (w *world) install(id app.PortalID, endpoint string) {
	w.t.Helper()
	w.must(w.store.SavePortal(w.t.Context(), app.Portal{ID: id, Endpoint: endpoint, InstalledAt: w.now, ApplicationToken: "canary-token"}))
}

// lines are findings as "check health subject key", without the subject where
// it is a path or an address of the test.
func lines(list []app.Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, strings.Join(strings.Fields(f.Check+" "+string(f.Health)+" "+f.Key), " "))
	}
	return out
}

// find gives the findings of a check.
func find(list []app.Finding, check string) []app.Finding {
	var found []app.Finding
	for _, f := range list {
		if f.Check == check {
			found = append(found, f)
		}
	}
	return found
}

// TestGood examines a service where all is well, and says all of it in every
// language.
func TestGood(t *testing.T) {
	w := newWorld(t)
	auth, trust := w.host(0)
	w.install(acme, auth)
	w.install("bbbb", "https://gone.invalid/rest/")
	gone, err := w.store.Portal(t.Context(), "bbbb")
	w.must(err)
	gone.UninstalledAt = w.now
	w.must(w.store.SavePortal(t.Context(), gone))
	w.must(w.store.Audit(t.Context(), app.AuditEntry{Action: app.ActInstalled, Portal: acme}))
	w.must(w.store.SaveBackup(t.Context(), app.Backup{At: w.now}))
	w.config.AuthServers = []string{auth}
	w.config.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}
	w.config.Tokens = func(context.Context) []doctor.Token { return []doctor.Token{{Name: "Office"}} }
	d := doctor.New(w.config)
	if list, at := d.Latest(); list != nil || !at.IsZero() {
		t.Errorf("before the first examination: %v at %v", list, at)
	}
	list := d.Examine(t.Context())
	if diff := cmp.Diff([]string{
		"files good doctor.good", "disk good doctor.disk-free", "store good doctor.good", "audit good doctor.audit-entries", "backup good doctor.backup-last",
		"token good doctor.good", "clock good doctor.good", "clock-portal good doctor.good", "authorization good doctor.answers", "portal good doctor.answers",
		"requests good doctor.requests-none",
	}, lines(list)); diff != "" {
		t.Error(diff)
	}
	if latest, at := d.Latest(); len(latest) != len(list) || !at.Equal(w.now) {
		t.Errorf("remembered are %d at %v", len(latest), at)
	}
	readable(t, list)
}

// readable holds that every finding has its words, in every language, and no
// secret.
func readable(t *testing.T, list []app.Finding) {
	t.Helper()
	for _, f := range list {
		for _, language := range i18n.Languages() {
			for _, key := range []string{"check." + f.Check, f.Key, f.Fix} {
				if key != "" && !i18n.For(language).Has(key) {
					t.Errorf("no message %q in %s", key, language)
				}
			}
		}
		if f.Health == app.Healthy && f.Fix != "" {
			t.Errorf("%s is well, and is to be mended", f.Check)
		}
		if strings.Contains(f.Detail, "canary") {
			t.Errorf("%s tells a secret", f.Check)
		}
	}
}

// TestFiles finds what others can read, and what is not there.
func TestFiles(t *testing.T) {
	w := newWorld(t)
	key, open := filepath.Join(w.dir, "master.key"), filepath.Join(w.dir, "apps.json")
	w.must(os.WriteFile(key, []byte("canary"), 0o600))
	w.must(os.WriteFile(open, []byte("canary"), 0o600))
	w.must(os.Chmod(open, 0o640))
	w.must(os.Chmod(w.dir, 0o755))
	missing := filepath.Join(w.dir, "tokens.json")
	w.config.Files = []doctor.File{{Path: key, Private: true}, {Path: open, Private: true}, {Path: missing}, {Path: open}}
	found := find(doctor.New(w.config).Examine(t.Context()), "files")
	if diff := cmp.Diff([]string{"files bad doctor.file-open", "files bad doctor.file-open", "files bad doctor.file-missing"}, lines(found)); diff != "" {
		t.Fatal(diff)
	}
	for i, want := range []string{"chmod 700 " + w.dir, "chmod 600 " + open} {
		if found[i].Detail != want {
			t.Errorf("to mend it: %q, want %q", found[i].Detail, want)
		}
	}
	if found[2].Subject != missing {
		t.Errorf("missing is %q", found[2].Subject)
	}
	readable(t, found)
}

// TestClock holds the clock against hosts and against the audit log.
func TestClock(t *testing.T) {
	for name, c := range map[string]struct {
		hosts []time.Duration
		want  string
	}{
		"right":                    {[]time.Duration{0}, "clock good doctor.good"},
		"a little off":             {[]time.Duration{5 * time.Second}, "clock good doctor.good"},
		"hardly":                   {[]time.Duration{-18 * time.Second}, "clock good doctor.good"},
		"behind":                   {[]time.Duration{25 * time.Second}, "clock warn doctor.clock-off"},
		"ahead":                    {[]time.Duration{-55 * time.Second}, "clock warn doctor.clock-off"},
		"so that codes are wrong":  {[]time.Duration{-65 * time.Second}, "clock bad doctor.clock-off"},
		"one host of three is off": {[]time.Duration{0, time.Hour, 0}, "clock good doctor.good"},
		"nobody to ask":            {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, off := range c.hosts {
				address, _ := w.host(off)
				w.config.AuthServers = append(w.config.AuthServers, address)
			}
			_, trust := w.host(0) // all test servers have one certificate
			w.config.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}
			found := find(doctor.New(w.config).Examine(t.Context()), "clock")
			if got := strings.Join(lines(found), ", "); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
			readable(t, found)
		})
	}
	w := newWorld(t)
	w.must(w.store.Audit(t.Context(), app.AuditEntry{Action: app.ActInstalled}))
	w.now = w.now.Add(-time.Hour)
	found := find(doctor.New(w.config).Examine(t.Context()), "clock")
	if diff := cmp.Diff([]string{"clock bad doctor.clock-back"}, lines(found)); diff != "" {
		t.Error(diff)
	}
	readable(t, found)
}

// TestClockOfPortal tells each portal how far off the clock is against its own,
// whatever the others say.
func TestClockOfPortal(t *testing.T) {
	w := newWorld(t)
	right, trust := w.host(0)
	ahead, _ := w.host(42 * time.Second)
	w.install(acme, right)
	w.install("bbbb", ahead)
	w.config.AuthServers = []string{right}
	w.config.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}
	list := doctor.New(w.config).Examine(t.Context())
	if diff := cmp.Diff([]string{"clock good doctor.good"}, lines(find(list, "clock"))); diff != "" {
		t.Error(diff)
	}
	found := find(list, "clock-portal")
	if diff := cmp.Diff([]string{"clock-portal good doctor.good", "clock-portal warn doctor.clock-off"}, lines(found)); diff != "" {
		t.Fatal(diff)
	}
	if found[0].Portal != acme || found[1].Portal != "bbbb" || !cmp.Equal(found[1].Args, []any{42 * time.Second}) && !cmp.Equal(found[1].Args, []any{43 * time.Second}) {
		t.Errorf("found %+v", found)
	}
	readable(t, list)
}

// TestTimestamps asks the servers that portals name, each once, and one that
// answers not again for a while.
func TestTimestamps(t *testing.T) {
	w := newWorld(t)
	w.install(acme, "https://a.invalid/rest/")
	w.install("bbbb", "https://b.invalid/rest/")
	w.must(w.store.SaveSettings(t.Context(), app.Settings{Portal: acme, Timestamps: []string{"https://one.example/", "https://two.example/"}}))
	w.must(w.store.SaveSettings(t.Context(), app.Settings{Portal: "bbbb", Timestamps: []string{"https://two.example/"}}))
	var mu sync.Mutex
	asked, down := map[string]int{}, map[string]bool{"https://two.example/": true}
	w.config.Stamp = func(_ context.Context, address string) error {
		mu.Lock()
		defer mu.Unlock()
		asked[address]++
		if down[address] {
			return errors.New("no route to host")
		}
		return nil
	}
	d := doctor.New(w.config)
	expect := func(want []string, one, two int) {
		t.Helper()
		found := find(d.Examine(t.Context()), "timestamps")
		var got []string
		for _, f := range found {
			got = append(got, string(f.Portal[:1])+" "+f.Subject+" "+string(f.Health)+" "+f.Key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if asked["https://one.example/"] != one || asked["https://two.example/"] != two {
			t.Errorf("asked %v", asked)
		}
		readable(t, found)
	}
	ailing := []string{
		"a https://one.example/ good doctor.stamps", "a https://two.example/ warn doctor.stamps-not", "b https://two.example/ bad doctor.stamps-not",
	}
	expect(ailing, 1, 1)
	w.now = w.now.Add(5 * time.Minute)
	expect(ailing, 1, 2)
	w.now = w.now.Add(11 * time.Minute)
	down["https://two.example/"] = false
	expect([]string{"a https://one.example/ good doctor.stamps", "a https://two.example/ good doctor.stamps", "b https://two.example/ good doctor.stamps"}, 2, 3)
}

// TestTimestampsHang examines all the rest where a server never answers.
func TestTimestampsHang(t *testing.T) {
	w := newWorld(t)
	w.install(acme, "https://a.invalid/rest/")
	w.must(w.store.SaveSettings(t.Context(), app.Settings{Portal: acme, Timestamps: []string{"https://one.example/"}}))
	w.config.Patience = 100 * time.Millisecond
	w.config.Stamp = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
	list := doctor.New(w.config).Examine(t.Context())
	if diff := cmp.Diff([]string{"timestamps bad doctor.stamps-not"}, lines(find(list, "timestamps"))); diff != "" {
		t.Error(diff)
	}
	if len(find(list, "requests")) != 1 {
		t.Errorf("found %v", lines(list))
	}
}

// TestHosts tells why a host is out of reach.
func TestHosts(t *testing.T) {
	w := newWorld(t)
	strange, _ := w.host(0)
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(hang.Close)
	w.install(acme, strange) // its certificate is of an authority that nobody knows
	inside := errors.New("refused")
	w.config.AuthServers = []string{"https://nobody.invalid/", hang.URL}
	w.config.Patience = 2 * time.Second
	w.config.Transport = &http.Transport{}
	list := doctor.New(w.config).Examine(t.Context())
	if diff := cmp.Diff([]string{
		"authorization bad doctor.silent", "authorization bad doctor.silent", "portal bad doctor.untrusted",
	}, lines(append(find(list, "authorization"), find(list, "portal")...))); diff != "" {
		t.Error(diff)
	}
	if p := find(list, "portal")[0]; p.Portal != acme || !strings.HasPrefix(p.Subject, "127.0.0.1:") {
		t.Errorf("the portal's finding is %+v", p)
	}
	readable(t, list)
	w.config.AuthServers = nil
	w.config.Transport = failing{inside}
	w.config.Inside = func(err error) bool { return errors.Is(err, inside) }
	found := find(doctor.New(w.config).Examine(t.Context()), "portal")
	if diff := cmp.Diff([]string{"portal bad doctor.inside"}, lines(found)); diff != "" {
		t.Error(diff)
	}
	readable(t, found)
}

// failing is a network that fails.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// TestStore finds a store that is closed, and an audit log that was altered.
func TestStore(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.must(w.store.Audit(t.Context(), app.AuditEntry{Action: app.ActAssigned, Portal: acme}))
	}
	w.must(w.backend.Update(t.Context(), func(tx store.Tx) error {
		var rows []store.Row
		for row, err := range tx.Scan("audit", store.Range{}) {
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return tx.Put("audit", rows[1].Key, bytes.Replace(rows[1].Value, []byte("assignment"), []byte("assignmenT"), 1))
	}))
	found := find(doctor.New(w.config).Examine(t.Context()), "audit")
	if diff := cmp.Diff([]string{"audit bad doctor.audit-altered"}, lines(found)); diff != "" {
		t.Error(diff)
	}
	if len(found) == 1 && !cmp.Equal(found[0].Args, []any{int64(2)}) {
		t.Errorf("altered at %v", found[0].Args)
	}
	readable(t, found)
	w.must(w.store.Close())
	found = find(doctor.New(w.config).Examine(t.Context()), "store")
	if len(found) != 1 || found[0].Health != app.Broken || found[0].Fix == "" {
		t.Errorf("a closed store: %+v", found)
	}
	readable(t, found)
}

// TestRequests tells each portal of its own documents, and which of them stand
// still.
func TestRequests(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.must(w.store.SaveAccount(ctx, app.Account{Portal: acme, User: "7", CodeOff: true, CodeOffReason: "test"}))
	r := app.Request{ID: "r1", Portal: acme, User: "7", State: app.Frozen, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}
	w.must(w.store.SaveRequest(ctx, r))
	o := app.Order{ID: "o1", Portal: acme, User: "7", Requests: []app.RequestID{"r1"}, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}
	w.must(w.store.CreateOrder(ctx, o, func(r *app.Request, _ time.Time) error {
		r.Order, r.Certificate = "o1", "c1"
		return nil
	}))
	w.must(w.store.Authorize(ctx, acme, "o1",
		func(*app.Authenticator, *app.Account, time.Time) (int64, app.AuthMethod, error) {
			return 0, app.ByPortal, nil
		},
		func(app.Order, error) []app.AuditEntry { return nil }))
	d := doctor.New(w.config)
	found := find(d.Examine(ctx), "requests")
	if diff := cmp.Diff([]string{"requests good doctor.requests-waiting"}, lines(found)); diff != "" || found[0].Portal != acme {
		t.Error(diff, found)
	}
	w.now = w.now.Add(11 * time.Minute)
	found = find(d.Examine(ctx), "requests")
	if diff := cmp.Diff([]string{"requests warn doctor.requests-stuck"}, lines(found)); diff != "" {
		t.Error(diff)
	}
	readable(t, found)
}

// TestBackup tells of the last backup: a missing or an old one keeps nobody from
// signing, and shows.
func TestBackup(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct {
		made  bool
		later time.Duration
		want  string
	}{
		{false, 0, "backup warn doctor.backup-none"},
		{true, 0, "backup good doctor.backup-last"},
		{false, 26 * time.Hour, "backup good doctor.backup-last"},
		{false, time.Second, "backup warn doctor.backup-old"},
		{true, 0, "backup good doctor.backup-last"},
	} {
		w.now = w.now.Add(step.later)
		if step.made {
			w.must(w.store.SaveBackup(t.Context(), app.Backup{At: w.now, File: "canary.age"}))
		}
		found := find(doctor.New(w.config).Examine(t.Context()), "backup")
		if diff := cmp.Diff([]string{step.want}, lines(found)); diff != "" {
			t.Error(diff)
		}
		readable(t, found)
	}
}

// TestTokens passes on what is wrong with a token, and waits for none that
// hangs.
func TestTokens(t *testing.T) {
	w := newWorld(t)
	w.config.Tokens = func(context.Context) []doctor.Token {
		return []doctor.Token{{Name: "Office"}, {Name: "Safe", Fault: "token.pin-refused"}}
	}
	found := find(doctor.New(w.config).Examine(t.Context()), "token")
	if diff := cmp.Diff([]string{"token good doctor.good", "token bad token.pin-refused"}, lines(found)); diff != "" {
		t.Error(diff)
	}
	readable(t, found)
	release := make(chan struct{})
	defer close(release)
	w.config.Patience = 50 * time.Millisecond
	w.config.Tokens = func(context.Context) []doctor.Token { <-release; return nil }
	found = find(doctor.New(w.config).Examine(t.Context()), "token")
	if diff := cmp.Diff([]string{"token bad token.failed"}, lines(found)); diff != "" {
		t.Error(diff)
	}
}

// TestRun examines by itself until it is told to end.
func TestRun(t *testing.T) {
	w := newWorld(t)
	d := doctor.New(w.config)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { d.Run(ctx); close(done) }()
	for {
		if list, _ := d.Latest(); list != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	<-done
}

// TestNothing examines nothing, and finds nothing wrong with it.
func TestNothing(t *testing.T) {
	if list := doctor.New(doctor.Config{}).Examine(t.Context()); len(list) != 0 {
		t.Errorf("found %v", list)
	}
}
