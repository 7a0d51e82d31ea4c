package revocation

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
)

// checkURL tells why an address of a certificate is not fetched.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%w: scheme %.20q", ErrForbidden, u.Scheme)
	case u.Host == "" || u.Opaque != "":
		return fmt.Errorf("%w: no host", ErrForbidden)
	case u.User != nil:
		return fmt.Errorf("%w: it holds a user", ErrForbidden)
	}
	return nil
}

// checkAddress tells why a connection to a resolved address is not made. It is
// asked at the last moment, so that a name which is resolved twice cannot give
// two answers.
func checkAddress(address string, allow []netip.Prefix) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	ip := target.Addr().Unmap().WithZone("")
	if slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return nil
	}
	if port := target.Port(); port != 80 && port != 443 && port < 1024 {
		return fmt.Errorf("%w: port %d", ErrForbidden, port)
	}
	if !ip.IsGlobalUnicast() || ip.Is6() && !global6().Contains(ip) || slices.ContainsFunc(special(), func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return fmt.Errorf("%w: %v is not public", ErrForbidden, ip)
	}
	return nil
}

// global6 is what IANA has given out of IPv6 for use in the Internet; the rest
// are private, local or translated addresses.
func global6() netip.Prefix { return netip.MustParsePrefix("2000::/3") }

// special gives the blocks that are no place in the public Internet, or that
// lead on into others by translation (IANA special-purpose registries).
func special() []netip.Prefix {
	var all []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}
