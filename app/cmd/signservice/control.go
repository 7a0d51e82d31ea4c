package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"signservice/app"
)

// controlName is the socket in the service's folder by which commands reach the
// running service, since one process alone can open the store. Who may write to
// the folder may use it: the service's own user.
const controlName = "control.sock"

// maxSocket is the longest path of a socket that every system takes.
const maxSocket = 100

// controlAnswer is the header with the sentence of a refusal that the operator
// can do something about.
const controlAnswer = "X-Refusal"

// errNoService: no service is running over the folder.
var errNoService = errors.New("the service is not running")

// control answers commands of this machine until ctx ends. A service without
// its socket works; commands then say that the store is in use.
func (s *service) control(ctx context.Context) error {
	path := filepath.Join(s.config.Dir, controlName)
	if len(path) > maxSocket {
		s.log.WarnContext(ctx, "no control socket: the path of the folder is too long", "path", path)
		return nil
	}
	// The store is ours alone, so a socket that is there is that of a dead process.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("control socket: %w", err)
	}
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil { // the folder keeps others out before
		return errors.Join(fmt.Errorf("control socket: %w", err), listener.Close())
	}
	server := &http.Server{Handler: s.controls(), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case <-ctx.Done():
		err = errors.Join(server.Close(), <-ended)
	case err = <-ended:
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// controls are the calls of the control socket.
func (s *service) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /doctor", func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, linesOf(s.doctor.Examine(r.Context())))
	})
	mux.HandleFunc("POST /clock", func(w http.ResponseWriter, r *http.Request) {
		if err := s.store.Audit(r.Context(), app.AuditEntry{Action: app.ActClockAccepted}); err != nil {
			s.log.ErrorContext(r.Context(), "accept the clock", "error", err)
			http.Error(w, "not stored", http.StatusInternalServerError)
			return
		}
		answerJSON(w, linesOf(s.doctor.Examine(r.Context())))
	})
	mux.HandleFunc("POST /setup-link", s.setupLink)
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, version()) })
	mux.HandleFunc("GET "+callStore, s.sendStore)
	mux.HandleFunc("POST "+callBackup, s.noteBackup)
	return mux
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the asker has gone
}

// callService calls the running service over its socket and gives an answer that
// is good; errNoService where none is running over the folder. It waits as long
// as ctx lets it. The caller closes the answer's body.
func callService(ctx context.Context, dir, method, call string, body []byte) (*http.Response, error) {
	path := filepath.Join(dir, controlName)
	if len(path) > maxSocket {
		return nil, errNoService
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}}
	r, err := http.NewRequestWithContext(ctx, method, "http://control"+call, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	answer, err := (&http.Client{Transport: transport}).Do(r)
	switch {
	case errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED):
		return nil, errNoService
	case err != nil:
		return nil, hinted(errors.New("the running service cannot be asked"), "run this as the user of the service; the socket is "+path)
	}
	if answer.StatusCode == http.StatusOK {
		return answer, nil
	}
	if err := answer.Body.Close(); err != nil {
		return nil, err
	}
	said := answer.Header.Get(controlAnswer)
	switch {
	case said != "":
		return nil, errors.New(said)
	case answer.StatusCode == http.StatusConflict:
		return nil, errors.New("the running service is doing it for another already")
	case answer.StatusCode == http.StatusNotFound:
		return nil, hinted(errors.New("the running service is of another version"), "restart it, so that it is of the same version as this program")
	}
	return nil, errors.New("the running service could not do it; its log says why")
}

// askTime is how long a short answer may take.
const askTime = time.Minute

// ask calls the running service and reads its answer; see callService.
func ask(ctx context.Context, dir, method, call string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := callService(ctx, dir, method, call, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(out); err != nil {
		return fmt.Errorf("read the running service's answer: %w", err)
	}
	return nil
}

// askService has the running service examine itself; errNoService where none is
// running over the folder.
func askService(ctx context.Context, dir string, acceptClock bool) ([]reportLine, error) {
	method, call := http.MethodGet, "/doctor"
	if acceptClock {
		method, call = http.MethodPost, "/clock"
	}
	var lines []reportLine
	err := ask(ctx, dir, method, call, nil, &lines)
	return lines, err
}
