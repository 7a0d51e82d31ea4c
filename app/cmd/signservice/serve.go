package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// serveCommand serves real portals.
type serveCommand struct {
	config
}

// Run serves until the program is told to end.
func (c *serveCommand) Run(ctx context.Context, std streams) (err error) {
	if c.AppFile == "" {
		return hinted(errors.New("no local app is configured"),
			"register one in the portal, then give its id and secret in a file as --apps; README.md tells how")
	}
	if c.apps, err = readApps(c.AppFile); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(std.err, nil))
	s, err := build(ctx, c.config, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	listener, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "serving %s on http://%s\n", c.URL, listener.Addr())
	return s.run(ctx, listener)
}
