// Package mail sends the few letters of the service, setup links and notices,
// through the company's own mail server.
//
//	sender, err := mail.New(mail.Config{Server: "smtps://mail.example.org", User: "sign", Password: p, From: "sign@example.org"})
//	err = sender.Send(ctx, "mary@example.org", "Subject", "Text")
//
// A letter carries a link that binds a phone, so it never goes in the clear:
// the connection to the server is TLS from the first byte (smtps) or becomes TLS
// before anything is said (smtp, STARTTLS required), with the server's
// certificate verified. The wire protocol is go-mail's. Nothing is queued: Send
// returns when the server has taken the letter, or says why not, and whoever
// asked decides.
//
// Neither addresses nor texts are logged.
package mail
