package main

import (
	"context"
	"crypto"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/netip"

	"signservice/app"
	"signservice/bitrix"
	"signservice/signer"
	"signservice/signer/revocation"
	"signservice/signer/tsp"
)

// authorities are the time-stamp servers that a portal's settings name, and
// what tells whether certificates were revoked. Their addresses are typed by
// administrators of portals and read from certificates: like a portal's own,
// they lead to public addresses and to the networks that the operator allows.
type authorities struct {
	http   *http.Client
	gather *revocation.Gatherer
	log    *slog.Logger
}

func openAuthorities(allow []netip.Prefix, log *slog.Logger) *authorities {
	return &authorities{
		http:   &http.Client{Transport: bitrix.NewTransport(bitrix.TransportConfig{Allow: allow})},
		gather: revocation.New(revocation.Config{Allow: allow, Log: log}),
		log:    log,
	}
}

// Sources gives what the settings name.
func (a *authorities) Sources(rules app.Settings) signer.Sources {
	return signer.Sources{
		Timestamps: tsp.Client{URLs: rules.Timestamps, HTTP: a.http, Log: a.log},
		Revocation: a.gather,
	}
}

// stampFrom asks a time-stamp server for a time-stamp over nothing in
// particular, in the way in which signatures get theirs.
func stampFrom(transport http.RoundTripper) func(ctx context.Context, address string) error {
	web := &http.Client{Transport: transport}
	return func(ctx context.Context, address string) error {
		digest := sha256.Sum256([]byte("signservice doctor"))
		_, err := tsp.Client{URLs: []string{address}, HTTP: web}.Stamp(ctx, crypto.SHA256, digest[:])
		return err
	}
}
