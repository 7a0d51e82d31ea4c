package signer

import (
	"crypto/x509"
	"fmt"
	"time"
)

// Report is what a stranger finds in a file.
type Report struct {
	Size  int64 `json:"size"`
	Pages int   `json:"pages"`
	// Repaired tells that the file's structure is damaged.
	Repaired   bool              `json:"repaired,omitempty"`
	Signatures []SignatureReport `json:"signatures"`
}

// SignatureReport is what is found of one signature.
type SignatureReport struct {
	Field string `json:"field"`
	// Type is "Sig" or "DocTimeStamp"; SubFilter the format.
	Type      string `json:"type"`
	SubFilter string `json:"subFilter"`
	// Signer is the common name in the certificate; Subject and Issuer are whole.
	Signer  string `json:"signer"`
	Subject string `json:"subject,omitempty"`
	Issuer  string `json:"issuer,omitempty"`
	Serial  string `json:"serial,omitempty"`
	// Reason is the signer's claim, as is Claimed, the time.
	Reason  string    `json:"reason,omitempty"`
	Claimed time.Time `json:"claimed,omitzero"`
	// Timestamp is when an authority saw the signature; zero without one.
	// Whether the authority is to be believed, Time tells.
	Timestamp time.Time `json:"timestamp,omitzero"`
	// Level is the level of PAdES that the signature has, by what is really in the
	// file and holds: time-stamps verify, material is about these certificates and
	// signed by whom it should be. Whether the roots are trusted is another
	// question. Document time-stamps have none.
	Level Level `json:"level,omitempty"`
	// Time is since when the signature provably exists.
	Time Proof `json:"time,omitzero"`
	// Revocation is nil when it was not asked for, and for a signer who is a root.
	Revocation *Revocation `json:"revocation,omitempty"`
	// Intact: the signed bytes are the ones that were signed, by this
	// certificate's key.
	Intact bool `json:"intact"`
	// WholeFile: nothing follows what the signature covers.
	WholeFile bool `json:"wholeFile"`
	// Trusted: the certificate leads to one of the given roots, was valid at the
	// proven time (without one: is valid now, and was at the claimed time), is not
	// known to have been revoked by then, and no digest or key is too weak. False
	// when no roots were given.
	Trusted bool `json:"trusted"`
	// SelfSigned: the certificate vouches for itself, so nobody else says whose it
	// is.
	SelfSigned bool `json:"selfSigned,omitempty"`
	// Changes are what was added after the signature.
	Changes []Change `json:"changes,omitempty"`
	// Problems say in words what is wrong; Remarks what a strict reader may
	// dislike.
	Problems []string `json:"problems,omitempty"`
	Remarks  []string `json:"remarks,omitempty"`

	certificate *x509.Certificate
	trustAsked  bool // roots were given
}

// Good tells whether every signature is intact, nothing was changed after one
// that it does not allow, none is known to be revoked and, if trust is asked
// for, each is trusted. A file without signatures is not good.
func (r *Report) Good(trust bool) bool {
	for _, s := range r.Signatures {
		if !s.Good() || s.revoked() || trust && !s.Trusted {
			return false
		}
	}
	return len(r.Signatures) > 0
}

// Level is the lowest level of the file's signatures, document time-stamps
// apart; LevelNone without any.
func (r *Report) Level() Level {
	lowest, found := LevelLTA, false
	for _, s := range r.Signatures {
		if !s.stamp() {
			lowest, found = min(lowest, s.Level), true
		}
	}
	if !found {
		return LevelNone
	}
	return lowest
}

// Good tells whether the signature is intact and all that follows is allowed.
func (s *SignatureReport) Good() bool {
	if !s.Intact {
		return false
	}
	for _, c := range s.Changes {
		if !c.Allowed {
			return false
		}
	}
	return true
}

// stamp tells whether it is a document time-stamp.
func (s *SignatureReport) stamp() bool {
	return s.Type == "DocTimeStamp" || s.SubFilter == "ETSI.RFC3161"
}

func (s *SignatureReport) revoked() bool {
	return s.Revocation != nil && s.Revocation.Status == StandingRevoked
}

// Findings gives the report of the signature in words, a finding a line.
func (s *SignatureReport) Findings() []string {
	lines := []string{"BAD: it is no valid signature of this file"}
	if s.Intact {
		lines[0] = "intact"
	}
	if s.WholeFile {
		lines = append(lines, "covers the whole file")
	}
	for _, c := range s.Changes {
		verdict := "allowed"
		if !c.Allowed {
			verdict = "NOT ALLOWED"
		}
		lines = append(lines, fmt.Sprintf("changed after signing, %s: %s (%s)", verdict, c.Kind, c.Path))
	}
	lines = append(lines, s.standingFindings()...)
	if s.Reason != "" {
		lines = append(lines, "reason: "+s.Reason)
	}
	for _, p := range s.Problems {
		lines = append(lines, "problem: "+p)
	}
	for _, r := range s.Remarks {
		lines = append(lines, "remark: "+r)
	}
	return lines
}

// standingFindings says level, trust, time and revocation in words.
func (s *SignatureReport) standingFindings() []string {
	var lines []string
	if s.Intact && s.Type == "Sig" {
		lines = append(lines, "level "+s.levelName())
	}
	switch {
	case s.Trusted:
		lines = append(lines, "chained to a trusted root")
	case s.trustAsked:
		lines = append(lines, "not chained to a trusted root")
	default:
		lines = append(lines, "trust was not asked for")
	}
	if s.SelfSigned {
		lines = append(lines, "self-signed: nobody else says whose certificate it is")
	}
	if s.Intact && s.Revocation != nil {
		lines = append(lines, s.Revocation.finding())
	}
	if !s.Claimed.IsZero() {
		lines = append(lines, "claimed time "+s.Claimed.Format(time.RFC3339))
	}
	if line := s.Time.finding(s.trustAsked); line != "" {
		lines = append(lines, line)
	}
	return lines
}

func (s *SignatureReport) levelName() string {
	if s.Level == LevelNone {
		return "none: no PAdES baseline signature"
	}
	return s.Level.String()
}

// finding says in words since when the signature exists; "" for a claim.
func (p Proof) finding(trustAsked bool) string {
	if p.Authority == "" && p.Source == TimeClaimed || p.At.IsZero() {
		return ""
	}
	line := fmt.Sprintf("time-stamped %s by %s (%s)", p.At.Format(time.RFC3339), p.Authority, p.Source)
	if trustAsked && !p.Trusted {
		return line + ", an authority that is not trusted"
	}
	if p.Source == TimeDocumentStamp {
		line += "; to be renewed before " + p.Expires.Format(time.DateOnly)
	}
	return line
}

// finding says in words what is known of a revocation.
func (r *Revocation) finding() string {
	where := "in the file"
	if r.FromNetwork {
		where = "fetched"
	}
	switch r.Status {
	case StandingGood:
		line := fmt.Sprintf("not revoked, by material of %s (%s)", r.AsOf.Format(time.RFC3339), where)
		if !r.Since.IsZero() {
			line += fmt.Sprintf("; revoked later, on %s (%s)", r.Since.Format(time.RFC3339), r.Reason)
		}
		return line
	case StandingRevoked:
		return fmt.Sprintf("REVOKED since %s (%s): %s", r.Since.Format(time.RFC3339), r.Reason, r.Certificate)
	case StandingExpired:
		return fmt.Sprintf("EXPIRED on %s, and nothing proves that it was signed before: %s", r.Since.Format(time.RFC3339), r.Certificate)
	}
	return "not known whether revoked: " + r.Certificate
}
