package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"signservice/app"
	"signservice/app/store"
)

// The calls of the control socket by which a backup is made: the first gives the
// store as it is at one moment, the second notes that the backup is written.
const (
	callStore  = "/backup/store"
	callBackup = "/backup"
	// snapshotHeader tells of the copy what only the store knows, as JSON.
	snapshotHeader = "Signservice-Snapshot"
)

// stagedName is the copy of the store while it is being sent. Its name is
// removed at once; a process that was killed in between leaves it for the next.
const stagedName = "backup.part"

// sendStore answers with a copy of the store. The copy is made on the service's
// own disk first, and sent when the store is free again: whoever writes to the
// store never waits for the one who reads here.
func (s *service) sendStore(w http.ResponseWriter, r *http.Request) {
	if !s.copying.TryLock() {
		http.Error(w, "another backup is being made", http.StatusConflict)
		return
	}
	defer s.copying.Unlock()
	// Long after the server's usual time the other side may still be reading.
	if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
		s.log.WarnContext(r.Context(), "back up the store", "error", err)
	}
	f, snapshot, err := s.stage(r.Context())
	if err != nil {
		s.log.ErrorContext(r.Context(), "back up the store", "error", err)
		http.Error(w, "not copied", http.StatusInternalServerError)
		return
	}
	defer f.Close() //nolint:errcheck // it has no name any more
	about, err := json.Marshal(snapshot)
	if err != nil {
		http.Error(w, "not copied", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(snapshot.Size, 10))
	w.Header().Set(snapshotHeader, string(about))
	if _, err := io.Copy(w, f); err != nil { // the other side sees that the length is wrong
		s.log.WarnContext(r.Context(), "send the store to a backup", "error", err)
	}
}

// stage copies the store into a file without a name.
func (s *service) stage(ctx context.Context) (_ *os.File, snapshot store.Snapshot, err error) {
	path := filepath.Join(s.config.Dir, stagedName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, snapshot, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if err := os.Remove(path); err != nil {
		return nil, snapshot, err
	}
	if err := s.store.Snapshot(ctx, func(of store.Snapshot) (io.Writer, error) {
		snapshot = of
		return f, nil
	}); err != nil {
		return nil, snapshot, err
	}
	_, err = f.Seek(0, io.SeekStart)
	return f, snapshot, err
}

// noteBackup notes that a backup was written.
func (s *service) noteBackup(w http.ResponseWriter, r *http.Request) {
	var b app.Backup
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&b); err != nil {
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	if err := s.store.SaveBackup(r.Context(), b); err != nil {
		s.log.ErrorContext(r.Context(), "note a backup", "error", err)
		http.Error(w, "not stored", http.StatusInternalServerError)
		return
	}
	answerJSON(w, b)
}

// runningService is the store of the service that is running over a folder, as a
// backup needs it.
type runningService struct{ dir string }

// ping tells whether a service is running there; errNoService where none is.
func (s *runningService) ping(ctx context.Context) error {
	answer, err := callService(ctx, s.dir, http.MethodGet, "/ping", nil)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// Snapshot gives the running service's store.
func (s *runningService) Snapshot(ctx context.Context, begin func(store.Snapshot) (io.Writer, error)) error {
	answer, err := callService(ctx, s.dir, http.MethodGet, callStore, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	var of store.Snapshot
	if err := json.Unmarshal([]byte(answer.Header.Get(snapshotHeader)), &of); err != nil {
		return fmt.Errorf("read the running service's answer: %w", err)
	}
	w, err := begin(of)
	if err != nil {
		return err
	}
	if n, err := io.Copy(w, answer.Body); err != nil {
		return fmt.Errorf("read the running service's store, %d of %d bytes: %w", n, of.Size, err)
	}
	return nil
}

// SaveBackup has the running service note a backup.
func (s *runningService) SaveBackup(ctx context.Context, b app.Backup) error {
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	answer, err := callService(ctx, s.dir, http.MethodPost, callBackup, body)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
