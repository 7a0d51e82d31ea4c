package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"signservice/app"
)

// beat is how long a stream of progress is silent at most, so that proxies do
// not take it for dead.
const beat = 15 * time.Second

// events follows a Request as a stream of screens, until it ends, the Session
// does or the server stops. ?seen is the state that the page shows already.
// The page reads it with fetch, since an EventSource cannot carry the Session.
func (s *Server) events(c *call) error {
	r, err := s.found(c)
	if err != nil {
		return err
	}
	w := c.Response()
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil {
		return app.Wrap("lift write deadline", err)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep it back
	w.WriteHeader(http.StatusOK)
	if string(r.State) != c.QueryParam("seen") {
		if err := c.send(r); err != nil {
			return nil //nolint:nilerr // the reader has gone
		}
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), sessionLife)
	defer cancel()
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	for !r.State.Ended() && ctx.Err() == nil {
		if r, err = s.step(ctx, c, r); err != nil {
			return nil //nolint:nilerr // the reader has gone, or asks again and is told why
		}
		if out.Flush() != nil {
			return nil
		}
	}
	return nil
}

// step waits for the next change of a Request and writes it, or a sign of
// life where there is none.
func (s *Server) step(ctx context.Context, c *call, last app.Request) (app.Request, error) {
	now, err := s.config.Signing.Next(ctx, c.visit, last.ID, last, beat)
	if err != nil {
		s.logError(c, err, app.KindOf(err), http.StatusOK)
		return last, err
	}
	if now.State == last.State && now.Attempts == last.Attempts {
		_, err = fmt.Fprint(c.Response(), ": still here\n\n")
		return now, err
	}
	return now, c.send(now)
}

// send writes a screen into the stream.
func (c *call) send(r app.Request) error {
	sc, component := c.progressScreen(r)
	text, err := html(c.Request().Context(), component)
	if err != nil {
		return err
	}
	sc.HTML = text
	line, err := json.Marshal(sc)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.Response(), "data: %s\n\n", line); err != nil {
		return err
	}
	c.Response().Flush()
	return nil
}
