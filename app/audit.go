package app

import (
	"strings"
	"time"
)

// Action names an operation in the audit log.
type Action string

// The actions. Once in use, a name never changes its meaning.
const (
	ActInstalled          Action = "portal.installed"
	ActUninstalled        Action = "portal.uninstalled"
	ActErased             Action = "portal.erased"
	ActLinkAlone          Action = "portal.link-alone"
	ActLinkAloneOff       Action = "portal.link-alone-off"
	ActAccountSaved       Action = "account.saved"
	ActAccountDeleted     Action = "account.deleted"
	ActCodeOff            Action = "account.code-off"
	ActCodeOn             Action = "account.code-on"
	ActEnrolmentCreated   Action = "enrolment.created"
	ActEnrolmentWithdrawn Action = "enrolment.withdrawn"
	ActEnrolmentShown     Action = "enrolment.shown"
	ActEnrolmentDone      Action = "enrolment.done"
	ActEnrolmentFailed    Action = "enrolment.failed"
	ActCertificateCreated Action = "certificate.created"
	ActCertificateAdded   Action = "certificate.added" // from a token
	ActCertificateRemoved Action = "certificate.removed"
	ActCertificateImport  Action = "certificate.imported" // from a file
	ActCertificateChanged Action = "certificate.changed"  // its owner, its chain
	ActCertificateWarned  Action = "certificate.warned"   // people were told that it ends
	ActCertificateIssued  Action = "certificate.issued"   // by an internal authority
	ActCertificateRenewed Action = "certificate.renewed"  // the same, in the place of another
	ActCertificateRevoked Action = "certificate.revoked"
	ActAuthorityCreated   Action = "authority.created"
	ActAuthorityNext      Action = "authority.next"      // a further issuing authority was begun
	ActAuthorityCertified Action = "authority.certified" // its root has certified it
	ActAuthorityRevoked   Action = "authority.revoked"   // an issuing authority
	ActAuthorityExported  Action = "authority.exported"  // a root's key, encrypted
	ActAuthorityKeyGone   Action = "authority.key-removed"
	ActAuthorityList      Action = "authority.list"    // a root's list that was made elsewhere
	ActClockAccepted      Action = "clock.accepted"    // an earlier time than seen before is the right one
	ActTokenPIN           Action = "token.pin"         // an administrator typed it
	ActTokenPINAllowed    Action = "token.pin-allowed" // to be sent once more
	ActTokenKey           Action = "token.key"         // made on it
	ActTokenWritten       Action = "token.written"     // a certificate, onto it
	ActAssigned           Action = "assignment.created"
	ActAssignmentLimited  Action = "assignment.limited"
	ActUnassigned         Action = "assignment.removed"
	ActFrozen             Action = "request.frozen"
	ActOrdered            Action = "order.created"
	ActCodeRight          Action = "order.authorized"
	ActCodeWrong          Action = "order.refused"
	ActIntent             Action = "request.intent" // before the key is touched
	ActSigned             Action = "request.signed"
	ActDelivered          Action = "request.delivered"
	ActDone               Action = "request.done"
	ActFailed             Action = "request.failed"
	ActConflict           Action = "request.conflict"
	ActCancelled          Action = "request.cancelled"
	ActExpired            Action = "request.expired"
	ActRetried            Action = "request.retried"
	ActTested             Action = "request.tested" // a sample is signed, and good
	ActInvited            Action = "invitation.created"
	ActInvitationSigned   Action = "invitation.signed"
	ActInvitationDeclined Action = "invitation.declined"
	ActInvitationEnded    Action = "invitation.withdrawn" // or gone with its element
	ActRefusedVisit       Action = "visit.refused"
	ActExported           Action = "journal.exported"
	ActConfirmed          Action = "confirm.right" // an administrator's own code, before a dangerous act
	ActConfirmWrong       Action = "confirm.wrong"
	ActAlarm              Action = "alarm.raised" // administrators were told of refused codes
	ActSettingsSaved      Action = "settings.saved"
	ActBackedUp           Action = "backup.written"
	ActRestored           Action = "backup.restored" // the store goes on from a backup
)

// Topic is what the action is about: the part of its name before the dot.
func (a Action) Topic() string {
	topic, _, _ := strings.Cut(string(a), ".")
	return topic
}

// AuditEntry is one operation, as the audit log keeps it. The entries of a
// node form a chain: Hash covers the entry and the Hash before it. No entry
// holds a secret.
type AuditEntry struct {
	// Seq, At, Previous and Hash are set by the store.
	Seq      int64     `json:"seq"`
	At       time.Time `json:"at"`
	Previous string    `json:"previous"`
	Hash     string    `json:"hash"`

	Action Action   `json:"action"`
	Portal PortalID `json:"portal,omitempty"`
	// User is who did it; Subject whom or what it concerns: a user id, a
	// certificate id, a host.
	User    UserID `json:"user,omitempty"`
	Subject string `json:"subject,omitempty"`

	Order       OrderID       `json:"order,omitempty"`
	Request     RequestID     `json:"request,omitempty"`
	Entity      Entity        `json:"entity,omitzero"`
	File        string        `json:"file,omitempty"`
	FileID      string        `json:"fileId,omitempty"`
	Certificate CertificateID `json:"certificate,omitempty"`
	// OwnerName is whom the certificate names, kept here since the certificate
	// may be removed later.
	OwnerName string `json:"ownerName,omitempty"`
	// SHA256 is of the original, Result of the signed file, Digest what the key
	// was asked to sign for.
	SHA256 string `json:"sha256,omitempty"`
	Result string `json:"result,omitempty"`
	Digest string `json:"digest,omitempty"`
	// Method is how the order was authorized.
	Method AuthMethod `json:"method,omitempty"`
	// Address is the network address of whoever did it.
	Address string `json:"address,omitempty"`
	// Detail is a message key or a short fact; never text typed by a stranger.
	Detail string `json:"detail,omitempty"`
}
