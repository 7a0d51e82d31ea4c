package app

import "time"

// Visitor is a user of a portal as they were at their last visit. A portal
// lists neither its administrators nor its users' languages, so both are known
// of those alone who have opened a page of ours.
type Visitor struct {
	Portal PortalID
	User   UserID
	// Admin: the portal named the user an administrator.
	Admin bool
	// Language is the one the portal's page was shown in, as Bitrix24 writes it.
	Language string
	// SeenAt is when this was first so.
	SeenAt time.Time
}
