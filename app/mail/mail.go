package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"signservice/app"
)

// Config says how the mail server is reached. Server and From are required.
type Config struct {
	// Server is smtps://host[:465], TLS from the first byte (RFC 8314), or
	// smtp://host[:587], where STARTTLS is required (RFC 3207).
	Server string
	// User and Password sign in; without a User nobody does.
	User     string
	Password app.Secret
	// From is the sender's address, with a name before it if wanted.
	From string
	// Timeout limits one letter; 0 means 20 s.
	Timeout time.Duration
	// TLS may name the roots to trust; nil means those of the system.
	TLS *tls.Config
}

// Sender sends letters. It may be used by several goroutines at once.
type Sender struct {
	config  Config
	host    string
	options []gomail.Option
}

// defaultTimeout is how long one letter may take: somebody waits for it.
const defaultTimeout = 20 * time.Second

// New checks the configuration. It does not connect.
func New(c Config) (*Sender, error) {
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	u, err := url.Parse(c.Server)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("mail server must be smtps://host:port or smtp://host:port")
	}
	s := &Sender{config: c, host: u.Hostname(), options: []gomail.Option{gomail.WithTimeout(c.Timeout)}}
	port := 0
	switch u.Scheme {
	case "smtps":
		port, s.options = 465, append(s.options, gomail.WithSSL())
	case "smtp":
		port, s.options = 587, append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		return nil, errors.New("mail server must begin with smtps:// or smtp://")
	}
	if text := u.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil {
			return nil, fmt.Errorf("port of the mail server: %w", err)
		}
	}
	s.options = append(s.options, gomail.WithPort(port))
	if c.TLS != nil {
		own := c.TLS.Clone()
		own.ServerName = s.host
		s.options = append(s.options, gomail.WithTLSConfig(own))
	}
	if c.User != "" {
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(c.User), gomail.WithPassword(c.Password.Reveal()))
	}
	// What a letter would refuse is refused at start.
	if err := gomail.NewMsg().From(c.From); err != nil {
		return nil, errors.New("sender's address of letters is missing or wrong")
	}
	return s, nil
}

// Send gives a letter, in plain text, to the mail server.
//
// Errors: app.Invalid mail.address where the address is none; app.Unavailable
// mail.failed where the server cannot be reached or refuses.
func (s *Sender) Send(ctx context.Context, to, subject, text string) error {
	const op = "send letter"
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := letter.From(s.config.From); err != nil {
		return app.Fail(app.Internal, op, "").Because(err)
	}
	if err := letter.To(to); err != nil {
		return app.Fail(app.Invalid, op, "mail.address") // not its text: the cause may hold it
	}
	letter.Subject(subject)
	letter.SetDate()
	letter.SetMessageID()
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	letter.SetBodyString(gomail.TypeTextPlain, text)
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return app.Fail(app.Internal, op, "").Because(err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, letter); err != nil {
		return app.Fail(app.Unavailable, op, "mail.failed").Because(reason(err))
	}
	return nil
}

// reason leaves out what a server repeats of the letter: the address of the
// person, and with some servers lines of the text.
func reason(err error) error {
	var refused *gomail.SendError
	if errors.As(err, &refused) {
		return fmt.Errorf("mail server refused the letter with code %d", refused.ErrorCode())
	}
	return err
}
