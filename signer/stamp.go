package signer

import (
	"context"
	"crypto"
	"crypto/rand"
	"fmt"

	"signservice/signer/cms"
	"signservice/signer/tsp"
)

// Timestamps gives time-stamps over digests (RFC 3161). A tsp.Client is one: it
// asks several authorities in order. What it gives has to be verified: over this
// digest, by a certificate for time-stamping. It may be called again.
type Timestamps interface {
	Stamp(ctx context.Context, hash crypto.Hash, digest []byte) (*tsp.Token, error)
}

// Stamp puts an authority's time-stamp over the signature value into a
// container that Sign made: level B-T. The key is not needed for it, so a
// process may store the container of Sign first and stamp it when an authority
// answers.
//
// ErrRoom, beside the container, when it is too large for the prepared place:
// prepare and sign anew with Options.StampSize, or embed the container that Sign
// made and have Raise add a document time-stamp, for which the key is not asked
// again. What the authorities answered otherwise is in the error.
func Stamp(ctx context.Context, p *Prepared, container []byte, by Timestamps) ([]byte, error) {
	sd, err := cms.Parse(container)
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	token, err := stampOver(ctx, by, stampHash, sum(stampHash, sd.Signer.Signature))
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	stamped, err := cms.WithTimestamp(container, token.Raw)
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	if room := p.Reserved.ContentsSize; len(stamped) > room {
		return stamped, fmt.Errorf("stamp: %w: %d bytes, reserved are %d", ErrRoom, len(stamped), room)
	}
	return stamped, nil
}

// StampSize gives the size of an authority's time-stamps, for Options.StampSize:
// with it the room is right at the first try, so that a key which a person has to
// unlock is asked once. It asks for a time-stamp over a random digest.
func StampSize(ctx context.Context, by Timestamps) (int, error) {
	nothing := make([]byte, stampHash.Size())
	if _, err := rand.Read(nothing); err != nil {
		return 0, err
	}
	token, err := stampOver(ctx, by, stampHash, nothing)
	if err != nil {
		return 0, fmt.Errorf("measure a time-stamp: %w", err)
	}
	return len(token.Raw), nil
}

// stampHash is the digest for authorities: they all know it.
const stampHash = crypto.SHA256

// stampOver asks for a time-stamp and verifies it: what a source gives goes into
// files that cannot be mended.
func stampOver(ctx context.Context, by Timestamps, hash crypto.Hash, digest []byte) (*tsp.Token, error) {
	token, err := by.Stamp(ctx, hash, digest)
	if err != nil {
		return nil, err
	}
	if _, err := token.Verify(digest); err != nil || token.Hash != hash {
		return nil, fmt.Errorf("the time-stamp does not hold: %w", err)
	}
	return token, nil
}

// sum digests data.
func sum(h crypto.Hash, data []byte) []byte {
	hash := h.New()
	hash.Write(data)
	return hash.Sum(nil)
}
