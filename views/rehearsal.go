package views

// RehearsalResult is a test signature: how it went, and what is found in its
// file.
type RehearsalResult struct {
	T      T
	Back   Action
	Notice Notice
	// Signed is what a verifier says; nil before there is a file.
	Signed *Signatures
	// Picture is the call for the picture of the signed page; empty where there is
	// none.
	Picture string
}
