package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/app/admin"
)

// Where the internal authorities answer, below the address in certificates.
const authorityPath = "/ca"

// publicAuthorityRoutes are fetched by programs that check signatures: no cookie,
// no session, nothing but signed data. They are as good over plain http.
func (s *Server) publicAuthorityRoutes() []route {
	if s.config.Authorities == nil {
		return nil
	}
	const id = authorityPath + "/:id"
	return []route{
		{method: "GET", path: id + "/ca.cer", door: doorPublic, open: s.authorityCertificate},
		{method: "HEAD", path: id + "/ca.cer", door: doorPublic, open: s.authorityCertificate},
		{method: "GET", path: id + "/list.crl", door: doorPublic, open: s.authorityList},
		{method: "HEAD", path: id + "/list.crl", door: doorPublic, open: s.authorityList},
		{method: "GET", path: id + "/ocsp/*", door: doorPublic, open: s.authorityOCSPGet},
		{method: "POST", path: id + "/ocsp", door: doorPublic, open: s.authorityOCSPPost},
	}
}

// How long what is public may be kept: not longer, since a revocation counts at
// once and no list says which proxy keeps the old one.
const (
	certificateAge = 24 * time.Hour
	listAge        = 5 * time.Minute
)

// maxOCSP is the largest OCSP request, in bytes: some fifty certificates.
const maxOCSP = 4 << 10

func (s *Server) authorityCertificate(c echo.Context) error {
	id := app.AuthorityID(c.Param("id"))
	der, err := s.config.Authorities.Certificate(c.Request().Context(), id)
	if err != nil {
		return app.Wrap("give authority's certificate", err)
	}
	c.Response().Header().Set("Content-Disposition", attachment("authority-"+string(id)+".cer"))
	return signedData(c, "application/pkix-cert", der, certificateAge)
}

func (s *Server) authorityList(c echo.Context) error {
	list, err := s.config.Authorities.List(c.Request().Context(), app.AuthorityID(c.Param("id")))
	if err != nil {
		return app.Wrap("give revocation list", err)
	}
	c.Response().Header().Set(echo.HeaderLastModified, list.ThisUpdate.UTC().Format(http.TimeFormat))
	age := min(listAge, max(list.NextUpdate.Sub(s.config.Now()), 0))
	return signedData(c, "application/pkix-crl", list.DER, age)
}

// authorityOCSPGet answers a request in the address (RFC 6960, A.1).
func (s *Server) authorityOCSPGet(c echo.Context) error {
	_, text, found := strings.Cut(c.Request().URL.EscapedPath(), "/ocsp/")
	if !found || len(text) > maxOCSP {
		return app.Fail(app.TooLarge, "read OCSP request", "")
	}
	return s.answerOCSP(c, admin.OCSPRequestIn(text))
}

// authorityOCSPPost answers a request in the body.
func (s *Server) authorityOCSPPost(c echo.Context) error {
	if kind := c.Request().Header.Get(echo.HeaderContentType); kind != "application/ocsp-request" {
		return app.Fail(app.Unsupported, "read OCSP request", "call.not-json")
	}
	body, err := io.ReadAll(io.LimitReader(c.Request().Body, maxOCSP+1))
	var long *http.MaxBytesError
	if errors.As(err, &long) || len(body) > maxOCSP {
		return app.Fail(app.TooLarge, "read OCSP request", "")
	}
	if err != nil {
		return app.Fail(app.Invalid, "read OCSP request", "").Because(err)
	}
	return s.answerOCSP(c, body)
}

// answerOCSP gives the answer. One that was asked for in the body is not kept on
// the way (RFC 5019, 6): caches know addresses only.
func (s *Server) answerOCSP(c echo.Context, request []byte) error {
	a, err := s.config.Authorities.OCSP(c.Request().Context(), app.AuthorityID(c.Param("id")), request)
	if err != nil {
		return app.Wrap("answer OCSP", err)
	}
	age := time.Duration(0)
	if !a.Until.IsZero() && c.Request().Method == http.MethodGet {
		age = min(listAge, max(a.Until.Sub(s.config.Now()), 0))
	}
	return signedData(c, "application/ocsp-response", a.DER, age)
}

// signedData answers with something that its reader verifies. An age of zero
// keeps it from being kept.
func signedData(c echo.Context, kind string, data []byte, age time.Duration) error {
	sum := sha256.Sum256(data)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	if age > 0 {
		h.Set("Cache-Control", "public, no-transform, max-age="+strconv.Itoa(int(age/time.Second)))
		h.Set("ETag", tag)
	}
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	if age > 0 && c.Request().Header.Get("If-None-Match") == tag {
		return c.NoContent(http.StatusNotModified)
	}
	h.Set(echo.HeaderContentLength, strconv.Itoa(len(data)))
	if c.Request().Method == http.MethodHead {
		h.Set(echo.HeaderContentType, kind)
		return c.NoContent(http.StatusOK)
	}
	return c.Blob(http.StatusOK, kind, data)
}
