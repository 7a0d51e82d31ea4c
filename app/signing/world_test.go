package signing_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/i18n"
	"signservice/app/otp"
	"signservice/app/portal"
	"signservice/app/secret"
	"signservice/app/signing"
	"signservice/app/spool"
	"signservice/app/store"
	"signservice/app/store/bolt"
	"signservice/app/store/storetest"
	"signservice/bitrix"
	"signservice/bitrix/simulator"
	"signservice/signer"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// world is a company in a simulated Bitrix24 over real HTTP on loopback, a
// store and a spool in a temporary folder, and the Service under test. Mary and
// Paul have accounts, phones and one certificate; Anna is the administrator.
type world struct {
	*signing.Service
	t       testing.TB
	seed    uint64
	cloud   *simulator.Cloud
	portal  *simulator.Portal
	client  simulator.App
	clock   *clock
	faulty  *storetest.Faulty
	keeper  *secret.Keeper
	store   *store.Store
	spool   *spool.Spool
	portals *portal.Portals
	keys    *keyring
	config  signing.Config

	anna, mary, paul, eve int // eve has no account
	deal, other           int
	single, multiple      string
	phones                map[int]app.Secret
	cert                  app.Certificate
	original              []byte
	file                  int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldSeeded(t, 1)
}

// newWorldSeeded is a world whose chances are decided by a seed, 0 being a
// random one.
func newWorldSeeded(t testing.TB, seed uint64) *world {
	t.Helper()
	w := &world{
		t: t, seed: seed, clock: &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}, phones: map[int]app.Secret{},
		original: signertest.PDF{Pages: 2}.Bytes(),
	}
	w.buildPortal()
	w.buildStore()
	w.restart()
	w.enter(w.anna) // registers the portal
	w.cert = w.certificate("Мария Иванова", w.clock.Now().Add(-time.Hour), w.clock.Now().AddDate(1, 0, 0))
	for _, user := range []int{w.mary, w.paul} {
		w.account(user, app.Account{})
		w.phone(user)
		w.assign(user, w.cert.ID)
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) buildPortal() {
	w.cloud = simulator.New(simulator.Config{Clock: w.clock.Now, Seed: w.seed})
	w.t.Cleanup(func() { _ = w.cloud.Close() })
	p := w.cloud.AddPortal(simulator.PortalConfig{Name: "Acme", Limits: simulator.Limits{Off: true}})
	w.portal = p
	w.anna = p.AddUser(simulator.User{Name: "Anna", LastName: "Berg", Admin: true})
	w.mary = p.AddUser(simulator.User{Name: "Мария", LastName: "Иванова"})
	w.paul = p.AddUser(simulator.User{Name: "Paul", LastName: "Ott"})
	w.eve = p.AddUser(simulator.User{Name: "Eve", LastName: "Roth"})
	w.single = p.AddFileField("CONTRACT", "Contract", false)
	w.multiple = p.AddFileField("PAPERS", "Papers", true)
	w.deal = p.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	w.other = p.AddDeal(simulator.Deal{Title: "Lift", Responsible: w.mary})
	w.file = p.PutFile(w.deal, w.single, "Договор.pdf", w.original)
	w.client = p.AddApp(simulator.LocalApp{
		Title: "Sign", HandlerURL: "http://127.0.0.1:9/bx/app", Scopes: []string{"crm", "placement", "user_basic", "im", "disk", "bizproc"},
	})
	w.must(w.cloud.Start(context.Background()))
}

func (w *world) buildStore() {
	dir := w.t.TempDir()
	backend, err := bolt.Open(filepath.Join(dir, "store.db"), bolt.Options{Now: w.clock.Now})
	w.must(err)
	w.t.Cleanup(func() { _ = backend.Close() })
	w.faulty = &storetest.Faulty{Backend: backend}
	w.keeper, err = secret.New(bytes.Repeat([]byte{7}, secret.MasterSize))
	w.must(err)
	w.spool, err = spool.New(filepath.Join(dir, "spool"), w.keeper)
	w.must(err)
}

// restart makes everything anew that lives in memory, as after a crash.
func (w *world) restart() {
	w.t.Helper()
	var err error
	w.store, err = store.New(context.Background(), w.faulty, w.keeper, store.Options{})
	w.must(err)
	address, err := url.Parse(w.portal.URL())
	w.must(err)
	transport := bitrix.NewTransport(bitrix.TransportConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	w.t.Cleanup(transport.CloseIdleConnections)
	w.portals, err = portal.New(portal.Config{
		Apps:        []portal.App{{ClientID: w.client.ClientID, Secret: app.Secret(w.client.ClientSecret)}},
		AuthServers: []string{w.cloud.Auth.URL()}, PlainHosts: []string{address.Host},
		Store: w.store, Transport: transport, Clock: w.clock, Rate: bitrix.BucketConfig{Rate: -1},
	})
	w.must(err)
	if w.keys == nil {
		w.keys = &keyring{}
	}
	w.keys.store = w.store
	w.config = signing.Config{
		Store: w.store, Spool: room{w.spool}, Portal: w.portals, Keys: w.keys, CheckCode: otp.Verify,
		MaxSize: 1 << 20, Now: w.clock.Now, Log: slog.New(slog.DiscardHandler),
	}
	w.serve(w.config)
}

// serve replaces the Service by one with another configuration.
func (w *world) serve(c signing.Config) {
	w.t.Helper()
	s, err := signing.New(c)
	w.must(err)
	w.Service = s
}

// enter lets a user open the app, which stores the user's grant.
func (w *world) enter(user int) app.Visit {
	w.t.Helper()
	frame, err := w.portal.Open(simulator.Opening{User: user, ClientID: w.client.ClientID})
	w.must(err)
	action, err := url.Parse(frame.Action)
	w.must(err)
	form := action.Query()
	maps.Copy(form, frame.Form)
	v, err := w.portals.Identify(context.Background(), form)
	w.must(err)
	v.Slot, v.Entity = app.SlotDealTab, app.Entity{Type: app.EntityDeal, ID: int64(w.deal)}
	return v
}

func (w *world) id() app.PortalID { return app.PortalID(w.portal.MemberID()) }

func uid(user int) app.UserID { return app.UserID(strconv.Itoa(user)) }

func (w *world) account(user int, a app.Account) {
	w.t.Helper()
	a.Portal, a.User, a.CreatedAt = w.id(), uid(user), w.clock.Now()
	w.must(w.store.SaveAccount(context.Background(), a))
}

// phone binds a code generator by the way of the enrolment.
func (w *world) phone(user int) {
	w.t.Helper()
	ctx := context.Background()
	links := &otp.Enrolments{Store: w.store, Now: w.clock.Now}
	account, err := w.store.Account(ctx, w.id(), uid(user))
	w.must(err)
	link, _, err := links.Create(ctx, w.enter(w.anna), account)
	w.must(err)
	shown, err := links.Show(ctx, link.Reveal(), w.enter(user))
	w.must(err)
	w.phones[user] = shown.Secret
	w.must(links.Confirm(ctx, link.Reveal(), w.enter(user), w.code(user)))
	w.clock.forward(otp.Period) // that code is used up
}

// code is what the user's phone shows now.
func (w *world) code(user int) string {
	w.t.Helper()
	code, err := otp.Code(w.phones[user], otp.Step(w.clock.Now()))
	w.must(err)
	return code
}

// wrong is a code that no step around now has.
func (w *world) wrong(user int) string {
	w.t.Helper()
	good := map[string]bool{}
	for d := int64(-2); d <= 2; d++ {
		code, err := otp.Code(w.phones[user], otp.Step(w.clock.Now())+d)
		w.must(err)
		good[code] = true
	}
	for _, code := range []string{"000000", "111111", "222222", "333333", "444444", "555555"} {
		if !good[code] {
			return code
		}
	}
	w.t.Fatal("all codes are good")
	return ""
}

// certificate makes a software certificate.
func (w *world) certificate(name string, from, until time.Time) app.Certificate {
	w.t.Helper()
	key, err := keys.Generate(keys.P256)
	w.must(err)
	der, err := keys.SelfSigned(keys.SelfSignedRequest{Key: key, CommonName: name, NotBefore: from, NotAfter: until})
	w.must(err)
	leaf, err := x509.ParseCertificate(der)
	w.must(err)
	c := app.Certificate{
		ID: app.CertificateID(keys.Fingerprint(der)), Portal: w.id(), Source: app.KeySoftware, DER: der,
		Name: name, SelfSigned: true, NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter,
	}
	pkcs8, err := key.PKCS8()
	w.must(err)
	w.must(w.store.SaveCertificate(context.Background(), c, pkcs8))
	return c
}

func (w *world) assign(user int, id app.CertificateID) {
	w.t.Helper()
	w.must(w.store.Assign(context.Background(), app.Assignment{Portal: w.id(), User: uid(user), Certificate: id}))
}

func (w *world) unassign(user int) {
	w.t.Helper()
	w.must(w.store.Unassign(context.Background(), w.id(), uid(user), w.cert.ID))
}

// ref names the contract.
func (w *world) ref() signing.DocumentRef {
	return signing.DocumentRef{Source: app.SourceField, Field: w.single, FileID: strconv.Itoa(w.file)}
}

func (w *world) input(user int, ids ...app.RequestID) signing.OrderInput {
	return signing.OrderInput{
		Requests: ids, Certificate: w.cert.ID, Code: w.code(user), Address: "192.0.2.1",
		Signet: app.Signet{
			Visible: true, Placement: app.Placement{Page: app.LastPage, Position: app.BottomRight},
			Reason: "Согласовано", Language: "ru",
		},
	}
}

// freeze and order do what must succeed.
func (w *world) freeze(v app.Visit) app.Request {
	w.t.Helper()
	r, err := w.Freeze(context.Background(), v, w.ref())
	w.must(err)
	return r
}

// order freezes the contract and orders its signature.
func (w *world) order(user int) (app.Visit, app.Request) {
	w.t.Helper()
	v := w.enter(user)
	r := w.freeze(v)
	_, err := w.Sign(context.Background(), v, w.input(user, r.ID))
	w.must(err)
	return v, r
}

// run carries a Request on as the queue does, until nothing more happens.
func (w *world) run(id app.RequestID) app.Request {
	w.t.Helper()
	for range 200 {
		again, err := w.Run(context.Background(), w.id(), id)
		r := w.request(id)
		switch {
		case r.State.Ended() || r.State == app.Frozen:
			return r
		case !again.IsZero():
			w.clock.set(again)
		case err == nil:
			w.t.Fatalf("request stands still in %s", r.State)
		}
	}
	w.t.Fatal("request does not end")
	return app.Request{}
}

func (w *world) request(id app.RequestID) app.Request {
	w.t.Helper()
	r, err := w.store.Request(context.Background(), w.id(), id)
	w.must(err)
	return r
}

func (w *world) lastStep(user int) int64 {
	w.t.Helper()
	a, err := w.store.Authenticator(context.Background(), w.id(), uid(user))
	if errors.Is(err, app.NotFound) {
		return -1
	}
	w.must(err)
	return a.LastStep
}

// held gives the contents of the contract's field.
func (w *world) held() [][]byte {
	var all [][]byte
	for _, f := range w.portal.DealFiles(w.deal, w.single) {
		all = append(all, f.Content)
	}
	return all
}

// told counts the timeline's entries of the app.
func (w *world) told() int {
	n := 0
	for _, e := range w.portal.Timeline(w.deal) {
		if e.Kind == simulator.EntryLog && e.App == w.client.ClientID {
			n++
		}
	}
	return n
}

// signedOnce holds that the field has the contract, signed count times, and
// nothing else.
func (w *world) signedOnce() { w.t.Helper(); w.signed(1) }

func (w *world) signed(count int) {
	w.t.Helper()
	held := w.held()
	if len(held) != 1 {
		w.t.Fatalf("the field holds %d files", len(held))
	}
	if !bytes.HasPrefix(held[0], w.original) || len(held[0]) == len(w.original) {
		w.t.Fatal("the field does not hold the original with an increment")
	}
	report, err := signer.Verify(context.Background(), bytes.NewReader(held[0]), int64(len(held[0])), signer.VerifyOptions{})
	w.must(err)
	if !report.Good(false) || len(report.Signatures) != count {
		w.t.Fatalf("signatures are not good: %+v", report)
	}
}

// untouched holds that the field has the original.
func (w *world) untouched() {
	w.t.Helper()
	if held := w.held(); len(held) != 1 || !bytes.Equal(held[0], w.original) {
		w.t.Fatalf("the field holds %d files, or another one", len(held))
	}
}

// read gives a file of a Request as its owner gets it.
func (w *world) read(v app.Visit, id app.RequestID, which signing.Which) []byte {
	w.t.Helper()
	f, size, _, err := w.Open(context.Background(), v, id, which)
	w.must(err)
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(f)
	w.must(err)
	if int64(len(data)) != size {
		w.t.Errorf("%d bytes, announced were %d", len(data), size)
	}
	return data
}

// actions lists what the audit log tells of a Request and its order.
func (w *world) actions(r app.Request) []app.Action {
	w.t.Helper()
	entries, err := w.store.AuditEntries(context.Background(), w.id(), app.AuditQuery{Limit: 1000})
	w.must(err)
	var list []app.Action
	for i := len(entries) - 1; i >= 0; i-- {
		if e := entries[i]; e.Request == r.ID || r.Order != "" && e.Order == r.Order {
			list = append(list, e.Action)
		}
	}
	return list
}

// intact holds that the audit chain is whole.
func (w *world) intact() {
	w.t.Helper()
	if n, bad, err := w.store.VerifyAudit(context.Background()); err != nil || bad != 0 || n == 0 {
		w.t.Errorf("audit: %d entries, first bad %d, %v", n, bad, err)
	}
}

// wants checks an error's kind and key, and that people can read it.
func wants(t *testing.T, err error, kind app.Kind, key string) *app.Error {
	t.Helper()
	var e *app.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want %s (%s)", err, kind, key)
	}
	if e.Kind != kind || e.MessageKey() != key {
		t.Fatalf("got %s (%s), want %s (%s): %v", e.Kind, e.MessageKey(), kind, key, err)
	}
	readable(t, key)
	return e
}

// readable holds that a message exists in every language.
func readable(t testing.TB, key string) {
	t.Helper()
	for _, language := range []string{"en", "ru", "de", "es"} {
		if !i18n.For(language).Has(key) {
			t.Errorf("message %s is not there in %s", key, language)
		}
	}
}

// clock stands still; waiting moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
}

func (c *clock) set(t time.Time) { c.forward(t.Sub(c.Now())) }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.forward(d)
	return ctx.Err()
}

// room gives the spool the shape that signing asks for.
type room struct{ *spool.Spool }

func (r room) Create(ctx context.Context, name string) (signing.SpoolWriter, error) {
	return r.Spool.Create(ctx, name)
}

func (r room) Open(ctx context.Context, name string) (signing.SpoolReader, error) {
	return r.Spool.Open(ctx, name)
}

// keyring opens the software keys of the store and counts their use. No token
// is there.
type keyring struct {
	store *store.Store
	uses  atomic.Int64
}

func (k *keyring) Signer(ctx context.Context, c app.Certificate) (crypto.Signer, func(), error) {
	der, err := k.store.SoftwareKey(ctx, c.Portal, c.ID)
	if err != nil {
		return nil, nil, err
	}
	defer clear(der)
	key, err := keys.ParsePKCS8(der)
	return &counted{key, k}, func() {}, err
}

func (*keyring) Absent(_ context.Context, c app.Certificate) (time.Time, bool) {
	return time.Time{}, c.Source == app.KeyToken
}

type counted struct {
	crypto.Signer
	ring *keyring
}

func (c *counted) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	c.ring.uses.Add(1)
	return c.Signer.Sign(random, digest, opts)
}

func number(n int) string { return strconv.Itoa(n) }

// alterHead changes the head of the audit chain behind the store's back.
func (w *world) alterHead() {
	w.t.Helper()
	w.must(w.faulty.Update(context.Background(), func(tx store.Tx) error {
		const bucket, at = "system", "_system/audit/main"
		value, err := tx.Get(bucket, at)
		if err != nil {
			return err
		}
		return tx.Put(bucket, at, bytes.Replace(value, []byte(`"seq":`), []byte(`"seq":1`), 1))
	}))
}
