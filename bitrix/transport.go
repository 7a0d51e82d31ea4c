package bitrix

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// TransportConfig says which addresses may be connected to.
type TransportConfig struct {
	// Allow lists networks that are allowed although they are not public:
	// that of an on-premise portal, or loopback for a simulated one. It is
	// the operator's word and must not come from a portal.
	Allow []netip.Prefix
	// Resolver looks host names up; nil means the system's.
	Resolver *net.Resolver
}

// NewTransport returns a transport that connects to public addresses and to
// the allowed networks only. The check is made on the address of each single
// connection, after the name has been resolved, so that a name which changes
// its address between check and use gains nothing. It uses no proxy, since a
// proxy would connect in its stead. A refused address is [ErrForbiddenHost].
func NewTransport(cfg TransportConfig) *http.Transport {
	allow := slices.Clone(cfg.Allow)
	dialer := &net.Dialer{
		Timeout:  10 * time.Second,
		Resolver: cfg.Resolver,
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			return checkAddress(network, address, allow)
		},
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

func checkAddress(network, address string, allow []netip.Prefix) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s address that is not an IP address", ErrForbiddenHost, network)
	}
	addr := to.Addr().Unmap().WithZone("")
	if slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return nil
	}
	if !isPublic(addr) {
		return fmt.Errorf("%w: %s is not a public address", ErrForbiddenHost, addr)
	}
	return nil
}

// notPublic lists the networks of the IANA special-purpose registries that
// netip has no name for, and those that carry another address inside:
// https://www.iana.org/assignments/iana-ipv4-special-registry
// https://www.iana.org/assignments/iana-ipv6-special-registry
var notPublic = [...]netip.Prefix{
	prefix4(0, 0, 0, 0, 8),      // this network
	prefix4(100, 64, 0, 0, 10),  // shared by carriers (CGNAT)
	prefix4(192, 0, 0, 0, 24),   // protocol assignments
	prefix4(192, 0, 2, 0, 24),   // documentation
	prefix4(192, 88, 99, 0, 24), // 6to4 relays
	prefix4(198, 18, 0, 0, 15),  // benchmarks
	prefix4(198, 51, 100, 0, 24),
	prefix4(203, 0, 113, 0, 24),
	prefix4(240, 0, 0, 0, 4), // reserved, broadcast
	prefix6(0, 0, 0, 96),     // IPv4-compatible
	prefix6(0x0064, 0xff9b, 0, 96),
	prefix6(0x0064, 0xff9b, 1, 48), // NAT64
	prefix6(0x0100, 0, 0, 64),      // discard
	prefix6(0x2001, 0, 0, 23),      // protocol assignments, Teredo
	prefix6(0x2001, 0x0db8, 0, 32),
	prefix6(0x2002, 0, 0, 16), // 6to4
	prefix6(0x3fff, 0, 0, 20),
	prefix6(0x5f00, 0, 0, 16),
	prefix6(0xfec0, 0, 0, 10), // site-local
}

func isPublic(addr netip.Addr) bool {
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(notPublic[:], func(p netip.Prefix) bool { return p.Contains(addr) })
}

func prefix4(a, b, c, d byte, bits int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{a, b, c, d}), bits)
}

func prefix6(a, b, c uint16, bits int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{
		byte(a >> 8), byte(a), byte(b >> 8), byte(b), byte(c >> 8), byte(c),
	}), bits)
}
