// Command signservice signs PDFs: inside Bitrix24 deals as a service, in a
// simulated portal for a first look, and by itself from the command line.
//
// This package only puts the rooms of the house together. Each command has a
// file of its own; run.go builds the service, top to bottom.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// streams are the program's standard files, so that tests can give their own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// cli is the command line. Every flag of serve can be given by the environment.
type cli struct {
	Serve   serveCommand   `cmd:"" help:"Serve Bitrix24 portals, over plain HTTP behind a reverse proxy."`
	Demo    demoCommand    `cmd:"" help:"Run the product in a simulated portal on this machine."`
	Doctor  doctorCommand  `cmd:"" help:"Find out what keeps the service from working, and how to mend it."`
	Backup  backupCommand  `cmd:"" help:"Write the store and the spool into an encrypted file; a running service goes on."`
	Restore restoreCommand `cmd:"" help:"Make the folder of a service from a backup."`
	Sign    signCommand    `cmd:"" help:"Sign a PDF file."`
	Extend  extendCommand  `cmd:"" help:"Make the signatures of a PDF file outlive their certificates."`
	Verify  verifyCommand  `cmd:"" help:"Verify the signatures of a PDF file."`
	CA      caCommand      `cmd:"" name:"ca" help:"Do what needs the key of an internal authority's root, on a machine apart."`

	SetupLink setupLinkCommand `cmd:"" name:"setup-link" help:"Make a setup link for an administrator who has lost the phone."`

	Repair      repairCommand      `cmd:"" hidden:"" help:"Rewrite the damaged PDF on standard input; started by sign --repair."`
	TokenHelper tokenHelperCommand `cmd:"" name:"token-helper" hidden:"" help:"Use a PKCS#11 module; started by serve and demo."`
	Compile     compileCommand     `cmd:"" name:"compile-pdfium" hidden:"" help:"Compile the preview into a folder; started by serve and demo."`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

// Exit codes beside 0: verify gives exitBad and exitUnreadable their meaning.
const (
	exitBad        = 1  // the command failed; for verify: a signature is not good
	exitUnreadable = 2  // for verify: unsigned or unreadable
	exitUsage      = 64 // EX_USAGE of sysexits.h
)

// exitError ends the program with a code and, unless err is nil, a sentence.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// execute parses the arguments and runs the command; it gives the exit code.
func execute(ctx context.Context, args []string, std streams) int {
	exit := -1
	parser, err := kong.New(&cli{},
		kong.Name("signservice"),
		kong.Description("Digital signatures inside Bitrix24.\n\nTry it: signservice demo"),
		kong.Vars{"version": version()},
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		fmt.Fprintln(std.err, "signservice:", err)
		return exitBad
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // --help or --version has answered
		return exit
	}
	if err != nil {
		fmt.Fprintf(std.err, "signservice: %v\nhint: signservice --help shows the usage\n", err)
		return exitUsage
	}
	return report(std.err, command.Run())
}

// report prints one clear sentence and, where there is one, a hint.
func report(w io.Writer, err error) int {
	if err == nil {
		return 0
	}
	code := exitBad
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
		if exit.err == nil {
			return code
		}
		err = exit.err
	}
	fmt.Fprintln(w, "signservice:", sentence(err))
	if h := hint(err); h != "" {
		fmt.Fprintln(w, "hint:", h)
	}
	return code
}
