package ca

import (
	"fmt"
	"net/url"
)

// Addresses are where those who check a certificate find what they need. Each
// may be empty. They should be plain http: Windows fetches no list over https,
// and what is fetched is signed.
type Addresses struct {
	// List is of the issuer's list of revocations (RFC 5280, 4.2.1.13).
	List string
	// OCSP is of the issuer's responder, Issuer of the issuer's own certificate in
	// DER (RFC 5280, 4.2.2.1).
	OCSP, Issuer string
}

// check refuses what is no web address, with ErrAddress.
func (a Addresses) check() error {
	for _, address := range []string{a.List, a.OCSP, a.Issuer} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || !isASCII(address) {
			return fmt.Errorf("%w: %q", ErrAddress, address)
		}
	}
	return nil
}

// list gives an address as the list that certificates hold.
func list(address string) []string {
	if address == "" {
		return nil
	}
	return []string{address}
}
