package main

import "testing"

// TestCAAddress holds what certificates carry: plain http on the host's usual
// port, unless the operator says otherwise.
func TestCAAddress(t *testing.T) {
	for _, p := range []struct{ url, ca, want string }{
		{"https://sign.example.org", "", "http://sign.example.org/ca"},
		{"https://sign.example.org:8443", "", "http://sign.example.org/ca"},
		{"http://127.0.0.1:8080", "", "http://127.0.0.1:8080/ca"},
		{"https://sign.example.org", "http://pki.example.org/sign/ca", "http://pki.example.org/sign/ca"},
	} {
		c := config{URL: p.url, CAURL: p.ca}
		if got := c.caAddress(); got != p.want {
			t.Errorf("%s with %q: %s, want %s", p.url, p.ca, got, p.want)
		}
	}
}
