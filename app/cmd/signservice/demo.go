package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/demo"
	"signservice/app/portal"
	"signservice/app/secret"
)

// demoCommand runs the product and a simulated portal on loopback.
type demoCommand struct {
	Dir    string `help:"Keep the state in this folder; without it a temporary one is used and removed." type:"path" placeholder:"FOLDER"`
	Listen string `default:"127.0.0.1:0" help:"Loopback address of SignService." placeholder:"HOST:PORT"`
	Portal string `default:"127.0.0.1:0" help:"Loopback address of the simulated portal." placeholder:"HOST:PORT"`
	Debug  bool   `help:"Print the service's log."`

	PortalOnly bool   `help:"Run the simulated portal alone, for an application of your own."`
	App        string `help:"With --portal-only: the address of that application; its pages are /bx/app and /bx/install." placeholder:"URL"`
}

// Run shows the addresses to open and works until Ctrl-C.
func (c *demoCommand) Run(ctx context.Context, std streams) (err error) {
	if err := errors.Join(loopback(c.Listen), loopback(c.Portal)); err != nil {
		return &exitError{exitUsage, err}
	}
	dir, remove, err := c.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if c.PortalOnly {
		return c.portalAlone(ctx, dir, std)
	}
	listener, err := listen(ctx, lastAddress(dir, c.Listen))
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // closed by the server when all went well
	if err := keepAddress(dir, listener.Addr().String()); err != nil {
		return err
	}
	world, err := demo.Open(ctx, demo.Config{
		Dir: dir, AppURL: "http://" + listener.Addr().String(), PortalAddr: c.Portal,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	s, tokens, err := c.service(ctx, dir, listener, world, std)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := certificate(ctx, s, world); err != nil {
		return err
	}
	tell(std.out, world, tokens)
	return s.run(ctx, listener)
}

// service builds the product for the simulated portal.
func (c *demoCommand) service(ctx context.Context, dir string, l net.Listener, w *demo.World, std streams) (*service, error, error) {
	master := filepath.Join(dir, "master.key")
	if err := secret.CreateMaster(master); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, err
	}
	at, err := url.Parse(w.Portal.URL())
	if err != nil {
		return nil, nil, err
	}
	cfg := config{
		URL: "http://" + l.Addr().String(), Dir: filepath.Join(dir, "service"), MasterKey: master,
		AuthServers: []string{w.Cloud.Auth.URL()}, MaxSize: 50, Workers: 4,
		insecure: true, plainHosts: []string{at.Host},
		apps: []portal.App{{ClientID: w.App.ClientID, Secret: app.Secret(w.App.ClientSecret)}},
	}
	file, tokenless := demo.Token(ctx, dir)
	if tokenless != nil && !errors.Is(tokenless, demo.ErrNoToken) {
		return nil, nil, tokenless
	}
	cfg.Tokens = file
	log := slog.New(slog.DiscardHandler)
	if c.Debug {
		log = slog.New(slog.NewTextHandler(std.err, nil))
	}
	s, err := build(ctx, cfg, log)
	if s != nil && s.tokens == nil && tokenless == nil {
		tokenless = errors.New("this program was built without a C compiler (cgo)")
	}
	return s, tokenless, err
}

// certificate gives the company a software certificate, once.
func certificate(ctx context.Context, s *service, w *demo.World) error {
	visit := app.Visit{Portal: app.PortalID(w.Portal.MemberID()), User: app.UserID(fmt.Sprint(demo.Anna)), Admin: true}
	have, err := s.office.Certificates(ctx, visit)
	if err != nil || len(have) > 0 {
		return err
	}
	_, err = s.office.CreateSelfSigned(ctx, visit, admin.SelfSigned{Name: "Mary Hill", Organisation: "Camomile Ltd", Years: 1})
	return err
}

// tell prints what to open, one address a line.
func tell(w io.Writer, world *demo.World, tokens error) {
	base := strings.TrimSuffix(world.Portal.URL(), "/")
	as := func(path string) string { return base + "/login/?backurl=" + url.QueryEscape(path) }
	fmt.Fprintln(w, "SignService and a simulated Bitrix24 portal are running. Ctrl-C ends them.")
	fmt.Fprintln(w)
	fmt.Fprintf(w, "%s  install, then settings (choose Anna, the administrator)\n", as(fmt.Sprintf("/marketplace/app/%d/", world.App.ID)))
	fmt.Fprintf(w, "%s  Mary's phone: it takes the setup key and shows the codes\n", fmt.Sprintf("%s/phone/%d", base, demo.Mary))
	fmt.Fprintf(w, "%s  a deal with a contract (choose Mary): its Sign tab\n", as("/crm/deal/details/1/"))
	fmt.Fprintf(w, "%s  the portal\n", base+"/")
	fmt.Fprintln(w)
	if tokens != nil {
		fmt.Fprintf(w, "Tokens are off: %v. Software certificates work.\n", tokens)
	} else {
		fmt.Fprintln(w, "The company has a PKCS#11 token with two certificates (SoftHSM2).")
	}
}

// folder gives the folder of the demo's state, and how to leave it.
func (c *demoCommand) folder() (dir string, leave func() error, err error) {
	if c.Dir != "" {
		return c.Dir, func() error { return nil }, os.MkdirAll(c.Dir, 0o700)
	}
	dir, err = os.MkdirTemp("", "signservice-demo-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// loopback refuses an address that others can reach: the demo lets anybody be
// anybody.
func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("the demo listens on loopback addresses as 127.0.0.1:0 only, not on %q", address)
	}
	return nil
}

// lastAddress is where a kept demo listened before, so that its links go on
// working, unless another address is asked for.
func lastAddress(dir, asked string) string {
	data, err := os.ReadFile(filepath.Join(dir, "address"))
	if err != nil || !strings.HasSuffix(asked, ":0") || loopback(string(data)) != nil {
		return asked
	}
	return string(data)
}

func keepAddress(dir, address string) error {
	return os.WriteFile(filepath.Join(dir, "address"), []byte(address), 0o600)
}
