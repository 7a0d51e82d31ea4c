package portal

import (
	"context"
	"sync"
)

// locks gives one holder at a time to each key. A waiter gives up with its context.
type locks[K comparable] struct {
	mu   sync.Mutex
	held map[K]*lock // guarded by mu
}

type lock struct {
	token chan struct{} // holds one value while the lock is free
	users int           // holders and waiters; guarded by locks.mu
}

// acquire waits for the key and gives the function that lets it go.
func (l *locks[K]) acquire(ctx context.Context, key K) (release func(), err error) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[K]*lock{}
	}
	one := l.held[key]
	if one == nil {
		one = &lock{token: make(chan struct{}, 1)}
		one.token <- struct{}{}
		l.held[key] = one
	}
	one.users++
	l.mu.Unlock()

	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if one.users--; one.users == 0 {
			delete(l.held, key)
		}
	}
	select {
	case <-one.token:
		return func() { one.token <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
