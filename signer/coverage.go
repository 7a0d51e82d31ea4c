package signer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"signservice/signer/pdf"
)

// coverage tells what follows the signed revision, and judges it.
func (v *verification) coverage(ctx context.Context) {
	end := v.signature.End()
	if end == v.size {
		v.report.WholeFile = true
		return
	}
	old, restrictions, err := v.revision(end)
	if err != nil {
		v.report.Changes = []Change{{Kind: ChangeUndecided, Path: "revision"}}
		v.problem("the signed revision cannot be compared with the file", err)
		return
	}
	p := permission(2)
	if restrictions.Permission > 0 {
		p = permission(restrictions.Permission)
	}
	v.report.Changes = append(compare(ctx, old, v.file, p, restrictions.Locks), v.trailing(end)...)
}

// revision opens the document as it was signed, with what its signatures leave
// open. A revision that can only be read by repairing it is not what a signer
// saw, or the end of the file is not what a reader sees.
func (v *verification) revision(end int64) (*pdf.File, pdf.Restrictions, error) {
	old, err := v.file.At(end)
	if err != nil {
		return nil, pdf.Restrictions{}, err
	}
	restrictions, err := old.Restrictions()
	if err != nil {
		return nil, restrictions, err
	}
	signatures, err := old.Signatures()
	if err != nil {
		return nil, restrictions, err
	}
	if !slices.ContainsFunc(signatures, v.isThis) {
		return nil, restrictions, errors.New("the signature does not belong to the revision that it covers")
	}
	for _, f := range []*pdf.File{old, v.file} {
		if repaired, why := f.Repaired(); repaired {
			return nil, restrictions, fmt.Errorf("%w: %s", pdf.ErrDamaged, why)
		}
	}
	return old, restrictions, nil
}

// isThis recognises the signature in another revision.
func (v *verification) isThis(s *pdf.Signature) bool {
	return s.Flaw == nil && s.Field.Name == v.signature.Field.Name && s.ByteRange == v.signature.ByteRange
}

// trailing reports bytes behind the last revision: they belong to nothing that
// a signature or a cross-reference section vouches for (the attack known as
// ISA).
func (v *verification) trailing(end int64) []Change {
	revisions, err := v.file.Revisions()
	if err != nil || len(revisions) == 0 {
		return []Change{{Kind: ChangeUndecided, Path: "revisions"}}
	}
	last := max(end, revisions[len(revisions)-1].End)
	if last >= v.size {
		return nil
	}
	rest := make([]byte, min(v.size-last, 1024))
	if _, err := v.doc.ReadAt(rest, last); err != nil && !errors.Is(err, io.EOF) {
		return []Change{{Kind: ChangeUndecided, Path: "end of file"}}
	}
	if strings.Trim(string(rest), "\x00\t\n\f\r ") == "" && v.size-last <= int64(len(rest)) {
		return nil
	}
	return []Change{{Kind: ChangeTrailing, Path: "end of file"}}
}
