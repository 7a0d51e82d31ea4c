// Package bitrix is a client for the REST interface of Bitrix24, version 2,
// and for its OAuth servers. It serves applications with pages inside the
// portal (local and Marketplace ones): it finds out who opened a page, keeps
// that user's tokens alive, calls methods, moves files, and reads what a
// portal posts. It knows CRM records, timelines, Drive, users and the like;
// it does not know what an application does with them. Incoming webhooks and
// version 3 of the interface are not served.
//
// # Who is this?
//
// Nothing in the form that a portal's page posts into an application's frame
// proves anything, since a browser sends it. [ReadPlacement] parses it, and
// [OAuth.Identify] finds out the truth: it shows the access token to the
// authorization servers on its allow-list, believes only their answer, and
// asks the portal named there for the user.
//
//	post, err := bitrix.ReadPlacement(request)
//	who, err := oauth.Identify(ctx, post.AccessToken, post.ClaimedAuthServer)
//	portal, err := bitrix.New(bitrix.Config{Endpoint: who.Endpoint, Tokens: bitrix.StaticToken(post.AccessToken)})
//	deal, err := portal.Item(ctx, bitrix.EntityDeal, 8061)
//
// # Calls
//
// A [Client] is one user at one portal. Every method has the same shape: it
// builds a [Command], sends it as JSON with the token in the body (never in
// the URL), and decodes the result. Lists are iterators that fetch the next
// page when it is needed. Several commands go out together in a [Batch].
// [Call] runs any method this package has no name for.
//
// # Failure
//
// Every failure of a call is an [*Error], of one of the kinds in the list of
// Err variables, for [errors.Is]. The body is judged before the status: an
// answer with an `error` key is an error even with status 200.
//
// What may be repeated is repeated here, so callers should not: a refused
// token once with a new one from the [TokenSource]; too many calls (503) after
// a pause for all clients of the portal; a method blocked for its running time
// (429) when it is free, if that is soon; network failures, HTML and empty
// answers for reads.
// A write is repeated only where it is certain that it was not applied.
// Otherwise the error is [ErrLostAnswer]: read, then decide.
//
// # Where connections go
//
// A Client connects to the host of its endpoint and to no other; an [OAuth]
// to its allow-list and to the endpoints this list has confirmed. Redirects
// are not followed, apart from at most three on downloads which must stay on
// the host. A redirect to another host is [ErrMoved]. The default transport
// uses no proxy and refuses private, loopback and link-local addresses at the
// moment of connecting, so that a name cannot be pointed at them; see
// [NewTransport] for portals in the own network.
//
// Tokens, client secrets and download URLs are of type [Secret] and do not
// show in errors or logs.
//
// # Time
//
// All waiting goes through [Clock]. Calls keep to the portal's leaky bucket
// ([Bucket]); share one [Buckets] between all clients of a process, because
// a portal counts by sender.
package bitrix
