package store

import (
	"context"

	"signservice/app"
	"signservice/app/secret"
)

// Options are what a Store may be told beside its backend and keeper.
type Options struct {
	// Node names this node's audit chain; "" is "main".
	Node string
	// Enqueue is called inside the transaction that authorizes a Request: it may
	// be called more than once, and for nothing when the transaction fails.
	Enqueue func(tx Tx, portal app.PortalID, id app.RequestID) error
}

// Store keeps typed records. Its methods may be called at the same time from
// any goroutine. What a method wrote, audit entries included, is durable when it
// returns nil; when it returns an error nothing is stored, where its comment
// does not say otherwise.
//
// A record that is absent is an error of kind app.NotFound; one that was
// tampered with is app.Internal with key "store.record". The backend's errors
// are passed on.
type Store struct {
	backend Backend
	keeper  *secret.Keeper
	macKey  []byte
	node    string
	enqueue func(tx Tx, portal app.PortalID, id app.RequestID) error
}

// New opens a store; an empty backend becomes one. New refuses, and changes
// nothing, when the backend was used with another master key (app.Invalid, key
// "master.wrong") or by a newer program (app.Invalid, "store.newer"), or when
// its first record or the end of the audit chain is not as it was left
// (app.Internal, "store.record", "audit.damaged").
func New(ctx context.Context, b Backend, k *secret.Keeper, o Options) (*Store, error) {
	return open(ctx, b, k, o, migrations())
}

func open(ctx context.Context, b Backend, k *secret.Keeper, o Options, steps []migration) (*Store, error) {
	s := &Store{backend: b, keeper: k, macKey: k.Derive("store records"), node: o.Node, enqueue: o.Enqueue}
	if s.node == "" {
		s.node = "main"
	}
	if s.enqueue == nil {
		s.enqueue = func(Tx, app.PortalID, app.RequestID) error { return nil }
	}
	if err := s.open(ctx, steps); err != nil {
		return nil, err
	}
	return s, nil
}

// Close closes the backend.
func (s *Store) Close() error { return s.backend.Close() }

// Ping tells whether the store can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.backend.View(ctx, func(tx Tx) error {
		_, err := s.meta(tx)
		return err
	})
}

// The buckets.
const (
	bucketSystem          = "system"
	bucketPortals         = "portals"
	bucketGrants          = "grants"
	bucketAccounts        = "accounts"
	bucketAuthenticators  = "authenticators"
	bucketEnrolments      = "enrolments"
	bucketEnrolmentIDs    = "enrolment_ids"
	bucketCertificates    = "certificates"
	bucketClaims          = "certificate_claims"
	bucketKeys            = "keys"
	bucketAssignments     = "assignments"
	bucketRequests        = "requests"
	bucketRequestTimes    = "request_times"
	bucketUnfinished      = "unfinished"
	bucketLastSigned      = "last_signed"
	bucketDue             = "due"
	bucketOrders          = "orders"
	bucketRemembered      = "remembered"
	bucketVisitors        = "visitors"
	bucketSettings        = "settings"
	bucketInvitations     = "invitations"
	bucketInvitationTimes = "invitation_times"
	bucketUntold          = "invitations_untold"
	bucketRoots           = "roots"
	bucketIssuers         = "issuers"
	bucketAuthorityIDs    = "authority_ids"
	bucketAuthorityKeys   = "authority_keys"
	bucketIssued          = "issued"
	bucketAudit           = "audit"
	bucketAuditPortals    = "audit_portals"
)

// Buckets gives the names of all buckets, for tools that copy or check a backend.
func Buckets() []string {
	return []string{
		bucketSystem, bucketPortals, bucketGrants, bucketAccounts, bucketAuthenticators, bucketEnrolments,
		bucketEnrolmentIDs, bucketCertificates, bucketClaims, bucketKeys, bucketAssignments, bucketRequests,
		bucketRequestTimes, bucketUnfinished, bucketLastSigned, bucketDue, bucketOrders, bucketRemembered, bucketVisitors, bucketSettings, bucketInvitations,
		bucketInvitationTimes, bucketUntold, bucketRoots, bucketIssuers,
		bucketAuthorityIDs, bucketAuthorityKeys, bucketIssued, bucketAudit, bucketAuditPortals,
	}
}
