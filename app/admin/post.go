package admin

import (
	"context"
	"errors"
	"strings"

	"signservice/app"
)

// Messenger sends setup links in the portal's own messenger.
type Messenger interface {
	// SendLink sends a text with a link, in the name of the user from.
	SendLink(ctx context.Context, portal app.PortalID, from, to app.UserID, text, words string, link app.Secret) error
}

// Letters are e-mails; *mail.Sender sends them.
type Letters interface {
	Send(ctx context.Context, to, subject, text string) error
}

// Way is how a setup link reaches the person.
type Way string

// The ways.
const (
	ByMessenger Way = "messenger"
	ByMail      Way = "mail"
)

// Ways are those that are configured.
func (s *Service) Ways() []Way {
	var ways []Way
	if s.config.Messenger != nil {
		ways = append(ways, ByMessenger)
	}
	if s.config.Letters != nil {
		ways = append(ways, ByMail)
	}
	return ways
}

// SendLink makes a setup link and sends it to the person, so that nobody else
// ever sees it. base is what stands before the token in the address. A link
// that could not be sent is withdrawn.
//
// Errors: as CreateLink; app.Invalid link.way, mail.address, link.no-address;
// and what the messenger or the mail server answers.
func (s *Service) SendLink(ctx context.Context, v app.Visit, user app.UserID, way Way, base string) (app.Enrolment, error) {
	const op = "send link"
	send, err := s.sending(ctx, v, user, way)
	if err != nil {
		return app.Enrolment{}, err
	}
	p, err := s.config.Store.Portal(ctx, v.Portal)
	if err != nil {
		return app.Enrolment{}, app.Wrap(op, err)
	}
	token, e, err := s.CreateLink(ctx, v, user)
	if err != nil {
		return app.Enrolment{}, err
	}
	words := s.wordsFor(ctx, p, user)
	l := letter{
		subject: words.T("letter.setup-subject"), text: words.T("letter.setup", v.Name, e.ExpiresAt.Sub(s.config.Now())),
		words: words.T("letter.setup-words"), link: app.Secret(base + token.Reveal()),
	}
	if err := send(ctx, l); err != nil {
		// Nobody waits any more for a link that did not arrive.
		return app.Enrolment{}, errors.Join(app.Wrap(op, err), s.WithdrawLink(context.WithoutCancel(ctx), v, e.ID))
	}
	return e, nil
}

// letter is what goes with a link.
type letter struct {
	subject, text, words string
	link                 app.Secret
}

// sending gives what sends a letter to the person, before any link is made.
func (s *Service) sending(ctx context.Context, v app.Visit, user app.UserID, way Way) (func(context.Context, letter) error, error) {
	const op = "send link"
	if err := allowUser(v, op, user); err != nil {
		return nil, err
	}
	switch {
	case way == ByMessenger && s.config.Messenger != nil:
		return func(ctx context.Context, l letter) error {
			return s.config.Messenger.SendLink(ctx, v.Portal, v.User, user, l.text, l.words, l.link)
		}, nil
	case way == ByMail && s.config.Letters != nil:
		person, err := s.config.Directory.User(ctx, v.Portal, v.User, user)
		if err != nil {
			return nil, app.Wrap(op, err)
		}
		if strings.TrimSpace(person.Email) == "" {
			return nil, app.Fail(app.Invalid, op, "link.no-address")
		}
		return func(ctx context.Context, l letter) error {
			return s.config.Letters.Send(ctx, person.Email, l.subject, l.text+"\n\n"+l.link.Reveal()+"\n")
		}, nil
	}
	return nil, app.Fail(app.Invalid, op, "link.way")
}
