package main

import (
	"errors"
	"os"
	"strings"

	"signservice/app"
	"signservice/app/mail"
)

// openLetters makes the sender of e-mails; nil where no server is configured.
func openLetters(c config) (*mail.Sender, error) {
	if c.MailServer == "" {
		return nil, nil //nolint:nilnil // no mail server is a configuration
	}
	settings := mail.Config{Server: c.MailServer, User: c.MailUser, From: c.MailFrom}
	if c.MailPassword != "" {
		data, err := os.ReadFile(c.MailPassword)
		if err != nil {
			return nil, err
		}
		settings.Password = app.Secret(strings.TrimRight(string(data), "\r\n"))
		clear(data)
	}
	if settings.User != "" && settings.Password == "" {
		return nil, hinted(errors.New("the mail server's user has no password"), "put it into a file of mode 600 and give it as --mail-password-file")
	}
	return mail.New(settings)
}
