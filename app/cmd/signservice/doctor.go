package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/doctor"
	"signservice/app/i18n"
	"signservice/app/secret"
	"signservice/app/store"
	"signservice/app/store/bolt"
	"signservice/bitrix"
	"signservice/signer/keys"
)

// doctorCommand examines the service: the running one, or what would run.
type doctorCommand struct {
	config
	JSON        bool `name:"json" help:"Print a JSON list."`
	AcceptClock bool `name:"accept-clock" help:"Say that the clock is right now and was ahead before, so that signing goes on. It is written to the journal."`
}

// Help tells what the exit codes mean.
func (*doctorCommand) Help() string {
	return "Give it the flags or the environment of serve. Beside a running service that one is asked.\n\n" +
		"Exit code 0: nothing keeps documents from being signed. 1: something does; each fault says how to mend it."
}

// reportLine is one finding as it is printed.
type reportLine struct {
	Check   string     `json:"check"`
	Health  app.Health `json:"health"`
	Subject string     `json:"subject,omitempty"`
	Found   string     `json:"found"`
	Fix     string     `json:"fix,omitempty"`
	Detail  string     `json:"detail,omitempty"`
}

// linesOf puts findings into words.
func linesOf(findings []app.Finding) []reportLine {
	words := i18n.For("en")
	list := []reportLine{}
	for _, f := range findings {
		line := reportLine{Check: words.T("check." + f.Check), Health: f.Health, Subject: f.Subject, Found: words.T(f.Key, f.Args...), Detail: f.Detail}
		if f.Fix != "" {
			line.Fix = words.T(f.Fix)
		}
		list = append(list, line)
	}
	return list
}

// Run examines and prints.
func (c *doctorCommand) Run(ctx context.Context, std streams) error {
	lines, err := askService(ctx, c.Dir, c.AcceptClock)
	running := err == nil
	switch {
	case running:
	case !errors.Is(err, errNoService):
		return err
	default:
		findings, err := c.examine(ctx)
		if err != nil {
			return err
		}
		lines = linesOf(findings)
	}
	if c.JSON {
		e := json.NewEncoder(std.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(lines); err != nil {
			return err
		}
	} else {
		printFindings(std.out, lines, running)
	}
	for _, line := range lines {
		if line.Health == app.Broken {
			return &exitError{code: exitBad}
		}
	}
	return nil
}

// printFindings prints a line for each finding and, below faults, what to do.
func printFindings(w io.Writer, lines []reportLine, running bool) {
	if running {
		fmt.Fprintln(w, "The service is running.")
	} else {
		fmt.Fprintln(w, "The service is not running; this is what it would find.")
	}
	marks := map[app.Health]string{app.Healthy: "ok   ", app.Ailing: "WARN ", app.Broken: "FAULT"}
	for _, line := range lines {
		about := line.Check
		if line.Subject != "" {
			about += " " + line.Subject
		}
		fmt.Fprintf(w, "%s  %s: %s\n", marks[line.Health], about, line.Found)
		if line.Health != app.Healthy {
			for _, more := range []string{line.Detail, line.Fix} {
				if more != "" {
					fmt.Fprintf(w, "         %s\n", strings.ReplaceAll(more, "\n", " "))
				}
			}
		}
	}
}

// examine builds as much of the service as there is and examines that: each
// part that does not come up is a finding, and the rest is examined without it.
func (c *doctorCommand) examine(ctx context.Context) ([]app.Finding, error) {
	var before []app.Finding
	fault := func(err error) {
		before = append(before, app.Finding{
			Check: "configuration", Health: app.Broken, Key: "doctor.configuration", Fix: "doctor.configuration-fix", Detail: sentence(err),
		})
	}
	if err := c.config.check(); err != nil {
		fault(err)
	}
	if c.AppFile == "" {
		fault(errors.New("no local app is configured: give its file as --apps"))
	} else if _, err := readApps(c.AppFile); err != nil {
		fault(err)
	}
	if c.Tokens != "" {
		if _, err := readTokens(c.Tokens); err != nil {
			fault(err)
		}
	}
	tokens, leave, err := lookAtTokens(c.Tokens)
	if err != nil {
		fault(err)
	}
	defer leave()
	if len(before) == 0 {
		before = append(before, app.Finding{Check: "configuration", Health: app.Healthy, Key: "doctor.good"})
	}
	records, found := c.openRecords(ctx)
	before = append(before, found...)
	if records != nil {
		defer records.Close() //nolint:errcheck // only looked at
		if c.AcceptClock {
			if err := records.Audit(ctx, app.AuditEntry{Action: app.ActClockAccepted}); err != nil {
				return nil, err
			}
		}
	} else if c.AcceptClock {
		return nil, errors.New("the clock cannot be accepted, since the store does not open; signservice doctor says why")
	}
	return append(before, newDoctor(&c.config, records, tokens).Examine(ctx)...), nil
}

// openRecords opens the store as it is; a folder without one is no fault, since
// the first start makes it.
func (c *doctorCommand) openRecords(ctx context.Context) (*store.Store, []app.Finding) {
	keeper, err := openKeeper(c.config)
	if err != nil {
		f := app.Finding{Check: "master-key", Health: app.Broken, Key: "master.missing", Fix: "doctor.master-fix", Detail: err.Error()}
		var failure *app.Error
		if errors.As(err, &failure) {
			f.Key, f.Args = failure.Key, failure.Args
			f.Detail = ""
			if failure.Err != nil {
				f.Detail = failure.Err.Error()
			}
		}
		return nil, []app.Finding{f}
	}
	good := app.Finding{Check: "master-key", Health: app.Healthy, Key: "doctor.good"}
	file := filepath.Join(c.Dir, storeName)
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil, []app.Finding{good}
	}
	backend, err := bolt.Open(file, bolt.Options{})
	if err != nil {
		return nil, []app.Finding{good, doctor.StoreFault(err)}
	}
	records, err := store.New(ctx, backend, keeper, store.Options{})
	if err == nil {
		return records, []app.Finding{good}
	}
	_ = backend.Close()
	var failure *app.Error
	if errors.As(err, &failure) && failure.Key == "master.wrong" {
		return nil, []app.Finding{{Check: "master-key", Health: app.Broken, Key: failure.Key, Fix: "doctor.master-fix"}}
	}
	return nil, []app.Finding{good, doctor.StoreFault(err)}
}

// tokenLister lists what is on the tokens, as *keys.Tokens does.
type tokenLister interface {
	List(ctx context.Context) []keys.Contents
}

// newDoctor gives what examines the service; records and tokens may be missing.
func newDoctor(c *config, records *store.Store, tokens tokenLister) *doctor.Doctor {
	d := doctor.Config{
		Dir: c.Dir, AuthServers: c.AuthServers, Transport: c.transport(), Files: c.files(),
		Inside: func(err error) bool { return errors.Is(err, bitrix.ErrForbiddenHost) },
	}
	if len(d.AuthServers) == 0 {
		d.AuthServers = bitrix.DefaultAuthServers()
	}
	if _, err := os.Stat(c.Dir); errors.Is(err, os.ErrNotExist) {
		d.Dir = "" // the first start makes it
	}
	if records != nil {
		d.Store = records
	}
	d.Stamp = stampFrom(d.Transport)
	if tokens != nil {
		d.Tokens = func(ctx context.Context) []doctor.Token { return tokenHealth(ctx, tokens) }
	}
	return doctor.New(d)
}

// tokenPlace is what of an entry of the tokens file tells where a token is.
type tokenPlace struct {
	Module  string `json:"module"`
	Serial  string `json:"serial"`
	Label   string `json:"label"`
	PINFile string `json:"pin_file"`
}

// tokenPlaces reads the tokens file for its places; what is wrong with it the
// configuration's own check says.
func tokenPlaces(file string) []tokenPlace {
	data, err := os.ReadFile(file)
	if file == "" || err != nil {
		return nil
	}
	var list []tokenPlace
	if json.Unmarshal(data, &list) != nil {
		return nil
	}
	return list
}

// lookAtTokens opens the configured tokens without a PIN: a service that is not
// running keeps no account of the PINs that were sent.
func lookAtTokens(file string) (tokenLister, func(), error) {
	var list []keys.TokenConfig
	for _, t := range tokenPlaces(file) {
		list = append(list, keys.TokenConfig{Module: t.Module, Serial: t.Serial, Label: t.Label})
	}
	none := func() {}
	if len(list) == 0 {
		return nil, none, nil
	}
	tokens, err := keys.Open(keys.Config{Tokens: list})
	if err != nil {
		return nil, none, err
	}
	return pinless{tokens}, func() { tokens.Close() }, nil //nolint:errcheck // only looked at
}

// pinless takes a token that wants nothing but its PIN for a good one.
type pinless struct{ tokenLister }

func (p pinless) List(ctx context.Context) []keys.Contents {
	list := p.tokenLister.List(ctx)
	for i, contents := range list {
		if errors.Is(contents.Err, keys.ErrPINMissing) {
			list[i].Err = nil
		}
	}
	return list
}

// tokenHealth tries the tokens.
func tokenHealth(ctx context.Context, tokens tokenLister) []doctor.Token {
	var list []doctor.Token
	for _, contents := range tokens.List(ctx) {
		t := doctor.Token{Name: contents.Token.Label}
		if t.Name == "" {
			t.Name = contents.Token.Serial
		}
		if contents.Err != nil {
			t.Fault = admin.TokenNote(contents.Err)
		}
		list = append(list, t)
	}
	return list
}

// transport reaches portals and authorization servers, as the service does.
func (c *config) transport() http.RoundTripper {
	allow, err := c.allowed()
	if err != nil {
		allow = nil // check tells of it
	}
	return bitrix.NewTransport(bitrix.TransportConfig{Allow: allow})
}

// files are those that the configuration names.
func (c *config) files() []doctor.File {
	var list []doctor.File
	for _, name := range []string{c.AppFile, c.Tokens} {
		if name != "" {
			list = append(list, doctor.File{Path: name, Private: true})
		}
	}
	if c.MasterKey != "" {
		list = append(list, doctor.File{Path: c.MasterKey, Private: true})
	} else if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		list = append(list, doctor.File{Path: filepath.Join(dir, secret.DefaultCredential)}) // systemd guards it
	}
	for _, file := range c.Trust {
		list = append(list, doctor.File{Path: file})
	}
	return append(list, pinFiles(c.Tokens)...)
}

// pinFiles are the files of PINs that the file of tokens names.
func pinFiles(file string) []doctor.File {
	var list []doctor.File
	for _, t := range tokenPlaces(file) {
		if t.PINFile != "" {
			list = append(list, doctor.File{Path: t.PINFile, Private: true})
		}
	}
	return list
}
