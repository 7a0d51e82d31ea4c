package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"signservice/app"
	"signservice/app/secret"
)

// Options are what a Store may be told beside its backend and keeper.
type Options struct {
	// Node names this node's audit chain; "" is "main".
	Node string
	// Enqueue is called inside the transaction that authorizes a Request.
	Enqueue func(tx Tx, portal app.PortalID, id app.RequestID) error
}

// Store keeps typed records. Its methods may be called at the same time from
// any goroutine. A record that is absent is an error of kind app.NotFound.
type Store struct {
	backend Backend
	keeper  *secret.Keeper
	node    string
	enqueue func(tx Tx, portal app.PortalID, id app.RequestID) error
}

// New opens a store. A backend that was used with another master key is
// refused with key "master.wrong", and stays as it is.
func New(ctx context.Context, b Backend, k *secret.Keeper, o Options) (*Store, error) {
	s := &Store{backend: b, keeper: k, node: o.Node, enqueue: o.Enqueue}
	if s.node == "" {
		s.node = "main"
	}
	if s.enqueue == nil {
		s.enqueue = func(Tx, app.PortalID, app.RequestID) error { return nil }
	}
	if err := s.checkKey(ctx); err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Close closes the backend.
func (s *Store) Close() error { return s.backend.Close() }

// Ping tells whether the store can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.backend.View(ctx, func(tx Tx) error {
		_, err := tx.Get(bucketSystem, key(system, "check"))
		return err
	})
}

// The buckets.
const (
	bucketSystem         = "system"
	bucketPortals        = "portals"
	bucketGrants         = "grants"
	bucketAccounts       = "accounts"
	bucketAuthenticators = "authenticators"
	bucketEnrolments     = "enrolments"
	bucketEnrolmentIDs   = "enrolment_ids"
	bucketCertificates   = "certificates"
	bucketClaims         = "certificate_claims"
	bucketKeys           = "keys"
	bucketAssignments    = "assignments"
	bucketRequests       = "requests"
	bucketRequestTimes   = "request_times"
	bucketUnfinished     = "unfinished"
	bucketDue            = "due"
	bucketOrders         = "orders"
	bucketRemembered     = "remembered"
	bucketAudit          = "audit"
	bucketAuditPortals   = "audit_portals"
)

// system is the first part of keys that belong to no portal.
const system = "_system"

// key joins the parts of a key, each escaped so that it holds no slash.
func key(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// prefix is a key that others begin with.
func prefix(parts ...string) string { return key(parts...) + "/" }

// checkKey compares the master key with the one that the store was made with.
func (s *Store) checkKey(ctx context.Context) error {
	at := key(system, "check")
	wrong := func(value []byte) error {
		var check string
		if json.Unmarshal(value, &check) != nil || !s.keeper.Fits(check) {
			return app.Fail(app.Invalid, "open store", "master.wrong")
		}
		return nil
	}
	err := s.backend.View(ctx, func(tx Tx) error {
		value, err := tx.Get(bucketSystem, at)
		if err != nil {
			return err
		}
		return wrong(value)
	})
	if !errors.Is(err, app.NotFound) {
		return err
	}
	return s.backend.Update(ctx, func(tx Tx) error {
		if value, err := tx.Get(bucketSystem, at); err == nil {
			return wrong(value)
		}
		value, err := json.Marshal(s.keeper.Check())
		if err != nil {
			return err
		}
		return tx.Put(bucketSystem, at, value)
	})
}

// migrations change the records of older versions, in order; the list only
// ever grows. The number of those done is kept in the store.
func migrations() []func(Tx) error { return nil }

// migrate runs the migrations that the store has not seen.
func (s *Store) migrate(ctx context.Context) error {
	at := key(system, "version")
	return s.backend.Update(ctx, func(tx Tx) error {
		done := 0
		value, err := tx.Get(bucketSystem, at)
		switch {
		case errors.Is(err, app.NotFound):
		case err != nil:
			return err
		default:
			if err := json.Unmarshal(value, &done); err != nil {
				return fmt.Errorf("read store version: %w", err)
			}
		}
		all := migrations()
		if done > len(all) {
			return app.Fail(app.Invalid, "open store", "store.newer")
		}
		for _, m := range all[done:] {
			if err := m(tx); err != nil {
				return fmt.Errorf("migrate store: %w", err)
			}
		}
		if value, err = json.Marshal(len(all)); err != nil {
			return err
		}
		return tx.Put(bucketSystem, at, value)
	})
}
