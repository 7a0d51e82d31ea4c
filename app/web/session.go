package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"signservice/app"
)

// sessionLife is how long a page may call without asking the portal again; see
// ownerSession for the one page that cannot ask.
const sessionLife = 15 * time.Minute

// renewable is how long after its end a Session still tells which page asks
// for a new one.
const renewable = 24 * time.Hour

// door names how a visitor came in, and so which routes are open.
type door string

// The doors; see the package comment.
const (
	doorPublic door = "public"
	doorFrame  door = "frame"
	doorEvent  door = "event"
	doorLink   door = "link"
	doorDeal   door = "deal"
	doorAdmin  door = "admin"
	doorOwner  door = "owner"
)

// sessionState is the header that has a page's script ask its portal's frame
// for a fresh authorization, once, and call again.
const sessionState = "X-Session"

// session is what a page carries, sealed. Only this service can make or read
// one.
type session struct {
	Door     door         `json:"d"`
	Portal   app.PortalID `json:"p"`
	User     app.UserID   `json:"u"`
	Name     string       `json:"n"`
	Admin    bool         `json:"a,omitempty"`
	Slot     app.Slot     `json:"s"`
	Entity   app.Entity   `json:"e,omitzero"`
	Language string       `json:"l"`
	// Invitation is the one that the page was opened by.
	Invitation app.InvitationID `json:"v,omitempty"`
	TimeZone   string           `json:"z,omitempty"`
	// Enrolment is the id of the link whose owner this is; for doorOwner only.
	Enrolment string `json:"i,omitempty"`
	// Unproven: the link alone was enough; for doorOwner only.
	Unproven bool      `json:"w,omitempty"`
	Ends     time.Time `json:"x"`
}

// newSession makes the Session of a visit through a door.
func newSession(d door, v app.Visit, now time.Time) session {
	return session{
		Door: d, Portal: v.Portal, User: v.User, Name: v.Name, Admin: v.Admin, Slot: v.Slot, Entity: v.Entity,
		Language: v.Language, TimeZone: v.TimeZone, Unproven: v.Unproven, Invitation: v.Invitation, Ends: now.Add(sessionLife),
	}
}

// ownerSession makes the Session of a link's owner. It lives as long as the link:
// nobody outside the portal's frame could renew it, and installing an
// application and typing a code take their time.
func ownerSession(v app.Visit, e app.Enrolment) session {
	s := newSession(doorOwner, v, e.ExpiresAt)
	s.Enrolment, s.Ends = e.ID, e.ExpiresAt
	return s
}

// visit is the visitor the Session was given to.
func (s session) visit() app.Visit {
	return app.Visit{
		Portal: s.Portal, User: s.User, Name: s.Name, Admin: s.Admin, Slot: s.Slot, Entity: s.Entity,
		Language: s.Language, TimeZone: s.TimeZone, Unproven: s.Unproven, Invitation: s.Invitation,
	}
}

// sessionUse and stateUse keep one sealed value from being taken for the other.
const (
	sessionUse = "web session v1"
	stateUse   = "web enrolment state v1"
)

// seal gives the value as text for a page or an address.
func (s *Server) seal(v any, use string) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", app.Wrap("seal "+use, err)
	}
	sealed, err := s.config.Sealer.Seal(plain, []byte(use))
	if err != nil {
		return "", app.Wrap("seal "+use, err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// maxSealed is the longest sealed value that is looked at.
const maxSealed = 4 << 10

// unseal opens what seal made, for the same use.
func (s *Server) unseal(text, use string, v any) error {
	refused := app.Fail(app.Unauthenticated, "open "+use, "")
	if len(text) == 0 || len(text) > maxSealed {
		return refused
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return refused.Because(err)
	}
	plain, err := s.config.Sealer.Open(sealed, []byte(use))
	if err != nil {
		return refused.Because(err)
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return refused.Because(err)
	}
	return nil
}

// bearerOf is the sealed Session that a call carries; empty where there is none.
func bearerOf(r *http.Request) string {
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return bearer
}
