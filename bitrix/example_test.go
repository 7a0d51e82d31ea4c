package bitrix_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"signservice/bitrix"
)

// A handler behind a tab of a deal's card: it finds out who has opened it and
// reads the deal with that user's own rights.
func Example() {
	app := bitrix.Credentials{ClientID: "local.6537665f598492.98090704", ClientSecret: "from the configuration"}
	transport := bitrix.NewTransport(bitrix.TransportConfig{})
	buckets := bitrix.NewBuckets(bitrix.BucketConfig{})
	oauth, err := bitrix.NewOAuth(bitrix.OAuthConfig{Applications: []bitrix.Credentials{app}, Transport: transport, Buckets: buckets})
	if err != nil {
		fmt.Println(err)
		return
	}
	http.HandleFunc("POST /bx/deal-tab", func(w http.ResponseWriter, r *http.Request) {
		post, err := bitrix.ReadPlacement(r)
		if err != nil {
			http.Error(w, "open this page in the portal", http.StatusBadRequest)
			return
		}
		who, err := oauth.Identify(r.Context(), post.AccessToken, post.ClaimedAuthServer)
		if err != nil {
			http.Error(w, "open the tab again", http.StatusForbidden)
			return
		}
		portal, err := bitrix.New(bitrix.Config{
			Endpoint: who.Endpoint, Tokens: bitrix.StaticToken(post.AccessToken), Transport: transport, Buckets: buckets,
		})
		if err != nil {
			http.Error(w, "portal at an odd address", http.StatusForbidden)
			return
		}
		deal, err := portal.Item(r.Context(), bitrix.EntityDeal, post.Options.ID("ID"))
		if errors.Is(err, bitrix.ErrAccessDenied) || errors.Is(err, bitrix.ErrNotFound) {
			http.Error(w, "not for you", http.StatusForbidden)
			return
		}
		fmt.Fprintln(w, deal.Title, err)
	})
}

// A file in a multiple field is replaced in its place; all others stay.
func ExampleClient_UpdateItem() {
	replace := func(ctx context.Context, portal *bitrix.Client, deal bitrix.ID, field string, old bitrix.ID, signed []byte) error {
		item, err := portal.Item(ctx, bitrix.EntityDeal, deal)
		if err != nil {
			return err
		}
		files, err := item.Files(field)
		if err != nil {
			return err
		}
		var slots bitrix.FileSlots
		for _, f := range files {
			if f.ID == old {
				slots = append(slots, bitrix.Put(bitrix.File{Name: "contract.pdf", Content: bytes.NewReader(signed), Size: int64(len(signed))}))
			} else {
				slots = append(slots, bitrix.Keep(f.ID))
			}
		}
		_, err = portal.UpdateItem(ctx, bitrix.EntityDeal, deal, bitrix.Params{field: slots})
		if errors.Is(err, bitrix.ErrLostAnswer) {
			// Read the item again: the field tells whether it was applied.
			return err
		}
		return err
	}
	_ = replace
}

// What an application does in the background it does with a stored grant.
func ExampleGrants() {
	background := func(ctx context.Context, oauth *bitrix.OAuth, store bitrix.GrantStore, key bitrix.GrantKey) error {
		grants := bitrix.NewGrants(oauth, store) // one for the whole process
		grant, err := grants.Grant(ctx, key, "")
		if err != nil {
			return err
		}
		portal, err := bitrix.New(bitrix.Config{Endpoint: grant.Endpoint, Tokens: grants.Source(key)})
		if err != nil {
			return err
		}
		for comment, err := range portal.Comments(ctx, bitrix.EntityDeal, 8061) {
			if err != nil {
				return err
			}
			fmt.Println(comment.Text, len(comment.Files()))
		}
		return nil
	}
	_ = background
}
