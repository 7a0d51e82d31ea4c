package bitrix

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kinds of failure, for [errors.Is]. One error may be of several kinds, such
// as ErrUnexpectedAnswer and ErrLostAnswer.
var (
	// ErrExpiredToken: the access token is expired, unknown or garbled.
	// A [Client] has asked its [TokenSource] for another one before it says so.
	ErrExpiredToken = errors.New("access token refused")
	// ErrInvalidGrant: the refresh token or code is used up, too old or not
	// ours. Only the user can help, by opening the application.
	ErrInvalidGrant = errors.New("refresh token or code refused")
	// ErrInvalidClient: the authorization server does not know the client id,
	// or the client secret is wrong.
	ErrInvalidClient = errors.New("client id or secret refused")
	// ErrNotInstalled: the application is not installed in this portal (any more).
	ErrNotInstalled = errors.New("application not installed")
	// ErrNotOurApp: the token was issued to another application.
	ErrNotOurApp = errors.New("token belongs to another application")
	// ErrForged: an answer contradicts itself or what was asked, for example
	// the endpoint is not at the installation's domain.
	ErrForged = errors.New("answers contradict each other")
	// ErrAccessDenied: this user has no right to do this.
	ErrAccessDenied = errors.New("access denied")
	// ErrUserInactive: the token's user is dismissed or may not log in.
	ErrUserInactive = errors.New("user may not log in")
	// ErrUserNotAllowed: the portal's administrator has closed the
	// application to this user.
	ErrUserNotAllowed = errors.New("application closed to this user")
	// ErrInsufficientScope: the application lacks a permission of the method.
	ErrInsufficientScope = errors.New("permission missing")
	// ErrNoREST: the portal's plan has no REST.
	ErrNoREST = errors.New("plan without REST")
	// ErrNotFound: there is no such record or file, or it is hidden from the user.
	ErrNotFound = errors.New("not found")
	// ErrMethodNotFound: the portal has no such method: an older version, a
	// module that is off, or a plan without it.
	ErrMethodNotFound = errors.New("no such method")
	// ErrAlreadyBound: the placement, event or robot is there already.
	ErrAlreadyBound = errors.New("already bound")
	// ErrQueryLimit: too many calls in a short time, after all repetitions.
	ErrQueryLimit = errors.New("too many calls")
	// ErrOperationTimeLimit: the method is blocked for some minutes, as it
	// took too much of the portal's time; see [Error.RetryAt].
	ErrOperationTimeLimit = errors.New("method blocked for a while")
	// ErrOverload: the portal was blocked by hand. Do not repeat.
	ErrOverload = errors.New("portal blocked")
	// ErrPortalDeleted: the portal is no more.
	ErrPortalDeleted = errors.New("portal deleted")
	// ErrMoved: the portal answered with a redirect to another host, see
	// [Error.MovedTo]. Nothing was sent there. Verify the new host through
	// [OAuth.Identify] before a new Client is made for it.
	ErrMoved = errors.New("portal moved")
	// ErrBadLink: the signature in a download URL does not hold (any more).
	// Read the record again to get a new URL.
	ErrBadLink = errors.New("download link refused")
	// ErrForbiddenHost: a URL leads to a host that is neither the portal's
	// nor allow-listed, or an address is not allowed. Nothing was sent there.
	ErrForbiddenHost = errors.New("host not allowed")
	// ErrUnreachable: no answer: the network failed, or time ran out.
	ErrUnreachable = errors.New("no answer")
	// ErrUnexpectedAnswer: HTML, nothing, or anything else that is not the
	// documented JSON: a maintenance page, a proxy, a login page.
	ErrUnexpectedAnswer = errors.New("unexpected answer")
	// ErrTooLarge: the answer or file is larger than the limit.
	ErrTooLarge = errors.New("too large")
	// ErrTooSlow: a download came in more slowly than the least allowed rate.
	ErrTooSlow = errors.New("too slow")
	// ErrLostAnswer: a write was sent and its outcome is unknown: it may have
	// been applied. Read before you repeat it.
	ErrLostAnswer = errors.New("outcome of the write is unknown")
)

// Error is a call that failed: what the server said, or why it said nothing.
// It holds no token and no URL. Match it with [errors.Is] against the kinds
// above, and with [errors.As] to read its fields.
type Error struct {
	Method      string    // the REST method or what was being done, such as "download"
	Host        string    // the host asked
	Status      int       // HTTP status; 0 if there was no answer
	Code        string    // the server's `error`; may be empty although the server named one
	Description string    // the server's `error_description`, shortened, without control characters
	Argument    string    // the parameter at fault, where the server names it
	MovedTo     string    // for ErrMoved: the new host, with its port if it has one; unverified
	RetryAt     time.Time // for ErrOperationTimeLimit: when the method is free again, if known
	Err         error     // the cause; nil if the server's own words are all there is
	Lost        bool      // the call was a write and may have been applied
}

// Error tells the method, the cause, the code and description.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Method)
	if e.Host != "" {
		b.WriteString(" at " + e.Host)
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, ": status %d", e.Status)
	}
	if e.Code != "" {
		b.WriteString(": " + e.Code)
	}
	if e.Description != "" {
		fmt.Fprintf(&b, ": %q", e.Description)
	}
	if e.Argument != "" {
		fmt.Fprintf(&b, " (argument %q)", e.Argument)
	}
	if e.MovedTo != "" {
		fmt.Fprintf(&b, ": to host %q", e.MovedTo)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Lost {
		b.WriteString(": " + ErrLostAnswer.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// HasCode reports whether the server's code is the given one, in any case.
func (e *Error) HasCode(code string) bool { return strings.EqualFold(e.Code, code) }
