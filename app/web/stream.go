package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"signservice/app"
)

// beat is how long a stream of progress is silent at most, so that proxies do
// not take it for dead.
const beat = 15 * time.Second

// eventStream is how a stream of events is named.
const eventStream = "text/event-stream"

// events follows a Request as a stream of screens, until it ends, the Session
// does or the server stops. ?seen is the state that the page shows already.
// The page reads it with fetch, since an EventSource cannot carry the Session.
func (s *Server) events(c *call) error {
	r, err := s.found(c)
	if err != nil {
		return err
	}
	if r.State.Ended() && string(r.State) == c.QueryParam("seen") {
		return s.open(c)
	}
	draw := func() (screen, templ.Component) { return c.progressScreen(r) }
	return s.follow(c, c.QueryParam("seen") != string(r.State), r.State.Ended(), draw, func(ctx context.Context) (changed, ended bool, err error) {
		now, err := s.config.Signing.Next(ctx, c.visit, r.ID, r, beat)
		if err != nil {
			return false, true, err
		}
		changed = now.State != r.State || now.Attempts != r.Attempts
		r = now
		return changed, now.State.Ended(), nil
	})
}

// open begins an answer that is a stream of events: it may take as long as it
// takes.
func (s *Server) open(c *call) error {
	w := c.Response()
	err := http.NewResponseController(w).SetWriteDeadline(time.Time{})
	if err != nil && !errors.Is(err, http.ErrNotSupported) { // not every writer has one
		return app.Wrap("lift write deadline", err)
	}
	w.Header().Set("Content-Type", eventStream)
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep it back
	w.WriteHeader(http.StatusOK)
	w.Flush()
	return nil
}

// life is a stream's context: it ends with the call, with the Session, and when
// the server stops.
func (s *Server) life(c *call) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), sessionLife)
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// follow writes screens as they change: draw gives the present one, next waits
// for a change and tells whether it was the last. first has it begin with the
// present one.
func (s *Server) follow(c *call, first, ended bool, draw func() (screen, templ.Component),
	next func(context.Context) (changed, ended bool, err error),
) error {
	if err := s.open(c); err != nil {
		return err
	}
	ctx, cancel := s.life(c)
	defer cancel()
	for changed := first; ; {
		if err := c.write(changed, draw); err != nil || ended || ctx.Err() != nil {
			return nil //nolint:nilerr // the reader has gone
		}
		var err error
		if changed, ended, err = next(ctx); err != nil {
			s.logError(c, err, app.KindOf(err), http.StatusOK)
			return nil // the reader asks again, and is told why
		}
	}
}

// endWith tells the reader of a stream that has begun why no screen comes.
func (s *Server) endWith(c *call, err error) error {
	failure := asFailure(err)
	s.logError(c, err, failure.Kind, http.StatusOK)
	p, err := s.told(c, failure)
	if err != nil {
		return err
	}
	return c.send(map[string]problem{"problem": p})
}

// write sends the present screen, or a sign of life where nothing has changed.
func (c *call) write(changed bool, draw func() (screen, templ.Component)) error {
	if !changed {
		_, err := fmt.Fprint(c.Response(), ": still here\n\n")
		c.Response().Flush()
		return err
	}
	sc, component := draw()
	text, err := html(c.Request().Context(), component)
	if err != nil {
		return err
	}
	sc.HTML = text
	return c.send(sc)
}

// send writes one event into the stream.
func (c *call) send(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.Response(), "data: %s\n\n", line); err != nil {
		return err
	}
	c.Response().Flush()
	return nil
}
