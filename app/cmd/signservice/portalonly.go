package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"signservice/app/demo"
)

// portalAlone runs the simulated portal without SignService, for the tests of
// other applications. Package bitrix/simulator is its manual.
func (c *demoCommand) portalAlone(ctx context.Context, dir string, std streams) (err error) {
	if c.App != "" {
		if u, err := url.Parse(c.App); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return &exitError{exitUsage, fmt.Errorf("--app %q is not like http://127.0.0.1:9000", c.App)}
		}
	}
	world, err := demo.Open(ctx, demo.Config{Dir: dir, AppURL: strings.TrimSuffix(c.App, "/"), PortalAddr: c.Portal})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	base := strings.TrimSuffix(world.Portal.URL(), "/")
	fmt.Fprintln(std.out, "A simulated Bitrix24 portal is running. Ctrl-C ends it.")
	fmt.Fprintln(std.out)
	fmt.Fprintf(std.out, "%s/  the portal: choose who you are\n", base)
	fmt.Fprintf(std.out, "%s/rest/  its REST interface\n", base)
	fmt.Fprintf(std.out, "%s/  the authorization server\n", strings.TrimSuffix(world.Cloud.Auth.URL(), "/"))
	fmt.Fprintf(std.out, "%s  member_id\n", world.Portal.MemberID())
	if c.App != "" {
		// The portal's own page shows both to an administrator as well.
		fmt.Fprintf(std.out, "%s  application id\n%s  application key\n", world.App.ClientID, world.App.ClientSecret)
	} else {
		fmt.Fprintf(std.out, "%s/devops/  add an application (as Anna, the administrator)\n", base)
	}
	<-ctx.Done()
	return nil
}
