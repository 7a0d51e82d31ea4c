package pdf

import (
	"crypto"
	_ "crypto/sha256" // the digests that Hash may name
	_ "crypto/sha512"
	"fmt"
	"io"
	"time"
)

// Type is the type of a signature dictionary.
type Type string

// The types: a signature by somebody, and a document timestamp by an authority
// (ISO 32000-2, 12.8.5).
const (
	Sig          Type = "Sig"
	DocTimeStamp Type = "DocTimeStamp"
)

// A SignatureSpec says what signature to append. The zero value is an invisible
// PAdES signature in a new field on the first page.
type SignatureSpec struct {
	// Field is the full name of the field: an existing empty signature field is
	// filled, otherwise one of this name is made. "" makes one with a name that
	// is not taken yet.
	Field string
	// MustExist refuses to make a field: ErrFieldNotFound.
	MustExist bool
	// Page counts from 1; 0 is the first page. It is not used for a field that
	// exists.
	Page int
	// Placement says where on the page a new field shows; nil makes it
	// invisible.
	Placement *Placement
	// Appearance is what the field shows; nil shows nothing. In a field that
	// exists it is fitted into the field's rectangle.
	Appearance *Appearance
	// Tooltip names the field for people who cannot see it (TU).
	Tooltip string

	// Type is Sig when empty.
	Type Type
	// Filter is Adobe.PPKLite when empty, SubFilter is ETSI.CAdES.detached, or
	// ETSI.RFC3161 for a document timestamp.
	Filter, SubFilter Name
	// Time is the claimed time (M), left out when zero.
	Time time.Time
	// Texts for people, left out when empty.
	Name, Reason, Location, ContactInfo string
	// Application is the program that signs, for Prop_Build; left out when empty.
	Application string

	// ContentsSize is how many bytes of CMS are reserved, 8192 when 0.
	ContentsSize int
	// Hash is the digest to compute, SHA-256 when 0.
	Hash crypto.Hash
	// Certify makes it a certifying signature with these DocMDP permissions:
	// 1 no changes, 2 forms and signatures, 3 comments as well. 0 does not
	// certify.
	Certify int
	// Store is added to the document's security store by the same increment, as
	// an archive timestamp should cover it; nil adds nothing.
	Store *SecurityStore
	// SeedsHonoured says that the caller has seen to those seed values that
	// this package cannot judge: [Seed.Beyond].
	SeedsHonoured bool

	// Rand is where initialisation vectors come from when the file is
	// encrypted; nil is crypto/rand.
	Rand io.Reader
}

const maxContents = 16 << 20

// complete fills in what was left to us, and refuses nonsense.
func (s *SignatureSpec) complete() error {
	if s.Type == "" {
		s.Type = Sig
	}
	if s.Filter == "" {
		s.Filter = "Adobe.PPKLite"
	}
	if s.SubFilter == "" {
		s.SubFilter = "ETSI.CAdES.detached"
		if s.Type == DocTimeStamp {
			s.SubFilter = "ETSI.RFC3161"
		}
	}
	if s.ContentsSize == 0 {
		s.ContentsSize = 8192
	}
	if s.Hash == 0 {
		s.Hash = crypto.SHA256
	}
	switch {
	case s.Type != Sig && s.Type != DocTimeStamp:
		return fmt.Errorf("%w: type %q", ErrSpec, s.Type)
	case s.ContentsSize < 0 || s.ContentsSize > maxContents:
		return fmt.Errorf("%w: %d bytes reserved", ErrSpec, s.ContentsSize)
	case s.Hash != crypto.SHA256 && s.Hash != crypto.SHA384 && s.Hash != crypto.SHA512:
		return fmt.Errorf("%w: digest %v", ErrSpec, s.Hash)
	case s.Certify < 0 || s.Certify > 3 || (s.Certify > 0 && s.Type != Sig):
		return fmt.Errorf("%w: certify with %d", ErrSpec, s.Certify)
	case s.Placement != nil && s.Placement.Rect.empty():
		return fmt.Errorf("%w: empty rectangle", ErrSpec)
	case s.MustExist && s.Field == "":
		return fmt.Errorf("%w: which field must exist?", ErrSpec)
	}
	return nil
}
