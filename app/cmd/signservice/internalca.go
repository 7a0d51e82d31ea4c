package main

import (
	"net/url"

	"signservice/app/admin"
)

// openInternalCA makes the internal authorities of the portals, after the office,
// which confirms dangerous acts.
func (s *service) openInternalCA() error {
	var err error
	s.internalCA, err = admin.NewAuthorities(admin.AuthorityConfig{
		Store: s.store, Base: s.config.caAddress(), Confirm: s.office.Confirm, Revoked: s.office.CertificatesRevoked, Log: s.log,
	})
	return err
}

// caAddress is what certificates of the internal authorities carry. Without a
// word of the operator it is the service's own host over plain http, since Windows
// fetches no list over https; what is fetched is signed.
func (c *config) caAddress() string {
	if c.CAURL != "" {
		return c.CAURL
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "https" {
		return c.URL + "/ca"
	}
	return "http://" + u.Hostname() + "/ca"
}
