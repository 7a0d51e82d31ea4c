package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	// The image of a container has no time zones of its own.
	_ "time/tzdata"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/doctor"
	"signservice/app/keyring"
	"signservice/app/otp"
	"signservice/app/portal"
	"signservice/app/queue"
	"signservice/app/secret"
	"signservice/app/signing"
	"signservice/app/spool"
	"signservice/app/store"
	"signservice/app/store/bolt"
	"signservice/app/web"
	"signservice/bitrix"
	"signservice/install"
)

// service is the product, put together.
type service struct {
	config config
	log    *slog.Logger
	store  *store.Store
	spool  *spool.Spool
	tokens tokenRegistry // nil where there are none
	ring   *keyring.Ring
	pages  *pictures
	// allow are the networks that may be connected to beside public ones.
	allow   []netip.Prefix
	queue   *queue.Local
	signing *signing.Service
	// invitations ask colleagues to sign.
	invitations *signing.Invitations
	office      *admin.Service
	internalCA  *admin.Authorities
	server      *web.Server
	doctor      *doctor.Doctor
	// copying is held while the store is copied for a backup.
	copying sync.Mutex
}

// storeName is the store's file in the service's folder.
const storeName = "signservice.db"

// build makes the service, top to bottom: what a room needs is made before it.
func build(ctx context.Context, c config, log *slog.Logger) (_ *service, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &service{config: c, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	keeper, err := openKeeper(c)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	if err := s.openStore(ctx, keeper); err != nil {
		return nil, err
	}
	if s.spool, err = spool.New(filepath.Join(c.Dir, "spool"), keeper); err != nil {
		return nil, err
	}
	if s.tokens, s.ring, err = openTokens(c, s.store, log); err != nil {
		return nil, err
	}
	s.pages = openPictures(c.Dir, log)
	if s.allow, err = c.allowed(); err != nil {
		return nil, err
	}
	portals, err := s.openPortals()
	if err != nil {
		return nil, err
	}
	s.invitations, err = signing.NewInvitations(signing.InvitationsConfig{Store: s.store, Herald: portals, Log: log})
	if err != nil {
		return nil, err
	}
	roots, err := readCertificates(c.Trust)
	if err != nil {
		return nil, err
	}
	s.signing, err = signing.New(signing.Config{
		Store: s.store, Spool: spoolRoom{s.spool}, Portal: portals,
		Keys: s.ring, CheckCode: otp.Verify, Clock: s.clockGood, Delivered: s.invitations.Delivered,
		Wake: func() { s.queue.Wake() }, Hurry: func(p app.PortalID, id app.RequestID) { s.queue.Hurry(p, id) }, MaxSize: c.MaxSize << 20, Pictures: s.pages,
		Authorities: openAuthorities(s.allow, log), Roots: roots, Log: log,
	})
	if err != nil {
		return nil, err
	}
	s.queue, err = queue.New(queue.Config{Source: s.store, Handler: s.signing.Run, Workers: c.Workers, Log: log})
	if err != nil {
		return nil, err
	}
	return s, s.openWeb(keeper, portals)
}

// openKeeper reads the master key.
func openKeeper(c config) (*secret.Keeper, error) {
	master, err := secret.LoadMaster(secret.Config{File: c.MasterKey, CredentialDir: os.Getenv("CREDENTIALS_DIRECTORY")})
	if err != nil {
		return nil, hinted(err, "make one with: head -c 32 /dev/urandom | base64 > master.key; chmod 600 master.key; then give it as --master-key")
	}
	defer master.Zero()
	return secret.New(master)
}

// openStore opens the records. The queue is made later, so the store reaches
// it through the service.
func (s *service) openStore(ctx context.Context, keeper *secret.Keeper) error {
	backend, err := bolt.Open(filepath.Join(s.config.Dir, storeName), bolt.Options{})
	if err != nil {
		return err
	}
	enqueue := func(tx store.Tx, portal app.PortalID, id app.RequestID) error { return s.queue.Enqueue(tx, portal, id) }
	s.store, err = store.New(ctx, backend, keeper, store.Options{Enqueue: enqueue})
	if err != nil {
		return errors.Join(err, backend.Close())
	}
	count, bad, err := s.store.VerifyAudit(ctx)
	if err != nil {
		return err
	}
	if bad > 0 {
		s.log.ErrorContext(ctx, "the audit log was altered", "entries", count, "first bad", bad)
	}
	return nil
}

// openPortals makes the client of Bitrix24.
func (s *service) openPortals() (*portal.Portals, error) {
	c := portal.Config{Apps: s.config.apps, AuthServers: s.config.AuthServers, Store: s.store, Log: s.log}
	c.Deleted = func(ctx context.Context, portal app.PortalID, e app.Entity) error {
		return s.invitations.Gone(ctx, portal, e)
	}
	c.Transport = bitrix.NewTransport(bitrix.TransportConfig{Allow: s.allow})
	if s.config.insecure {
		c.PlainHosts = s.config.plainHosts
	}
	return portal.New(c)
}

// openWeb makes the pages and their calls.
func (s *service) openWeb(keeper *secret.Keeper, portals *portal.Portals) error {
	enrolments := &otp.Enrolments{Store: s.store, Clock: s.clockGood}
	c := admin.Config{
		Store: s.store, Directory: portals, Fields: portals, CheckCode: otp.Verify, Clock: s.clockGood, Messenger: portals,
		Enrolments: enrolments, Notices: portals, Recheck: portals.Recheck, Log: s.log,
	}
	if s.tokens != nil {
		c.Tokens = s.ring
	}
	letters, err := openLetters(s.config)
	if err != nil {
		return err
	}
	if letters != nil { // a nil sender inside the interface would not be nil
		c.Letters = letters
	}
	s.office, err = admin.New(c)
	if err != nil {
		return err
	}
	enrolments.Bound = s.office.PhoneBound
	var lister tokenLister
	if s.tokens != nil {
		lister = s.tokens
	}
	s.doctor = newDoctor(&s.config, s.store, lister)
	var proxies []netip.Prefix
	for _, p := range s.config.Proxies {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			return err
		}
		proxies = append(proxies, prefix)
	}
	if err := s.openInternalCA(); err != nil {
		return err
	}
	installer := install.New(portals, s.config.URL).With(s.store)
	s.server, err = web.New(web.Config{
		Places:      installer,
		Authorities: s.internalCA,
		Public:      s.config.URL, Sealer: keeper, Visitors: portals, Portals: s.store,
		Installer: installer, Signing: s.signing, Invitations: s.invitations, Admin: s.office,
		Enrolments: enrolments, Ready: s.ready, Health: s.doctor.Latest,
		TrustedProxies: proxies, Version: version(), Log: s.log,
	})
	return err
}

// clockGood refuses codes while the clock is wrong. The doctor is made after the
// rooms that ask it.
func (s *service) clockGood() error { return s.doctor.ClockGood() }

// ready tells whether the service can work: the store answers, and the clock is
// good enough for codes.
func (s *service) ready(ctx context.Context) error {
	return errors.Join(s.store.Ping(ctx), s.clockGood())
}

// shutdownTime is how long open answers may take when the service ends; what
// is then being signed goes on at the next start.
const shutdownTime = 10 * time.Second

// sweepEvery is how often what nobody ordered, or what was kept long enough,
// is cleared away.
const sweepEvery = time.Minute

// run serves until ctx ends, then lets everything under way reach its next
// stored state.
func (s *service) run(ctx context.Context, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 9)
	go func() { ended <- s.queue.Run(ctx) }()
	go func() { ended <- s.invitations.Run(ctx) }()
	go func() { ended <- s.sweep(ctx) }()
	go func() { ended <- s.internalCA.Run(ctx) }()
	go func() { ended <- s.warnings(ctx) }()
	go func() { ended <- s.control(ctx) }()
	go func() { s.doctor.Run(ctx); ended <- nil }()
	go func() { s.pages.warm(ctx, s.log); ended <- nil }()
	go func() {
		if s.tokens != nil {
			s.tokens.Run(ctx)
		}
		ended <- nil
	}()
	server := s.server.HTTP(listener.Addr().String())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err == nil {
		if err = server.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
			err = server.Close() // pages that wait for events do not hold up the end
		}
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	stop()
	for range cap(ended) {
		err = errors.Join(err, <-ended)
	}
	return err
}

// sweep clears away what is due, again and again.
func (s *service) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := s.sweepOnce(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "clear away old files", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *service) sweepOnce(ctx context.Context) error {
	due, err := s.store.Stale(ctx, time.Now())
	if err != nil {
		return err
	}
	for _, r := range due.Removable {
		if err := s.deleteFiles(ctx, r.ID); err != nil {
			return err
		}
		if err := s.store.Cleared(ctx, r.Portal, r.ID); err != nil {
			return err
		}
	}
	return s.erase(ctx, time.Now())
}

// close ends what build began.
func (s *service) close() error {
	var errs []error
	if s.pages != nil {
		errs = append(errs, s.pages.pages.Close())
	}
	if s.tokens != nil {
		errs = append(errs, s.tokens.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(errs...)
}

// spoolRoom gives the spool the shape that signing asks for.
type spoolRoom struct{ *spool.Spool }

func (r spoolRoom) Create(ctx context.Context, name string) (signing.SpoolWriter, error) {
	return r.Spool.Create(ctx, name)
}

func (r spoolRoom) Open(ctx context.Context, name string) (signing.SpoolReader, error) {
	return r.Spool.Open(ctx, name)
}

// listen opens the address of the pages.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, hinted(fmt.Errorf("cannot listen on %s", address), "is another program using it? choose another with --listen")
	}
	return listener, nil
}
