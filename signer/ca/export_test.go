package ca

// What the tests look at from outside.
var (
	LintCertificate = lintCertificate
	LintList        = lintList
	Create          = create
)
