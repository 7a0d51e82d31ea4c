package app

import "time"

// Health is how a part of the service stands.
type Health string

// The states of health.
const (
	Healthy Health = "good"
	Ailing  Health = "warn" // it works, and will not for long, or not for all
	Broken  Health = "bad"
)

// Finding is what one check of the service found.
type Finding struct {
	// Check names the check; its words are the message "check." and this name.
	Check  string
	Health Health
	// Subject is what of several was checked: a host, a token's label, a file.
	Subject string
	// Portal is whom it concerns; "" is the whole service.
	Portal PortalID
	// Key and Args are the message that says how it stands, Fix the key of the one
	// that says how to mend it; "" where nothing is to be done.
	Key  string
	Args []any
	Fix  string
	// At is when it was found, where that is not the time of the examination.
	At time.Time
	// Detail is for the operator of the server alone: a path, a cause, a command.
	// It holds no secret.
	Detail string
}
