package signer

// ChangeKind tells what a change after a signature is, in the terms of ISO
// 32000-2, 12.8.2.2 (DocMDP) and EN 319 142-1, 5.4 and 5.5.
type ChangeKind string

// The kinds. All but the last three are things that may be added to a signed
// file, some only where DocMDP permits.
const (
	ChangeSecurityStore ChangeKind = "security-store" // DSS entries: always permitted
	ChangeTimestamp     ChangeKind = "timestamp"      // a document timestamp: always permitted
	ChangeSignature     ChangeKind = "signature"      // a further signature: not with P=1
	ChangeFormFilled    ChangeKind = "form-filled"    // a filled field: with P=2 and 3
	ChangeAnnotation    ChangeKind = "annotation"     // a comment: with P=3 only
	ChangeInformation   ChangeKind = "information"    // document information: not shown on a page
	ChangeContent       ChangeKind = "content"        // anything that the page or the program may show differently
	ChangeTrailing      ChangeKind = "trailing"       // bytes behind the last revision that belong to nothing
	ChangeUndecided     ChangeKind = "undecided"      // too deep, too large or too damaged to compare
)

// Change is one thing that differs between the signed revision and the file.
type Change struct {
	Kind ChangeKind `json:"kind"`
	// Path leads to the object from the catalog: "Pages/Kids/0/Contents".
	Path string `json:"path"`
	// Allowed tells whether the signature permits it.
	Allowed bool `json:"allowed"`
}

// permission is what DocMDP leaves open after a signature: 1, 2 or 3. A
// signature without DocMDP leaves open what P=2 does: every change that a
// reader could not see coming counts against the signer otherwise.
type permission int

// allows tells whether a change of this kind is permitted.
func (p permission) allows(kind ChangeKind) bool {
	switch kind {
	case ChangeSecurityStore, ChangeTimestamp, ChangeInformation:
		return true
	case ChangeSignature, ChangeFormFilled:
		return p >= 2
	case ChangeAnnotation:
		return p >= 3
	}
	return false
}
