package main

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/secret"
	"signservice/app/spool"
	"signservice/app/store"
	"signservice/app/store/bolt"
)

// TestErase removes files and records of a portal whose time to come back is
// over, and of no other.
func TestErase(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	keeper, err := secret.New(bytes.Repeat([]byte{7}, secret.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	backend, err := bolt.Open(filepath.Join(dir, "store.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = backend.Close() })
	s := &service{log: slog.New(slog.DiscardHandler)}
	if s.store, err = store.New(ctx, backend, keeper, store.Options{}); err != nil {
		t.Fatal(err)
	}
	if s.spool, err = spool.New(filepath.Join(dir, "spool"), keeper); err != nil {
		t.Fatal(err)
	}
	gone, stays := app.PortalID("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), app.PortalID("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")
	now := time.Now()
	for id, p := range map[app.PortalID]app.Portal{
		gone:  {InstalledAt: now.AddDate(-1, 0, 0), UninstalledAt: now.Add(-app.EraseAfter), EraseAt: now},
		stays: {InstalledAt: now.AddDate(-1, 0, 0), UninstalledAt: now.Add(-app.EraseAfter)},
	} {
		p.ID = id
		request := app.RequestID(id) // as long as ids are
		err := errors.Join(s.store.SavePortal(ctx, p), s.store.SaveRequest(ctx, app.Request{
			ID: request, Portal: id, User: "7", State: app.Frozen, CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(time.Hour),
			Document: app.Document{Source: app.SourceField, Entity: app.Entity{Type: app.EntityDeal, ID: 1}, FileID: "1"},
			Original: app.Original{SHA256: "00", Size: 3, Pages: 1, At: now},
		}))
		if err != nil {
			t.Fatal(err)
		}
		w, err := s.spool.Create(ctx, string(request)+"/original")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("pdf")); err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.erase(ctx, now.Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.store.Portal(ctx, gone); err != nil {
		t.Errorf("erased before its time: %v", err)
	}
	for range 2 { // again is no fault
		if err := s.erase(ctx, now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.store.Portal(ctx, gone); !errors.Is(err, app.NotFound) {
		t.Errorf("the portal is left: %v", err)
	}
	if _, err := s.spool.Open(ctx, string(gone)+"/original"); !errors.Is(err, app.NotFound) {
		t.Errorf("a file is left: %v", err)
	}
	if _, err := s.store.Request(ctx, stays, app.RequestID(stays)); err != nil {
		t.Errorf("another portal's request: %v", err)
	}
	f, err := s.spool.Open(ctx, string(stays)+"/original")
	if err != nil {
		t.Fatalf("another portal's file: %v", err)
	}
	_ = f.Close()
}
