package pdf

import (
	"crypto"
	"fmt"
	"slices"
	"strings"
)

// A Seed holds the seed values of a signature field: what its author wants of
// the signature (ISO 32000-2, 12.7.5.5).
type Seed struct {
	// Required are the bits of Ff: values that must be met, where others are
	// wishes.
	Required SeedFlags
	// Filter, SubFilters, Digests and Reasons are what may be chosen from; nil
	// if there is no such value.
	Filter     Name
	SubFilters []Name
	Digests    []string
	Reasons    []string
	// Version is the least version of a parser of seed values.
	Version float64
	// MDP is nil where nothing is said, 0 asks for a signature that does not
	// certify, 1 to 3 for one that certifies with that permission.
	MDP *int
	// Beyond names the required values that this package cannot judge:
	// certificate, timestamp, revocation information, legal attestation, lock.
	Beyond []string
	// Dict has everything, for those who can judge the rest.
	Dict Dict
}

// SeedFlags are the bits of Ff.
type SeedFlags uint32

// The bits of Ff (table 237).
const (
	SeedFilter SeedFlags = 1 << iota
	SeedSubFilter
	SeedVersion
	SeedReasons
	SeedLegalAttestation
	SeedAddRevInfo
	SeedDigest
	SeedLockDocument
	SeedAppearance
)

// seedVersion is the version of seed values that we read: that of ISO 32000-2.
const seedVersion = 3

func (f *File) readConstraints(field *Field) (err error) {
	if field.Lock, err = f.readLock(field.dict["Lock"]); err != nil {
		return err
	}
	field.Seed, err = f.readSeed(field.dict["SV"])
	return err
}

func (f *File) readSeed(o Object) (*Seed, error) {
	d, err := f.dictOf(o)
	if d == nil || err != nil {
		return nil, err
	}
	s := &Seed{Dict: d}
	flags, _, err := resolved[Integer](f, d["Ff"])
	if err != nil {
		return nil, err
	}
	s.Required = SeedFlags(flags & 0xffff)
	if s.Filter, _, err = resolved[Name](f, d["Filter"]); err != nil {
		return nil, err
	}
	if s.Version, _, err = f.float(d["V"]); err != nil {
		return nil, err
	}
	if s.SubFilters, err = listOf[Name](f, d["SubFilter"]); err != nil {
		return nil, err
	}
	if s.Digests, err = f.texts(d["DigestMethod"]); err != nil {
		return nil, err
	}
	if s.Reasons, err = f.texts(d["Reasons"]); err != nil {
		return nil, err
	}
	mdp, err := f.dictOf(d["MDP"])
	if err != nil {
		return nil, err
	}
	if p, ok, err := resolved[Integer](f, mdp["P"]); ok && p >= 0 && p <= 3 {
		n := int(p)
		s.MDP = &n
	} else if err != nil {
		return nil, err
	}
	s.Beyond, err = f.seedBeyond(d, s.Required)
	return s, err
}

// seedBeyond lists what a signature must have that only the maker of the CMS
// can give.
func (f *File) seedBeyond(d Dict, required SeedFlags) ([]string, error) {
	var out []string
	for _, part := range []struct{ key, name Name }{{"Cert", "certificate"}, {"TimeStamp", "timestamp"}} {
		sub, err := f.dictOf(d[part.key])
		if err != nil {
			return nil, err
		}
		if flags, _, err := resolved[Integer](f, sub["Ff"]); err != nil {
			return nil, err
		} else if flags != 0 {
			out = append(out, string(part.name))
		}
	}
	if add, _, err := resolved[bool](f, d["AddRevInfo"]); err != nil {
		return nil, err
	} else if add && required&SeedAddRevInfo != 0 {
		out = append(out, "revocation information")
	}
	if d["LegalAttestation"] != nil && required&SeedLegalAttestation != 0 {
		out = append(out, "legal attestation")
	}
	if d["LockDocument"] != nil && required&SeedLockDocument != 0 {
		out = append(out, "lock")
	}
	if d["AppearanceFilter"] != nil && required&SeedAppearance != 0 {
		out = append(out, "appearance")
	}
	return out, nil
}

func listOf[T any](f *File, o Object) ([]T, error) {
	a, _, err := resolved[Array](f, o)
	if err != nil {
		return nil, err
	}
	var out []T
	for _, item := range a[:min(len(a), 1000)] {
		v, ok, err := resolved[T](f, item)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, v)
		}
	}
	return out, nil
}

func (f *File) texts(o Object) ([]string, error) {
	list, err := listOf[String](f, o)
	var out []string
	for _, s := range list {
		out = append(out, s.Text())
	}
	return out, err
}

// check holds an order against the seed values.
func (s *Seed) check(spec SignatureSpec) error {
	if s == nil {
		return nil
	}
	must := func(flag SeedFlags) bool { return s.Required&flag != 0 }
	switch {
	case must(SeedVersion) && s.Version > seedVersion:
		return fmt.Errorf("%w: it is of a newer kind (V %v)", ErrSeedValue, s.Version)
	case must(SeedFilter) && s.Filter != "" && s.Filter != spec.Filter:
		return fmt.Errorf("%w: it asks for the filter %s", ErrSeedValue, s.Filter)
	case must(SeedSubFilter) && s.SubFilters != nil && !slices.Contains(s.SubFilters, spec.SubFilter):
		return fmt.Errorf("%w: it asks for one of the formats %v", ErrSeedValue, s.SubFilters)
	case must(SeedDigest) && s.Digests != nil && !s.digestAllowed(spec.Hash):
		return fmt.Errorf("%w: it asks for one of the digests %v", ErrSeedValue, s.Digests)
	case must(SeedReasons) && !s.reasonAllowed(spec.Reason):
		return fmt.Errorf("%w: it asks for one of the reasons %q", ErrSeedValue, s.Reasons)
	case s.MDP != nil && *s.MDP != spec.Certify:
		return fmt.Errorf("%w: it asks for certification with P=%d", ErrSeedValue, *s.MDP)
	case len(s.Beyond) > 0 && !spec.SeedsHonoured:
		return fmt.Errorf("%w: it has demands on %s", ErrSeedValue, strings.Join(s.Beyond, ", "))
	}
	return nil
}

func (s *Seed) digestAllowed(h crypto.Hash) bool {
	name := map[crypto.Hash]string{crypto.SHA256: "SHA256", crypto.SHA384: "SHA384", crypto.SHA512: "SHA512"}[h]
	return slices.ContainsFunc(s.Digests, func(d string) bool {
		return strings.EqualFold(strings.ReplaceAll(d, "-", ""), name)
	})
}

// reasonAllowed: no reason may be given where the list is empty or a lone point.
func (s *Seed) reasonAllowed(reason string) bool {
	if len(s.Reasons) == 0 || (len(s.Reasons) == 1 && s.Reasons[0] == ".") {
		return reason == ""
	}
	return slices.Contains(s.Reasons, reason)
}
