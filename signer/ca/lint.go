package ca

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3/lint"
	// What the RFCs demand, and what is known to go wrong in practice. The rules
	// of browsers and for public authorities do not concern documents; package
	// zlint itself would bring them all.
	_ "github.com/zmap/zlint/v3/lints/community"
	_ "github.com/zmap/zlint/v3/lints/rfc"
)

// lintCertificate refuses a certificate that breaks a rule, with ErrLint.
func lintCertificate(der []byte) error {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLint, err)
	}
	registry := lint.GlobalRegistry()
	var broken []string
	for _, l := range registry.CertificateLints().Lints() {
		broken = add(broken, l.Name, l.Execute(c, registry.GetConfiguration()))
	}
	return lintError(broken)
}

// lintList refuses a list of revocations that breaks a rule, with ErrLint.
func lintList(der []byte) error {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLint, err)
	}
	registry := lint.GlobalRegistry()
	var broken []string
	for _, l := range registry.RevocationListLints().Lints() {
		broken = add(broken, l.Name, l.Execute(list, registry.GetConfiguration()))
	}
	return lintError(broken)
}

// add keeps the names of rules that are broken. Warnings are advice for
// authorities of another kind.
func add(broken []string, name string, r *lint.LintResult) []string {
	if r.Status == lint.Error || r.Status == lint.Fatal {
		return append(broken, name)
	}
	return broken
}

func lintError(broken []string) error {
	if len(broken) == 0 {
		return nil
	}
	slices.Sort(broken)
	return fmt.Errorf("%w: %s", ErrLint, strings.Join(broken, ", "))
}
