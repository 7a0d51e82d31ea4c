package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/secret"
	"signservice/app/store"
)

// Mary is a user of Acme; Globex is another portal with a user of the same id.
const (
	acme   = app.PortalID("0123456789abcdef0123456789abcdef")
	globex = app.PortalID("ffff456789abcdef0123456789abcdef")
	mary   = app.UserID("7")
	admin  = app.UserID("1")
)

// deal is where Mary signs.
func deal() app.Entity { return app.Entity{Type: app.EntityDeal, ID: 42} }

// world is a store with a portal, an account with a phone, and a certificate.
type world struct {
	*store.Store
	backend *Faulty
	now     time.Time
	// queued are the Requests that were enqueued, with repetitions.
	queued []app.RequestID
}

func keeper(t *testing.T, seed byte) *secret.Keeper {
	t.Helper()
	k, err := secret.New(bytes.Repeat([]byte{seed}, secret.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newWorld(t *testing.T, b store.Backend) *world {
	t.Helper()
	w := &world{backend: &Faulty{Backend: b}}
	var err error
	w.Store, err = store.New(t.Context(), w.backend, keeper(t, 1), store.Options{
		Enqueue: func(_ store.Tx, _ app.PortalID, id app.RequestID) error {
			w.queued = append(w.queued, id)
			return nil
		},
	})
	must(t, err)
	view(t, b, func(tx store.Tx) error { w.now = tx.Now(); return nil })
	for _, p := range []app.PortalID{acme, globex} {
		must(t, w.SavePortal(t.Context(), app.Portal{ID: p, Domain: string(p[:4]) + ".example", ApplicationToken: "canary application token"}))
		must(t, w.SaveAccount(t.Context(), app.Account{Portal: p, User: mary, Name: "Mary", Login: "mary@" + string(p[:4])}))
		w.bindPhone(t, p, mary)
		must(t, w.SaveCertificate(t.Context(), w.certificate(p), []byte("canary private key")))
	}
	return w
}

// certificate is a software certificate of a portal.
func (w *world) certificate(p app.PortalID) app.Certificate {
	return app.Certificate{
		ID: "c1", Portal: p, Source: app.KeySoftware, DER: []byte{1}, Name: "Mary",
		NotBefore: w.now.Add(-time.Hour), NotAfter: w.now.Add(365 * 24 * time.Hour),
	}
}

// link is an open enrolment of Mary's.
func (w *world) link(p app.PortalID, id string) app.Enrolment {
	return app.Enrolment{
		ID: id, Portal: p, User: mary, State: app.EnrolmentOpen, Pending: "canary pending secret",
		CreatedAt: w.now, CreatedBy: admin, ExpiresAt: w.now.Add(app.EnrolmentLife),
	}
}

// bindPhone binds a phone through a link.
func (w *world) bindPhone(t *testing.T, p app.PortalID, user app.UserID) {
	t.Helper()
	id := fmt.Sprintf("link of %s %s", p, user)
	e := w.link(p, id)
	e.User = user
	must(t, w.SaveEnrolment(t.Context(), e))
	must(t, w.UpdateEnrolment(t.Context(), id, func(e *app.Enrolment, a *app.Authenticator, now time.Time) ([]app.AuditEntry, error) {
		e.State, e.Pending, e.UsedAt = app.EnrolmentUsed, "", now
		*a = app.Authenticator{Portal: e.Portal, User: e.User, Secret: "canary totp secret", LastStep: 100, EnrolledAt: now}
		return nil, nil
	}))
}

// frozen stores a Request of Mary's and gives it.
func (w *world) frozen(t *testing.T, p app.PortalID, id app.RequestID) app.Request {
	t.Helper()
	r := app.Request{
		ID: id, Portal: p, User: mary, State: app.Frozen,
		Document: app.Document{Source: app.SourceField, Entity: deal(), FileID: "f-" + string(id), Name: "contract.pdf"},
		Original: app.Original{SHA256: "abc", Size: 3}, CreatedAt: w.now, UpdatedAt: w.now, ExpiresAt: w.now.Add(app.FrozenLife),
	}
	must(t, w.SaveRequest(t.Context(), r))
	return r
}

// order stores an Order over Requests of Mary's.
func (w *world) order(t *testing.T, p app.PortalID, id app.OrderID, requests ...app.RequestID) {
	t.Helper()
	must(t, w.CreateOrder(t.Context(), w.newOrder(p, id, requests...), choose))
}

func (w *world) newOrder(p app.PortalID, id app.OrderID, requests ...app.RequestID) app.Order {
	return app.Order{ID: id, Portal: p, User: mary, Requests: requests, CreatedAt: w.now, ExpiresAt: w.now.Add(app.OrderLife)}
}

// choose is what an order writes into its Requests.
func choose(r *app.Request, _ time.Time) error {
	r.Certificate = "c1"
	return nil
}

// authorize asks with a code that stands for its own time step.
func (w *world) authorize(t *testing.T, p app.PortalID, id app.OrderID, step int64) error {
	return w.Authorize(t.Context(), p, id, check(step), entriesOf)
}

// errWrong is a refusal that counts.
func errWrong() error { return app.Fail(app.Unauthenticated, "check code", "code.wrong", 4) }

// check takes any step that was not used, and counts others.
func check(step int64) func(*app.Authenticator, *app.Account, time.Time) (int64, app.AuthMethod, error) {
	return func(a *app.Authenticator, account *app.Account, _ time.Time) (int64, app.AuthMethod, error) {
		if account == nil || a == nil {
			return 0, "", app.Fail(app.Forbidden, "check code", "code.no-phone")
		}
		if step <= a.LastStep {
			a.Failures++
			return 0, "", errWrong()
		}
		a.LastStep, a.Failures = step, 0
		return step, app.ByCode, nil
	}
}

func entriesOf(o app.Order, err error) []app.AuditEntry {
	e := app.AuditEntry{Action: app.ActCodeRight, Portal: o.Portal, User: o.User, Order: o.ID, Method: o.Method}
	if err != nil {
		e.Action = app.ActCodeWrong
	}
	return []app.AuditEntry{e}
}

// rows gives every row of the backend, "bucket/key" to value.
func (w *world) rows(t *testing.T) map[string]string {
	t.Helper()
	rows := map[string]string{}
	view(t, w.backend, func(tx store.Tx) error {
		for _, bucket := range store.Buckets() {
			for row, err := range tx.Scan(bucket, store.Range{}) {
				if err != nil {
					return err
				}
				rows[bucket+"/"+row.Key] = string(row.Value)
			}
		}
		return nil
	})
	return rows
}

// setRow writes a row past the store, as a hand in the file would; "" removes it.
func (w *world) setRow(t *testing.T, name, value string) {
	t.Helper()
	bucket, key, _ := strings.Cut(name, "/")
	update(t, w.backend, func(tx store.Tx) error {
		if value == "" {
			return tx.Delete(bucket, key)
		}
		return tx.Put(bucket, key, []byte(value))
	})
}

// actions gives a portal's audit entries in words, oldest first.
func (w *world) actions(t *testing.T, p app.PortalID) string {
	t.Helper()
	entries, err := w.AuditEntries(t.Context(), p, app.AuditQuery{Limit: 10_000})
	must(t, err)
	var words []string
	for i := range entries {
		words = append(words, string(entries[len(entries)-1-i].Action))
	}
	return strings.Join(words, " ")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantKind checks an error's kind, and its message key where one is given.
func wantKind(t *testing.T, err error, kind app.Kind, key string) {
	t.Helper()
	var failure *app.Error
	if !errors.Is(err, kind) || key != "" && (!errors.As(err, &failure) || failure.Key != key) {
		t.Errorf("error %v, want kind %s %s", err, kind, key)
	}
}

func same[T any](t *testing.T, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// fill sets every exported field below v to a value of its own.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("value%d", *n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Interface:
		v.Set(reflect.ValueOf(fmt.Sprintf("value%d", *n)))
	case reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 23, 10, 0, 0, *n, time.UTC)))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" { // never stored
				fill(v.Field(i), n)
			}
		}
	default:
		panic("storetest: fill does not know " + v.Type().String())
	}
}

// filled gives a value of which every field is set.
func filled[T any]() T {
	var v T
	n := 0
	fill(reflect.ValueOf(&v).Elem(), &n)
	return v
}
