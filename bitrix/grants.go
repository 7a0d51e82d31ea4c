package bitrix

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// GrantStore keeps the grants of an application. It must be safe for several
// goroutines, and it should seal the tokens.
type GrantStore interface {
	// LoadGrant returns a grant, or an error that is [ErrNoGrant].
	LoadGrant(ctx context.Context, key GrantKey) (Grant, error)
	// SaveGrant stores a grant in the place of an older one, durably when it
	// returns: the refresh token before it is used up already.
	SaveGrant(ctx context.Context, grant Grant) error
}

// GrantLocker is a GrantStore that several processes share. LockGrant keeps
// the others from renewing the same grant until unlock is called.
type GrantLocker interface {
	LockGrant(ctx context.Context, key GrantKey) (unlock func(), err error)
}

// Grants renews grants, each of them once at a time: a refresh token works
// once, so of a hundred calls that are refused together one renews and the
// others wait for its result. It renews when the portal has refused a token
// or when it has less than a minute left, never ahead by a timer, which the
// vendor forbids. It may be used from several goroutines.
// https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html
type Grants struct {
	oauth *OAuth
	store GrantStore

	mu    sync.Mutex
	locks map[GrantKey]*grantLock
}

// grantLock is held by the goroutine that reads or renews the grant.
type grantLock struct {
	held  chan struct{} // holds one element while locked
	users int           // who holds it or waits for it; guarded by Grants.mu
}

const (
	// leastLeft is the rest of an access token's life at which it is renewed.
	leastLeft = time.Minute
	// renewTime bounds a renewal, which does not end with its caller: the
	// server uses the old refresh token up and the new one must be stored.
	renewTime = 90 * time.Second
)

// NewGrants returns the grants of a store.
func NewGrants(oauth *OAuth, store GrantStore) *Grants {
	return &Grants{oauth: oauth, store: store, locks: make(map[GrantKey]*grantLock)}
}

// Source returns the tokens of one user, for a [Client].
func (g *Grants) Source(key GrantKey) TokenSource { return grantSource{grants: g, key: key} }

// Format implements [fmt.Formatter], so that no verb prints what lies below.
func (g *Grants) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "grants of %v", g.oauth) }

type grantSource struct {
	grants *Grants
	key    GrantKey
}

// Format implements [fmt.Formatter]; see [Grants.Format].
func (s grantSource) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "grant of user %s", s.key.UserID)
}

// Token implements [TokenSource].
func (s grantSource) Token(ctx context.Context, refused Secret) (Secret, error) {
	grant, err := s.grants.Grant(ctx, s.key, refused)
	return grant.AccessToken, err
}

// Grant returns a grant whose access token is good for a while and is not the
// refused one, and renews it if needed. Its Endpoint is current, also after
// the portal has moved. A user without a grant is [ErrNoGrant]; one whose
// refresh token is not good any more is [ErrInvalidGrant] and must open the
// application again.
func (g *Grants) Grant(ctx context.Context, key GrantKey, refused Secret) (Grant, error) {
	unlock, err := g.lock(ctx, key)
	if err != nil {
		return Grant{}, fmt.Errorf("wait for the grant of user %s: %w", key.UserID, err)
	}
	defer unlock()
	grant, err := g.load(ctx, key)
	if err != nil || g.usable(grant, refused) {
		return grant, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTime)
	defer cancel()
	return g.renew(ctx, grant, refused)
}

// Put stores a grant that came from elsewhere, such as the pair of tokens in a
// verified [Placement], and keeps a renewal that is under way from
// overwriting it with an older one.
func (g *Grants) Put(ctx context.Context, grant Grant) error {
	unlock, err := g.lock(ctx, grant.GrantKey)
	if err != nil {
		return fmt.Errorf("wait for the grant of user %s: %w", grant.UserID, err)
	}
	defer unlock()
	if err := g.store.SaveGrant(ctx, grant); err != nil {
		return fmt.Errorf("store the grant of user %s: %w", grant.UserID, err)
	}
	return nil
}

// renew runs under the lock of the grant.
func (g *Grants) renew(ctx context.Context, old Grant, refused Secret) (Grant, error) {
	key := old.GrantKey
	if locker, ok := g.store.(GrantLocker); ok {
		unlock, err := locker.LockGrant(ctx, key)
		if err != nil {
			return Grant{}, fmt.Errorf("lock the grant of user %s: %w", key.UserID, err)
		}
		defer unlock()
		// Another process may have renewed it while we waited.
		if old, err = g.load(ctx, key); err != nil || g.usable(old, refused) {
			return old, err
		}
	}
	grant, err := g.oauth.Refresh(ctx, old)
	if errors.Is(err, ErrInvalidGrant) {
		// A process that shares the store without locks may have been faster.
		stored, loadErr := g.load(ctx, key)
		if loadErr == nil && stored.RefreshToken != old.RefreshToken && g.usable(stored, refused) {
			return stored, nil
		}
	}
	if err != nil {
		return Grant{}, err
	}
	if err := g.store.SaveGrant(ctx, grant); err != nil {
		return Grant{}, fmt.Errorf("store the renewed grant of user %s: %w", key.UserID, err)
	}
	return grant, nil
}

func (g *Grants) load(ctx context.Context, key GrantKey) (Grant, error) {
	grant, err := g.store.LoadGrant(ctx, key)
	if err != nil {
		return Grant{}, fmt.Errorf("load the grant of user %s: %w", key.UserID, err)
	}
	return grant, nil
}

func (g *Grants) usable(grant Grant, refused Secret) bool {
	return grant.AccessToken != "" && grant.AccessToken != refused && grant.Expires.Sub(g.oauth.clock.Now()) > leastLeft
}

// lock waits for the grant's turn.
func (g *Grants) lock(ctx context.Context, key GrantKey) (unlock func(), err error) {
	g.mu.Lock()
	l, ok := g.locks[key]
	if !ok {
		l = &grantLock{held: make(chan struct{}, 1)}
		g.locks[key] = l
	}
	l.users++
	g.mu.Unlock()

	select {
	case l.held <- struct{}{}:
		return func() { <-l.held; g.leave(key, l) }, nil
	case <-ctx.Done():
		g.leave(key, l)
		return nil, ctx.Err()
	}
}

func (g *Grants) leave(key GrantKey, l *grantLock) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(g.locks, key)
	}
}
