package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/static"
)

// live tells that the process answers.
func (s *Server) live(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// ready tells whether the service can work; why not is in the log.
func (s *Server) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 3*time.Second)
	defer cancel()
	c.Response().Header().Set("Cache-Control", "no-store")
	if err := s.config.Ready(ctx); err != nil {
		s.logError(c, err, app.KindOf(err), http.StatusServiceUnavailable)
		return c.String(http.StatusServiceUnavailable, "not ready\n")
	}
	return c.String(http.StatusOK, "ok\n")
}

// static serves the embedded files, for any page of any origin's frame.
func (s *Server) static(c echo.Context) error {
	c.Response().Header().Del("Content-Security-Policy")
	static.Handler().ServeHTTP(c.Response(), c.Request())
	return nil
}
