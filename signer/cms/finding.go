package cms

// Finding is something that Verify noticed in a signature that is intact, and
// that a policy may dislike.
type Finding string

// The findings.
const (
	// WeakDigest: MD5 or SHA-1, for which collisions can be made.
	WeakDigest Finding = "weak digest algorithm"
	// WeakKey: an RSA key below 2048 bits.
	WeakKey Finding = "weak key"
	// MalformedCertificate: the signer's certificate breaks RFC 5280 (a negative
	// serial number, say), so that SignerInfo.Certificate is nil and no chain can
	// be built; only its public key was used.
	MalformedCertificate Finding = "malformed certificate"
	// NoSignedAttributes: the signature value covers the content's digest
	// directly; PAdES does not allow that.
	NoSignedAttributes Finding = "no signed attributes"
	// NoSigningCertificate: nothing signed says which certificate it was; one with
	// the same key could be put in its place (RFC 5035, 1).
	NoSigningCertificate Finding = "no signing-certificate attribute"
	// NoAlgorithmProtection: the signed attributes do not name the algorithms.
	// Most signatures of other programs lack it.
	NoAlgorithmProtection Finding = "no algorithm protection"
	// AlgorithmMismatch: the signature algorithm names another digest than the
	// digest algorithm.
	AlgorithmMismatch Finding = "signature algorithm names another digest"
	// NotDER: BER where DER is asked for.
	NotDER Finding = "not DER"
	// Unsorted: the signed attributes are not in DER's order.
	Unsorted Finding = "signed attributes are not sorted"
	// TrailingData: bytes other than zeros follow the container.
	TrailingData Finding = "data behind the container"
)
