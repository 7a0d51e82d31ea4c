package signer

import "time"

// TimeSource tells whose word a time is.
type TimeSource string

// The sources.
const (
	// TimeClaimed: the signer's own word, which proves nothing.
	TimeClaimed TimeSource = "claimed"
	// TimeSignatureStamp: an authority's time-stamp over the signature value.
	TimeSignatureStamp TimeSource = "signature time-stamp"
	// TimeDocumentStamp: a document time-stamp that covers the signature.
	TimeDocumentStamp TimeSource = "document time-stamp"
)

// Proof is since when a signature exists.
type Proof struct {
	At     time.Time  `json:"at,omitzero"`
	Source TimeSource `json:"source"`
	// Authority is the common name of who vouches; "" for a claim.
	Authority string `json:"authority,omitempty"`
	// Trusted: the authority leads to one of the given roots, and was good when
	// its word was last vouched for: by a newer time-stamp, or now.
	Trusted bool `json:"trusted"`
	// Expires is when the authority's certificate does: a newer time-stamp has to
	// be made before, if the proof is to outlive it.
	Expires time.Time `json:"expires,omitzero"`
}

// Standing is what is known of a certificate's revocation.
type Standing string

// The standings.
const (
	StandingGood    Standing = "good"
	StandingRevoked Standing = "revoked" // at the time that counts; see Revocation.Since
	StandingUnknown Standing = "unknown" // nothing, or nothing valid, tells
	StandingExpired Standing = "expired" // and nothing proves that it was signed before
)

// Revocation is what is known of the certificates of a signature, the signer's
// and its issuers'. A revocation after the proven time does not count, and is
// told by Since and Reason beside StandingGood.
type Revocation struct {
	Status Standing `json:"status"`
	// Certificate is the subject of the one that the standing is about.
	Certificate string `json:"certificate"`
	// Since is when it was revoked; Reason why, in the words of RFC 5280, 5.3.1.
	Since  time.Time `json:"since,omitzero"`
	Reason string    `json:"reason,omitempty"`
	// AsOf is when the material was made; FromNetwork, that it was fetched and
	// does not stand in the file.
	AsOf        time.Time `json:"asOf,omitzero"`
	FromNetwork bool      `json:"fromNetwork,omitempty"`
}

// reasonName gives the word for a reason of RFC 5280, 5.3.1.
func reasonName(code int) string {
	names := map[int]string{
		0: "unspecified", 1: "keyCompromise", 2: "cACompromise", 3: "affiliationChanged", 4: "superseded",
		5: "cessationOfOperation", 6: "certificateHold", 8: "removeFromCRL", 9: "privilegeWithdrawn", 10: "aACompromise",
	}
	return names[code]
}
