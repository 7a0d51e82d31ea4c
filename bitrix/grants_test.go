package bitrix_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"signservice/bitrix"
)

// rotating is a token endpoint as the real one: a refresh token works once.
type rotating struct {
	mu       sync.Mutex
	endpoint string
	n        int
	refresh  string // the one that is good
	access   string // the one that is good
}

func (r *rotating) answer(w http.ResponseWriter, form url.Values) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if form.Get("refresh_token") != r.refresh {
		refusal(400, "invalid_grant", "")(w)
		return
	}
	r.n++
	r.access, r.refresh = fmt.Sprintf("at-%d-token", r.n), fmt.Sprintf("rt-%d-token", r.n)
	say(w, 200, grantAnswer(r.endpoint, r.access, r.refresh, 12))
}

func (r *rotating) good(token string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return token == r.access
}

// world is a portal that refuses all but the current token.
type world struct {
	tokens *rotating
	server *authServer
	portal *portal
	oauth  *bitrix.OAuth
	clock  *clock
}

var key = bitrix.GrantKey{MemberID: memberID, UserID: 12}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{tokens: &rotating{refresh: "rt-0-token", access: "at-0-token"}, clock: newClock()}
	w.portal = newPortal(t, func(rw http.ResponseWriter, c call) {
		if w.tokens.good(c.Auth) {
			say(rw, 200, good)
		} else {
			refusal(401, "expired_token", "The access token provided has expired")(rw)
		}
	})
	w.tokens.endpoint = w.portal.URL + "/rest/"
	w.server = newAuthServer(t, none(t), w.tokens.answer)
	w.oauth = oauthAt(t, w.clock, []*portal{w.portal}, w.server)
	return w
}

func (w *world) grant() bitrix.Grant {
	return bitrix.Grant{
		GrantKey: key, ClientID: clientID, AuthServer: w.server.URL, Endpoint: w.portal.URL + "/rest/",
		AccessToken: "at-0-token", RefreshToken: "rt-0-token", Expires: start.Add(time.Hour),
	}
}

func (w *world) client(t *testing.T, grants *bitrix.Grants) *bitrix.Client {
	cfg := w.portal.config()
	cfg.Tokens = grants.Source(key)
	cfg.Buckets = bitrix.NewBuckets(bitrix.BucketConfig{Rate: -1})
	return newClient(t, cfg)
}

// A hundred calls are refused together: one renews, all succeed.
func TestGrantsRenewOnce(t *testing.T) {
	w := newWorld(t)
	w.tokens.access = "at-gone" // the stored one is refused
	store := newStore(w.grant())
	c := w.client(t, bitrix.NewGrants(w.oauth, store))
	var all sync.WaitGroup
	failed := make(chan error, 100)
	for range 100 {
		all.Go(func() {
			if _, err := c.Profile(context.Background()); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	if n := len(w.server.renewals()); n != 1 || store.saves != 1 {
		t.Errorf("%d renewals, %d saved", n, store.saves)
	}
}

// Two processes share a store: with locks the second finds the grant renewed,
// without them it loses the race and looks again.
func TestGrantsOfTwoProcesses(t *testing.T) {
	for _, locked := range []bool{true, false} {
		t.Run(fmt.Sprint("locked ", locked), func(t *testing.T) {
			w := newWorld(t)
			w.tokens.access = "at-gone"
			shared := newStore(w.grant())
			var store bitrix.GrantStore = shared
			if locked {
				store = &lockingStore{memoryStore: shared}
			}
			clients := []*bitrix.Client{w.client(t, bitrix.NewGrants(w.oauth, store)), w.client(t, bitrix.NewGrants(w.oauth, store))}
			var all sync.WaitGroup
			for i := range 40 {
				all.Go(func() {
					if _, err := clients[i%2].Profile(context.Background()); err != nil && locked {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if locked && w.tokens.n != 1 {
				t.Errorf("%d renewals", w.tokens.n)
			}
			if _, err := clients[1].Profile(context.Background()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

type lockingStore struct {
	*memoryStore
	lock sync.Mutex
}

func (s *lockingStore) LockGrant(context.Context, bitrix.GrantKey) (func(), error) {
	s.lock.Lock()
	return s.lock.Unlock, nil
}

// The other process was faster and its grant is in the store by now.
func TestGrantsLookAgainAfterALostRace(t *testing.T) {
	w := newWorld(t)
	store := newStore(w.grant())
	w.tokens.refresh, w.tokens.access = "rt-9-token", "at-9-token"
	faster := w.grant()
	faster.AccessToken, faster.RefreshToken = "at-9-token", "rt-9-token"
	racing := &racingStore{memoryStore: store, then: faster}
	grant, err := bitrix.NewGrants(w.oauth, racing).Grant(context.Background(), key, "at-0-token")
	if err != nil || grant.AccessToken != "at-9-token" {
		t.Errorf("got %v, %v", grant.AccessToken.Reveal(), err)
	}
}

// racingStore changes after its first answer.
type racingStore struct {
	*memoryStore
	then bitrix.Grant
	once sync.Once
}

func (s *racingStore) LoadGrant(ctx context.Context, k bitrix.GrantKey) (bitrix.Grant, error) {
	g, err := s.memoryStore.LoadGrant(ctx, k)
	s.once.Do(func() { _ = s.SaveGrant(ctx, s.then) })
	return g, err
}

func TestGrantsRenewInTime(t *testing.T) {
	for _, tt := range []struct {
		left time.Duration
		want int
	}{{time.Hour, 0}, {61 * time.Second, 0}, {59 * time.Second, 1}, {-time.Hour, 1}} {
		w := newWorld(t)
		grant := w.grant()
		grant.Expires = start.Add(tt.left)
		if _, err := w.client(t, bitrix.NewGrants(w.oauth, newStore(grant))).Profile(context.Background()); err != nil {
			t.Error(err)
		}
		if n := len(w.server.renewals()); n != tt.want {
			t.Errorf("%s left: %d renewals", tt.left, n)
		}
	}
}

func TestGrantsFailures(t *testing.T) {
	ctx := context.Background()
	t.Run("no grant", func(t *testing.T) {
		w := newWorld(t)
		if _, err := w.client(t, bitrix.NewGrants(w.oauth, newStore())).Profile(ctx); !errors.Is(err, bitrix.ErrNoGrant) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refresh token used up", func(t *testing.T) {
		w := newWorld(t)
		w.tokens.refresh, w.tokens.access = "rt-gone", "at-gone"
		_, err := w.client(t, bitrix.NewGrants(w.oauth, newStore(w.grant()))).Profile(ctx)
		if !errors.Is(err, bitrix.ErrInvalidGrant) || len(w.portal.seen()) != 1 {
			t.Errorf("got %v after %d calls", err, len(w.portal.seen()))
		}
		mustNotTell(t, err.Error(), "rt-0-token", "at-0-token", clientSecret)
	})
	t.Run("not stored, not used", func(t *testing.T) {
		w := newWorld(t)
		store := newStore(w.grant())
		store.fail = errors.New("disk full")
		w.tokens.access = "at-gone"
		_, err := w.client(t, bitrix.NewGrants(w.oauth, store)).Profile(ctx)
		if !errors.Is(err, store.fail) || len(w.portal.seen()) != 1 {
			t.Errorf("got %v after %d calls", err, len(w.portal.seen()))
		}
	})
}

// The caller goes away while its renewal is under way: the new refresh token
// must reach the store all the same.
func TestGrantsFinishARenewalWhoseCallerHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	w := newWorld(t)
	store := newStore(w.grant())
	inner := w.tokens.answer
	w.server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		cancel()
		_ = r.ParseForm()
		inner(rw, r.PostForm)
	})
	if _, err := bitrix.NewGrants(w.oauth, store).Grant(ctx, key, "at-0-token"); err != nil {
		t.Error(err)
	}
	if got, _ := store.LoadGrant(context.Background(), key); got.RefreshToken != "rt-1-token" {
		t.Errorf("stored %q", got.RefreshToken.Reveal())
	}
}

func TestGrantsWaitForTheirTurnNoLongerThanTheContext(t *testing.T) {
	w := newWorld(t)
	entered, leave := make(chan bool), make(chan bool)
	store := &slowStore{memoryStore: newStore(w.grant()), entered: entered, leave: leave}
	grants := bitrix.NewGrants(w.oauth, store)
	var first sync.WaitGroup
	first.Go(func() { _, _ = grants.Grant(context.Background(), key, "") })
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := grants.Grant(ctx, key, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := grants.Put(ctx, w.grant()); !errors.Is(err, context.Canceled) {
		t.Errorf("put: got %v", err)
	}
	close(leave)
	first.Wait()
}

type slowStore struct {
	*memoryStore
	entered chan<- bool
	leave   <-chan bool
}

func (s *slowStore) LoadGrant(ctx context.Context, k bitrix.GrantKey) (bitrix.Grant, error) {
	s.entered <- true
	<-s.leave
	return s.memoryStore.LoadGrant(ctx, k)
}

func TestGrantsPut(t *testing.T) {
	w := newWorld(t)
	store := newStore()
	grants := bitrix.NewGrants(w.oauth, store)
	if err := grants.Put(context.Background(), w.grant()); err != nil {
		t.Fatal(err)
	}
	if got, err := grants.Grant(context.Background(), key, ""); err != nil || got.AccessToken != "at-0-token" {
		t.Errorf("got %v, %v", got, err)
	}
	store.fail = errors.New("disk full")
	if err := grants.Put(context.Background(), w.grant()); !errors.Is(err, store.fail) {
		t.Errorf("got %v", err)
	}
}
