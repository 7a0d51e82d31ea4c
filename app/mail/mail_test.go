package mail_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/mail"
)

// server is a mail server on loopback that speaks as much SMTP (RFC 5321) as a
// client needs, over TLS from the first byte or after STARTTLS.
type server struct {
	address string
	roots   *x509.CertPool
	tls     *tls.Config
	// refuse answers a command by its first word; silent never answers.
	refuse map[string]string
	silent bool
	// plain offers no STARTTLS.
	plain bool

	mu      sync.Mutex
	letters []string // guarded by mu
	signIn  string   // guarded by mu
}

func newServer(t *testing.T, implicit bool, change ...func(*server)) *server {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(web.Close)
	s := &server{roots: x509.NewCertPool(), tls: &tls.Config{Certificates: web.TLS.Certificates}}
	s.roots.AddCert(web.Certificate())
	for _, f := range change {
		f(s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	if implicit {
		l = tls.NewListener(l, s.tls)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c, implicit)
		}
	}()
	return s
}

func (s *server) talk(c net.Conn, secure bool) {
	defer func() { _ = c.Close() }()
	if s.silent {
		_, _ = io.Copy(io.Discard, c)
		return
	}
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	say("220 test")
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		word := strings.ToUpper(strings.Fields(line + " x")[0])
		if answer, ok := s.refuse[word]; ok {
			say(answer)
			continue
		}
		switch word {
		case "EHLO":
			if secure {
				say("250-test")
				say("250 AUTH PLAIN")
			} else if s.plain {
				say("250 test")
			} else {
				say("250-test")
				say("250 STARTTLS")
			}
		case "STARTTLS":
			say("220 go on")
			own := tls.Server(c, s.tls)
			c, secure, r = own, true, bufio.NewReader(own)
		case "AUTH":
			secret, _ := base64.StdEncoding.DecodeString(strings.Fields(line)[2])
			s.mu.Lock()
			s.signIn = string(secret)
			s.mu.Unlock()
			say("235 welcome")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil || line == ".\r\n" {
					break
				}
				text.WriteString(line)
			}
			s.mu.Lock()
			s.letters = append(s.letters, text.String())
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *server) got() ([]string, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.letters, s.signIn
}

func (s *server) sender(t *testing.T, scheme string, change ...func(*mail.Config)) *mail.Sender {
	t.Helper()
	c := mail.Config{
		Server: scheme + "://" + s.address, User: "sign", Password: "pa55", From: "Sign <sign@example.org>",
		TLS: &tls.Config{RootCAs: s.roots}, Timeout: 3 * time.Second,
	}
	for _, f := range change {
		f(&c)
	}
	sender, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

// TestSend holds that a letter arrives whole, in each alphabet, over both kinds
// of TLS, and that the sender signs in.
func TestSend(t *testing.T) {
	const wantSubject, wantText = "Код подписи: ваш телефон", "Здравствуйте, Мария!\n\nhttps://sign.example.org/enrol/abc=def\n"
	for scheme, implicit := range map[string]bool{"smtps": true, "smtp": false} {
		t.Run(scheme, func(t *testing.T) {
			s := newServer(t, implicit)
			if err := s.sender(t, scheme).Send(t.Context(), "mary@example.org", wantSubject, wantText); err != nil {
				t.Fatal(err)
			}
			letters, signIn := s.got()
			if len(letters) != 1 || signIn != "\x00sign\x00pa55" {
				t.Fatalf("%d letters, signed in as %q", len(letters), signIn)
			}
			l, err := netmail.ReadMessage(strings.NewReader(letters[0]))
			if err != nil {
				t.Fatal(err)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(l.Header.Get("Subject"))
			if err != nil || subject != wantSubject {
				t.Errorf("subject %q, %v", subject, err)
			}
			if l.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
				t.Errorf("encoding %q", l.Header.Get("Content-Transfer-Encoding"))
			}
			text, err := io.ReadAll(quotedprintable.NewReader(l.Body))
			if got := strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")); err != nil || got != strings.TrimSpace(wantText) {
				t.Errorf("text %q, %v", got, err)
			}
			if l.Header.Get("Auto-Submitted") != "auto-generated" || l.Header.Get("Message-Id") == "" || l.Header.Get("Date") == "" {
				t.Errorf("headers %v", l.Header)
			}
		})
	}
}

// TestSendRefused: nothing goes in the clear or to a server that is not the
// right one, and no error tells whom or what was written.
func TestSendRefused(t *testing.T) {
	const secret = "https://sign.example.org/enrol/SECRET"
	for name, c := range map[string]struct {
		scheme   string
		implicit bool
		server   func(*server)
		config   func(*mail.Config)
		to       string
		kind     app.Kind
		key      string
	}{
		"no STARTTLS":       {scheme: "smtp", server: func(s *server) { s.plain = true }, kind: app.Unavailable, key: "mail.failed"},
		"another root":      {scheme: "smtps", implicit: true, config: func(c *mail.Config) { c.TLS = nil }, kind: app.Unavailable, key: "mail.failed"},
		"wrong password":    {scheme: "smtps", implicit: true, server: func(s *server) { s.refuse = map[string]string{"AUTH": "535 no"} }, kind: app.Unavailable, key: "mail.failed"},
		"refused recipient": {scheme: "smtps", implicit: true, server: func(s *server) { s.refuse = map[string]string{"RCPT": "550 no such mary@example.org"} }, kind: app.Unavailable, key: "mail.failed"},
		"no server":         {scheme: "smtps", implicit: true, config: func(c *mail.Config) { c.Server = "smtps://127.0.0.1:1" }, kind: app.Unavailable, key: "mail.failed"},
		"a silent server":   {scheme: "smtps", implicit: true, server: func(s *server) { s.silent = true }, config: func(c *mail.Config) { c.Timeout = 200 * time.Millisecond }, kind: app.Unavailable, key: "mail.failed"},
		"no address":        {scheme: "smtps", implicit: true, to: "mary", kind: app.Invalid, key: "mail.address"},
		"another header":    {scheme: "smtps", implicit: true, to: "mary@example.org\r\nBcc: eve@example.org", kind: app.Invalid, key: "mail.address"},
	} {
		t.Run(name, func(t *testing.T) {
			var change []func(*server)
			if c.server != nil {
				change = append(change, c.server)
			}
			s := newServer(t, c.implicit, change...)
			var config []func(*mail.Config)
			if c.config != nil {
				config = append(config, c.config)
			}
			to := c.to
			if to == "" {
				to = "mary@example.org"
			}
			err := s.sender(t, c.scheme, config...).Send(t.Context(), to, "Setup", secret)
			var failure *app.Error
			if !errors.Is(err, c.kind) || !errors.As(err, &failure) || failure.Key != c.key {
				t.Fatalf("error %v", err)
			}
			for _, never := range []string{"SECRET", "pa55", "mary@", "eve@"} {
				if strings.Contains(err.Error(), never) {
					t.Errorf("the error tells %q: %v", never, err)
				}
			}
			if letters, _ := s.got(); len(letters) != 0 {
				t.Error("a letter went out")
			}
		})
	}
}

// TestConfig refuses at start what no letter could be sent with.
func TestConfig(t *testing.T) {
	for _, c := range []mail.Config{
		{From: "sign@example.org"},
		{Server: "mail.example.org", From: "sign@example.org"},
		{Server: "http://mail.example.org", From: "sign@example.org"},
		{Server: "smtps://user:password@mail.example.org", From: "sign@example.org"},
		{Server: "smtps://mail.example.org/path", From: "sign@example.org"},
		{Server: "smtps://mail.example.org"},
		{Server: "smtps://mail.example.org", From: "nobody"},
	} {
		if _, err := mail.New(c); err == nil {
			t.Errorf("%+v was taken", c)
		} else if strings.Contains(err.Error(), "password@") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}
