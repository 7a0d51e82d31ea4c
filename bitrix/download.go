package bitrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	maxRedirects = 3
	// downloadTime bounds a download, whatever its size; slower ones than
	// leastRate end earlier.
	downloadTime = 10 * time.Minute
	// leastRate is the least rate in bytes a second, once slowStart is over.
	leastRate = 8 << 10
	slowStart = 20 * time.Second
)

// Downloaded tells about a file.
type Downloaded struct {
	Name        string // from the Content-Disposition header, cleaned; "" if it has none
	ContentType string // as stored in the portal, without parameters
	Size        int64  // bytes; for [Client.Stat] -1 if the portal does not tell
}

// Download writes a file to w. link is the address that a record names, such
// as [ItemFile.Link]; a relative one is completed. It must lie at the portal:
// any other host is [ErrForbiddenHost], and nothing is sent there. A file of
// more than limit bytes is [ErrTooLarge]; what has been written to w by then
// is of no use, as after any error.
//
// Links die with the access token that read them, so nothing is renewed here:
// after [ErrExpiredToken] or [ErrBadLink] read the record again. Portals
// answer some failures with status 200 and a page or a sentence; these are
// [ErrAccessDenied], [ErrNotFound] or [ErrUnexpectedAnswer] here. Still look
// at the content: a file is whatever somebody has uploaded.
//
// No error holds the link.
func (c *Client) Download(ctx context.Context, link Secret, w io.Writer, limit int64) (Downloaded, error) {
	var got Downloaded
	err := c.repeatDownload(ctx, func() (started bool, _ *Error) {
		resp, failed := c.openFile(ctx, http.MethodGet, link)
		if failed != nil {
			return false, failed
		}
		defer resp.close()
		if resp.ContentLength > limit {
			return false, &Error{Status: resp.StatusCode, Err: fmt.Errorf("%w: file of %d bytes", ErrTooLarge, resp.ContentLength)}
		}
		got = fileHead(resp.Response)
		var err error
		got.Size, err = c.copyFile(resp, w, limit)
		if err != nil {
			return true, &Error{Status: resp.StatusCode, Err: err}
		}
		return true, nil
	})
	return got, err
}

// Stat asks for the name, type and size of a file without its content. See
// [Client.Download].
func (c *Client) Stat(ctx context.Context, link Secret) (Downloaded, error) {
	var got Downloaded
	err := c.repeatDownload(ctx, func() (bool, *Error) {
		resp, failed := c.openFile(ctx, http.MethodHead, link)
		if failed != nil {
			return false, failed
		}
		resp.close()
		got = fileHead(resp.Response)
		return false, nil
	})
	return got, err
}

// repeatDownload repeats what failed before the first byte of the file.
func (c *Client) repeatDownload(ctx context.Context, once func() (started bool, _ *Error)) error {
	r := repetition{client: c, renewed: true} // a link cannot get another token
	for {
		started, failed := once()
		if failed == nil {
			return nil
		}
		failed.Method, failed.Host = "download", c.base.Host
		if started || r.next(failed) != repeat || c.clock.Sleep(ctx, r.wait) != nil {
			return failed
		}
	}
}

// fileResponse is an answer that is a file, with its deadlines.
type fileResponse struct {
	*http.Response
	deadlines *deadlines
}

func (r *fileResponse) close() {
	_ = r.Body.Close()
	r.deadlines.end()
}

// openFile asks for a file, follows redirects and refuses what is no file.
func (c *Client) openFile(ctx context.Context, method string, link Secret) (*fileResponse, *Error) {
	target, err := c.onPortal(link)
	if err != nil {
		return nil, &Error{Err: err}
	}
	if err := c.bucket.take(ctx); err != nil {
		return nil, &Error{Err: unreachable(ctx, err)}
	}
	d := newDeadlines(ctx, c.sender.timeout)
	resp, failed := c.follow(d.ctx, method, target) //nolint:bodyclose // fileResponse has it, and closes it
	if failed != nil {
		d.end()
		return nil, failed
	}
	file := &fileResponse{Response: resp, deadlines: d}
	if failed := refuse(method, file); failed != nil {
		file.close()
		return nil, failed
	}
	return file, nil
}

// onPortal completes a link and checks that it leads to the portal. The host
// and scheme are the endpoint's: whatever stands in the link, no other host is
// ever asked.
func (c *Client) onPortal(link Secret) (*url.URL, error) {
	u, err := c.base.Parse(link.Reveal())
	switch {
	case link == "":
		return nil, fmt.Errorf("%w: no download link", ErrNotFound)
	case err != nil || u.Opaque != "" || u.User != nil || !validHost(u):
		return nil, fmt.Errorf("%w: malformed download link", ErrForbiddenHost)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%w: download link is not http", ErrForbiddenHost)
	case normalHost(u.Host, u.Scheme) != c.base.Host:
		return nil, fmt.Errorf("%w: download link leads to %q", ErrForbiddenHost, hostOf(u))
	}
	u.Scheme, u.Host, u.Fragment = c.base.Scheme, c.base.Host, ""
	return u, nil
}

// follow asks for the target and follows at most three redirects.
func (c *Client) follow(ctx context.Context, method string, target *url.URL) (*http.Response, *Error) {
	for range maxRedirects + 1 {
		req, err := http.NewRequestWithContext(ctx, method, target.String(), nil)
		if err != nil {
			return nil, &Error{Err: fmt.Errorf("%w: malformed download link", ErrForbiddenHost)}
		}
		c.dressUp(req)
		resp, failed := c.sender.send(ctx, req)
		if failed != nil {
			return nil, &Error{Err: failed.err}
		}
		if resp.StatusCode < 300 || resp.StatusCode > 399 {
			return resp, nil
		}
		_ = resp.Body.Close()
		if target, err = c.redirected(target, resp); err != nil {
			return nil, err.(*Error) // redirected returns no other
		}
	}
	return nil, &Error{Err: fmt.Errorf("%w: more than %d redirects", ErrUnexpectedAnswer, maxRedirects)}
}

// redirected returns where a redirect leads, if that may be asked.
func (c *Client) redirected(from *url.URL, resp *http.Response) (*url.URL, error) {
	moved := redirect(answer{status: resp.StatusCode, header: resp.Header}, from)
	to, err := from.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" || !validHost(to) {
		return nil, moved
	}
	to.Fragment, to.Host = "", normalHost(to.Host, to.Scheme)
	known := to.Host == c.base.Host || slices.ContainsFunc(c.extra, func(h string) bool { return strings.EqualFold(h, to.Host) })
	switch {
	case !known && moved.MovedTo != "":
		return nil, moved
	case !known, to.User != nil, to.Scheme != "https" && to.Scheme != c.base.Scheme:
		return nil, &Error{Status: resp.StatusCode, Err: fmt.Errorf("%w: redirect of a download to %q", ErrForbiddenHost, hostOf(to))}
	}
	return to, nil
}

// dressUp sets the headers that portals want on downloads. The referer is the
// portal's address without path or query. Compression is refused, so that the
// bytes are the file's and their number is that of the file.
// https://apidocs.bitrix24.com/settings/how-to-call-rest-api/general-principles.html
func (c *Client) dressUp(req *http.Request) {
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Accept-Language", "en,*;q=0.5")
	req.Header.Set("Accept-Encoding", "identity")
	if req.URL.Host == c.base.Host {
		req.Header.Set("Referer", (&url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Path: "/"}).String())
	}
}

func contentType(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return ""
	}
	return kind
}

func fileHead(resp *http.Response) Downloaded {
	return Downloaded{
		Name:        fileName(resp.Header.Get("Content-Disposition")),
		ContentType: contentType(resp.Header),
		Size:        resp.ContentLength,
	}
}

// copyFile copies the body to w. Errors of w come back as they are.
func (c *Client) copyFile(resp *fileResponse, w io.Writer, limit int64) (int64, error) {
	start := c.clock.Now()
	buf := make([]byte, 64<<10)
	var size int64
	for {
		n, err := resp.Body.Read(buf)
		resp.deadlines.arrived()
		size += int64(n)
		if size > limit {
			return size, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
		}
		if _, werr := w.Write(buf[:n]); werr != nil {
			return size, fmt.Errorf("write the file: %w", werr)
		}
		switch {
		case errors.Is(err, io.EOF):
			return size, nil
		case err != nil:
			return size, unreachable(resp.deadlines.ctx, err)
		}
		if took := c.clock.Now().Sub(start); took > slowStart && float64(size) < took.Seconds()*leastRate {
			return size, fmt.Errorf("%w: %d bytes in %s", ErrTooSlow, size, took.Round(time.Second))
		}
	}
}
