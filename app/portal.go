package app

import "time"

// PortalID is the member_id of a Bitrix24 portal: 32 hexadecimal digits that
// stay when the portal is renamed.
type PortalID string

// UserID is the id of a user within one portal, as a decimal number.
type UserID string

// Portal is one Bitrix24 installation that SignService is installed in.
type Portal struct {
	ID PortalID
	// ClientID is the application id of the local app in this portal.
	ClientID string
	// Endpoint is the REST address as the authorization server tells it
	// (client_endpoint), ending in "/rest/". Never taken from a form.
	Endpoint string
	// Domain is the portal's host, with a port where it has one.
	Domain string
	// AuthServer is the authorization server that the portal's tokens belong to.
	AuthServer string
	// ApplicationToken proves that an event comes from the portal.
	ApplicationToken Secret
	// Language is the portal's language as Bitrix24 writes it: "en", "la", "br".
	Language string
	// InstalledBy is the administrator who installed; until a phone is bound,
	// only this person may do dangerous acts.
	InstalledBy UserID
	InstalledAt time.Time
	// UninstalledAt is zero while the app is installed.
	UninstalledAt time.Time
	// EraseAt is when the data of a portal that has removed the app, and asked for
	// its data to be deleted, is erased; zero for never. An installation before
	// then finds everything as it was: deleting a local app always asks, also
	// when it is only to be made anew.
	EraseAt time.Time `json:",omitzero"`
	// LinkAlone lets an enrolment link suffice without proof of identity. It is
	// logged and wears a badge.
	LinkAlone bool
}

// EraseAfter is how long the data of a portal is kept that has removed the app
// and asked for its data to be deleted.
const EraseAfter = 30 * 24 * time.Hour

// Erasable tells whether the portal's data may be erased at the time now.
func (p Portal) Erasable(now time.Time) bool {
	return !p.Installed() && !p.EraseAt.IsZero() && !now.Before(p.EraseAt)
}

// Installed tells whether the app is in use in the portal.
func (p Portal) Installed() bool { return p.UninstalledAt.IsZero() && !p.InstalledAt.IsZero() }

// Grant is the pair of OAuth tokens with which SignService acts for one user
// of a portal.
type Grant struct {
	Portal    PortalID
	User      UserID
	Access    Secret
	Refresh   Secret
	ExpiresAt time.Time
	UpdatedAt time.Time
}

// Entity is a CRM element that documents are attached to, by Bitrix24's
// entityTypeId and the element's id. The zero Entity is none.
type Entity struct {
	Type int   `json:"type"`
	ID   int64 `json:"id"`
}

// Visit is a verified visitor of a page: who, from which portal, through which
// slot. app/portal makes it from what the authorization server answered;
// nothing in it is taken from the visitor's form but the slot and the
// entity, which the visitor's own rights then limit.
type Visit struct {
	Portal PortalID
	User   UserID
	// Name is the user's name as the portal tells it.
	Name string
	// Unproven: nobody was asked who the visitor is; a setup link alone was enough,
	// since the portal's administrators allow it (Portal.LinkAlone).
	Unproven bool
	// Admin is true for an administrator of the portal, at the time of the visit.
	Admin bool
	Slot  Slot
	// Entity is the element whose card shows the tab; zero elsewhere.
	Entity Entity
	// Invitation is the one that the visitor has come by; "" elsewhere.
	Invitation InvitationID
	// Language is the one the portal's page was shown in, as Bitrix24 writes it.
	Language string
	// TimeZone is the user's IANA time zone; "" when unknown.
	TimeZone string
	// Address is the visitor's network address, for the audit log; "" where nobody
	// called.
	Address string
	// Code is the one-time code that an administrator typed to confirm a
	// dangerous act, not yet looked at; "" elsewhere.
	Code Secret
}

// User is a user of a portal as its directory tells it.
type User struct {
	ID       UserID
	Name     string
	Position string
	Email    string
	Active   bool
	// Employee is false for extranet and e-mail users, who cannot sign.
	Employee bool
}
