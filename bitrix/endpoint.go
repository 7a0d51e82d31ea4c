package bitrix

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// An endpoint is the address of a portal's REST interface, such as
// https://acme.bitrix24.com/rest/. Its URL has a lower-case host without the
// default port, and a path that ends with a slash.

// parseEndpoint checks the address of a portal. Hosts in plainHosts may be
// asked over plain HTTP; all others need HTTPS.
func parseEndpoint(raw string, plainHosts []string) (*url.URL, error) {
	u, err := parseBase(raw)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "http" && !slices.ContainsFunc(plainHosts, func(h string) bool { return normalHost(h, "http") == u.Host }) {
		return nil, fmt.Errorf("%w: endpoint %s is not https", ErrForbiddenHost, hostOf(u))
	}
	if !strings.HasSuffix(u.Path, "/rest/") {
		return nil, fmt.Errorf("endpoint at %s: path is not /rest/", hostOf(u))
	}
	return u, nil
}

// parseBase reads an absolute http or https URL that consists of a scheme, a
// host and a path.
func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: not a URL", ErrForbiddenHost) // the cause would repeat it
	case u.Scheme != "http" && u.Scheme != "https", u.Opaque != "":
		return nil, fmt.Errorf("%w: not an http or https address", ErrForbiddenHost)
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return nil, fmt.Errorf("%w: address with user, query or fragment", ErrForbiddenHost)
	case !validHost(u):
		return nil, fmt.Errorf("%w: malformed host %q", ErrForbiddenHost, clip(u.Host, 80))
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	return &url.URL{Scheme: u.Scheme, Host: normalHost(u.Host, u.Scheme), Path: u.Path}, nil
}

// validHost accepts IP literals and DNS names of ASCII letters, digits, dots
// and hyphens (international names come in their xn-- form), with an optional
// port. It refuses the other spellings of an IP address (0x7f.1, 2130706433),
// which resolvers understand and lists of addresses do not.
func validHost(u *url.URL) bool {
	name := u.Hostname()
	if _, err := netip.ParseAddr(name); err == nil {
		return !strings.Contains(name, "%") // no zones
	}
	if strings.Contains(u.Host, "[") || len(name) > 253 {
		return false
	}
	labels := strings.Split(strings.ToLower(name), ".")
	for _, label := range labels {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	return last[0] < '0' || last[0] > '9'
}

// normalHost returns the host in lower case, without the scheme's own port.
func normalHost(host, scheme string) string {
	host = strings.ToLower(host)
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// hostOf tells the host for messages.
func hostOf(u *url.URL) string { return clip(u.Host, 120) }

// sameDomain reports whether an endpoint lies at the domain that app.info
// names. Both come from the same answer; the domain may lack a port.
func sameDomain(endpoint *url.URL, domain string) bool {
	if normalHost(domain, endpoint.Scheme) == endpoint.Host {
		return true
	}
	_, _, err := net.SplitHostPort(domain)
	return err != nil && strings.EqualFold(domain, endpoint.Hostname())
}

// isLoopback reports whether a host can only be this machine.
func isLoopback(u *url.URL) bool {
	name := u.Hostname()
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
