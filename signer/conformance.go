package signer

import (
	"crypto"
	"crypto/x509"
	"slices"
	"time"
)

// level finds which level of EN 319 142-1, 6, table 1 an intact signature has,
// by what is in the file and holds. Roots are not needed for it; where some are
// given, chains may end in them.
func (v *verification) level() Level {
	if !v.baseline() {
		return LevelNone
	}
	stamps := v.timeStamps(v.size)
	if len(stamps) == 0 {
		return LevelB
	}
	if !v.preserved(stamps, v.stored) {
		return LevelT
	}
	for _, d := range v.newestFirst(v.covering()) {
		earlier := v.timeStamps(d.signature.End() - 1)
		if len(earlier) == 0 { // the first proof of time and the archive's are one
			earlier = d.stamps
		}
		if v.preserved(earlier, v.storedAt(d.signature.End())) {
			return LevelLTA
		}
	}
	return LevelLT
}

// baseline tells whether it is a signature of level B-B: in the format, with a
// claimed time in the dictionary and nowhere else, and bound to its certificate.
func (v *verification) baseline() bool {
	s := v.signed.Signer
	_, hasTime := s.SigningTime()
	return v.signature.SubFilter == "ETSI.CAdES.detached" && s.Certificate != nil && s.SigningCertificate() &&
		!hasTime && !v.signature.Time.IsZero() && s.Hash != crypto.SHA1 && s.Hash != crypto.MD5
}

// timeStamps gives the time-stamps that prove since when the signature exists,
// in the revision of a size or before.
func (v *verification) timeStamps(size int64) []*stamp {
	all := slices.Clone(v.stamps)
	for _, d := range v.covering() {
		if d.signature.End() <= size {
			all = append(all, d.stamps...)
		}
	}
	return all
}

// newestFirst orders document time-stamps by what they cover; the oldest of too
// many are left out.
func (x *examination) newestFirst(all []*verification) []*verification {
	slices.SortStableFunc(all, func(a, b *verification) int { return int(b.signature.End() - a.signature.End()) })
	return all[:min(len(all), maxStamps)]
}

// storedAt gives what the security store held in an earlier revision; nothing
// where that cannot be read.
func (x *examination) storedAt(end int64) *evidence {
	if e, ok := x.revisions[end]; ok {
		return e
	}
	e := newEvidence(x.read)
	if old, err := x.file.At(end); err == nil {
		if store, err := old.SecurityStore(); err == nil {
			e.addStore(store)
		}
	}
	x.revisions[end] = e
	return e
}

// preserved tells whether a store holds all that is needed to validate the
// signature at the time of one of its time-stamps, and that time-stamp.
func (v *verification) preserved(stamps []*stamp, e *evidence) bool {
	if len(e.certificates)+len(e.pieces) == 0 {
		return false
	}
	return slices.ContainsFunc(stamps, func(s *stamp) bool { return len(v.missing(s, e)) == 0 })
}

// need is a chain of which the store must tell how it stood at a time. A chain
// that is not complete lacks an issuer.
type need struct {
	chain    []*x509.Certificate
	complete bool
	at       time.Time
}

// needs gives the signer's chain and the authority's of a time-stamp, from the
// certificates of a store and those that came with the two.
func (v *verification) needs(s *stamp, e *evidence) []need {
	came := slices.Concat(v.certificates(), s.token.Signed.Certificates)
	signer, complete := e.path(v.signed.Signer.Certificate, came, v.options.Roots)
	stamper, completeStamper := e.path(s.token.Certificate(), came, v.options.Roots)
	return []need{{signer, complete, s.token.Time}, {stamper, completeStamper, s.token.Time}}
}

// missing gives what a store lacks of the needs; a gap without an issuer is a
// chain that is not complete.
func (v *verification) missing(s *stamp, e *evidence) []gap {
	var all []gap
	for _, n := range v.needs(s, e) {
		if !n.complete {
			all = append(all, gap{certificate: n.last()})
			continue
		}
		all = append(all, e.gaps(n.chain, n.at)...)
	}
	return all
}

// last gives the end of the chain, nil for an unreadable certificate's.
func (n need) last() *x509.Certificate {
	if len(n.chain) == 0 {
		return nil
	}
	return n.chain[len(n.chain)-1]
}
