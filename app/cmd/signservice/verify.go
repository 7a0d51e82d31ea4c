package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"unicode"

	"signservice/signer"
	"signservice/signer/revocation"
)

// verifyCommand verifies one file; its exit code is its answer.
type verifyCommand struct {
	Trust      []string       `help:"Root certificate to trust, of signers and of time-stamp authorities, PEM or DER; may be given several times." type:"path" sep:"none" placeholder:"ROOT.pem"`
	Revocation string         `default:"file" enum:"none,file,network" help:"Where to look whether certificates were revoked: ${enum}. A file names the addresses that network asks." placeholder:"WHERE"`
	Require    bool           `name:"require-revocation" help:"Trust no certificate of which it is not known that it was not revoked."`
	Allow      []netip.Prefix `help:"Network that may be asked although it is not public, such as 10.0.0.0/8." placeholder:"NET"`

	JSON bool   `name:"json" help:"Print the report as JSON."`
	File string `arg:"" name:"FILE" help:"The PDF to verify." type:"path"`
}

// Help explains the exit codes.
func (c *verifyCommand) Help() string {
	return "Exit codes: 0 all signatures are intact and, with --trust, chained to a given root; " +
		"1 a signature is bad, not trusted or revoked, or the content was changed after it in a way that is not allowed; " +
		"2 the file is unsigned or unreadable; 64 wrong usage."
}

// Run prints what a stranger would find.
func (c *verifyCommand) Run(ctx context.Context, std streams) error {
	roots, err := readCertificates(c.Trust)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	f, err := os.Open(c.File)
	if err != nil {
		return &exitError{exitUnreadable, err}
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return &exitError{exitUnreadable, err}
	}
	gatherer := revocation.New(revocation.Config{Allow: c.Allow})
	defer gatherer.Close()
	report, err := signer.Verify(ctx, f, info.Size(), signer.VerifyOptions{
		Roots: roots, Revocation: c.policy(), Source: gatherer, RequireRevocation: c.Require,
	})
	if err != nil {
		return &exitError{exitUnreadable, unreadable(c.File, err)}
	}
	if c.JSON {
		encoder := json.NewEncoder(std.out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(report); err != nil {
			return err
		}
	} else if err := printReport(std.out, c.File, report); err != nil {
		return err
	}
	switch {
	case len(report.Signatures) == 0:
		return &exitError{exitUnreadable, nil}
	case !report.Good(len(roots) > 0):
		return &exitError{exitBad, nil}
	}
	return nil
}

// policy gives the signer's word for --revocation.
func (c *verifyCommand) policy() signer.RevocationPolicy {
	return map[string]signer.RevocationPolicy{
		"none": signer.RevocationNone, "file": signer.RevocationEmbedded, "network": signer.RevocationNetwork,
	}[c.Revocation]
}

// unreadable adds what can be done about a file that cannot be verified.
func unreadable(name string, err error) error {
	what := "give a PDF file"
	switch {
	case errors.Is(err, signer.ErrPassword):
		what = "ask its author for a copy without a password; to remove it would break the signatures"
	case errors.Is(err, signer.ErrPublicKeyEncryption), errors.Is(err, signer.ErrUnsupportedEncryption):
		what = "ask its author for a copy that is not encrypted"
	case !errors.Is(err, signer.ErrNotPDF):
		what = "ask for another copy: this one is damaged"
	}
	return hinted(fmt.Errorf("%s cannot be read: %w", name, err), what)
}

// printReport writes the report for people.
func printReport(w io.Writer, name string, r *signer.Report) error {
	if len(r.Signatures) == 0 {
		_, err := fmt.Fprintf(w, "%s: no signature\n", name)
		return err
	}
	var errs []error
	line := func(format string, args ...any) {
		_, err := fmt.Fprintln(w, printable(fmt.Sprintf(format, args...)))
		errs = append(errs, err)
	}
	line("%s: %d signature(s)", name, len(r.Signatures))
	for i, s := range r.Signatures {
		line("%d. %s", i+1, s.Signer)
		for _, finding := range s.Findings() {
			line("   %s", finding)
		}
	}
	return errors.Join(errs...)
}

// printable keeps what a stranger's file says from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}
