package revocation

import (
	"errors"
	"net/netip"
	"net/url"
	"testing"
)

// TestCheckAddress is the table of where connections go and where not, as the
// dialer sees them after names were resolved.
func TestCheckAddress(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8:80":                       true,
		"93.184.216.34:443":                true,
		"93.184.216.34:8080":               true,
		"172.15.255.255:80":                true,
		"172.32.0.1:80":                    true,
		"100.63.255.255:80":                true,
		"100.128.0.1:80":                   true,
		"[2a00:1450:4001:82a::200e]:443":   true,
		"[2606:4700::6810:84e5]:80":        true,
		"[::ffff:8.8.8.8]:80":              true,
		"8.8.8.8:22":                       false,
		"8.8.8.8:25":                       false,
		"8.8.8.8:0":                        false,
		"127.0.0.1:80":                     false,
		"127.1.2.3:80":                     false,
		"0.0.0.0:80":                       false,
		"0.1.2.3:80":                       false,
		"10.0.0.1:80":                      false,
		"10.255.255.255:443":               false,
		"100.64.0.1:80":                    false,
		"100.127.255.255:80":               false,
		"169.254.169.254:80":               false,
		"169.254.0.1:80":                   false,
		"172.16.0.1:80":                    false,
		"172.31.255.255:80":                false,
		"192.0.0.8:80":                     false,
		"192.0.2.1:80":                     false,
		"192.88.99.1:80":                   false,
		"192.168.1.1:80":                   false,
		"198.18.0.1:80":                    false,
		"198.51.100.7:80":                  false,
		"203.0.113.9:80":                   false,
		"224.0.0.1:80":                     false,
		"240.0.0.1:80":                     false,
		"255.255.255.255:80":               false,
		"[::]:80":                          false,
		"[::1]:80":                         false,
		"[::7f00:1]:80":                    false,
		"[::ffff:127.0.0.1]:80":            false,
		"[::ffff:10.0.0.1]:80":             false,
		"[::ffff:169.254.169.254]:80":      false,
		"[64:ff9b::7f00:1]:80":             false,
		"[64:ff9b:1::a00:1]:80":            false,
		"[100::1]:80":                      false,
		"[2001::1]:80":                     false,
		"[2001:db8::1]:80":                 false,
		"[2002:7f00:1::1]:80":              false,
		"[2002:a9fe:a9fe::]:80":            false,
		"[3fff::1]:80":                     false,
		"[5f00::1]:80":                     false,
		"[fc00::1]:80":                     false,
		"[fd12:3456::1]:80":                false,
		"[fd00:ec2::254]:80":               false,
		"[fe80::1]:80":                     false,
		"[fe80::1%eth0]:80":                false,
		"[fec0::1]:80":                     false,
		"[ff02::1]:80":                     false,
		"localhost:80":                     false,
		"example.org:80":                   false,
		"":                                 false,
		"8.8.8.8":                          false,
		"8.8.8.8:99999":                    false,
		"[::ffff:0:127.0.0.1]:80":          false,
		"[0:0:0:0:0:ffff:a9fe:a9fe]:80":    false,
		"[2001:0:53aa:64c:0:0:7f00:1]:443": false,
	} {
		err := checkAddress(address, nil)
		if (err == nil) != want || err != nil && !errors.Is(err, ErrForbidden) {
			t.Errorf("%q: %v, want allowed %t", address, err, want)
		}
	}
	allow := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("127.0.0.1/32")}
	for address, want := range map[string]bool{
		"10.1.2.3:80": true, "10.2.0.1:80": false, "127.0.0.1:22": true, "[::ffff:10.1.2.3]:80": true, "127.0.0.2:80": false,
	} {
		if err := checkAddress(address, allow); (err == nil) != want {
			t.Errorf("%q with exceptions: %v, want allowed %t", address, err, want)
		}
	}
}

// TestCheckURL is the table of addresses in certificates.
func TestCheckURL(t *testing.T) {
	for address, want := range map[string]bool{
		"http://ca.example.org/a.crl":        true,
		"HTTPS://ca.example.org:8443/ocsp":   true,
		"ldap://ca.example.org/cn=a":         false,
		"ldap:///cn=a?certificateRevocation": false,
		"file:///etc/passwd":                 false,
		"gopher://127.0.0.1:6379/_x":         false,
		"ftp://ca.example.org/a.crl":         false,
		"http:ca.example.org":                false,
		"http:///a.crl":                      false,
		"//ca.example.org/a.crl":             false,
		"a.crl":                              false,
		"":                                   false,
		"http://user@ca.example.org/":        false,
		"http://8.8.8.8@127.0.0.1/":          false,
	} {
		u, err := url.Parse(address)
		if err == nil {
			err = checkURL(u)
		}
		if (err == nil) != want {
			t.Errorf("%q: %v, want allowed %t", address, err, want)
		}
	}
}
