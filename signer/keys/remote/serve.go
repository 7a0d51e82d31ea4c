package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"signservice/signer/keys"
)

// Serve is the helper: it answers the service that started this process until
// that closes the connection or is no more. It takes no notice of signals, which
// terminals and systemd send to all processes of a service: what is being signed
// shall be finished. Where a library hangs it does not return; the service ends
// the process then.
func Serve() error {
	conn, err := inherited()
	if err != nil {
		return err
	}
	return serve(context.Background(), conn)
}

// closeTime is how long the tokens of a service that is gone may take to close.
const closeTime = 5 * time.Second

// serve answers on a connection.
func serve(ctx context.Context, conn net.Conn) error {
	s := &server{}
	s.link = newLink(conn)
	s.link.answer, s.link.states = s.answer, s.states
	closed := make(chan error, 1)
	go func() {
		s.link.run(ctx) // until the answers under way are made
		closed <- s.close()
	}()
	<-s.link.gone
	select {
	case err := <-closed:
		return err
	case <-time.After(closeTime):
		return errors.New("the PKCS#11 module does not come back")
	}
}

// server is the helper's side.
type server struct {
	link *link

	mu     sync.Mutex
	tokens *keys.Tokens // guarded by mu; nil before opOpen
}

func (s *server) registry() *keys.Tokens {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}

func (s *server) states() []status {
	tokens := s.registry()
	if tokens == nil {
		return nil
	}
	return encodeStatus(tokens.Status())
}

func (s *server) close() error {
	if tokens := s.registry(); tokens != nil {
		return tokens.Close()
	}
	return nil
}

// open makes the registry, once.
func (s *server) open(in openRequest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens != nil {
		return errors.New("the helper is open already")
	}
	c := keys.Config{Latch: remoteLatch{s.link}, RestartInterval: in.RestartInterval}
	for i, t := range in.Tokens {
		tc := keys.TokenConfig{Module: in.Module, Serial: t.Serial, Label: t.Label, MaxSessions: t.MaxSessions}
		if t.PIN {
			tc.PIN = s.pin(pinRequest{Token: i})
		}
		if t.SignaturePIN {
			tc.SignaturePIN = s.pin(pinRequest{Token: i, Signature: true})
		}
		c.Tokens = append(c.Tokens, tc)
	}
	var err error
	s.tokens, err = keys.Open(c)
	return err
}

// pin asks the service for a PIN.
func (s *server) pin(which pinRequest) keys.PINSource {
	return func(ctx context.Context) (keys.PIN, error) {
		var pin []byte
		if err := s.link.call(ctx, opPIN, which, &pin); err != nil {
			return keys.PIN{}, err
		}
		defer clear(pin)
		return keys.NewPIN(pin), nil
	}
}

// remoteLatch is the latch that the service keeps.
type remoteLatch struct{ link *link }

// Try implements keys.PINLatch.
func (l remoteLatch) Try(ctx context.Context, name string, pin keys.PIN) (func(accepted bool) error, error) {
	secret := pin.Reveal()
	defer clear(secret)
	var try int
	if err := l.link.call(ctx, opTry, tryRequest{Name: name, PIN: secret}, &try); err != nil {
		return nil, err
	}
	return func(accepted bool) error {
		var none struct{}
		return l.link.call(context.WithoutCancel(ctx), opAnswered, answeredRequest{Try: try, Accepted: accepted}, &none)
	}, nil
}

// answer does what the service asks.
func (s *server) answer(ctx context.Context, op string, body []byte) (any, error) {
	if op == opOpen {
		return answerWith(body, func(in openRequest) (struct{}, error) { return struct{}{}, s.open(in) })
	}
	tokens := s.registry()
	if tokens == nil {
		return nil, errors.New("the helper is not open")
	}
	switch op {
	case opWatch:
		tokens.Watch(ctx)
		return struct{}{}, nil
	case opList:
		return encodeContents(tokens.List(ctx))
	case opRetry:
		return answerWith(body, func(serial string) (struct{}, error) { return struct{}{}, tokens.Retry(ctx, serial) })
	case opSigner:
		return answerWith(body, func(id keys.KeyID) (entry, error) {
			key, err := tokens.Signer(ctx, id)
			if err != nil {
				return entry{}, err
			}
			return encodeEntry(keys.Entry{ID: key.ID(), Certificate: key.Certificate(), Chain: key.Chain(), HasKey: true})
		})
	case opSign:
		return answerWith(body, func(in signRequest) ([]byte, error) {
			key, err := tokens.Signer(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return key.Sign(nil, in.Digest, in.options())
		})
	case opGenerate:
		return answerWith(body, func(in generateRequest) (keys.KeyID, error) { return tokens.GenerateKey(ctx, in.Token, in.Key) })
	case opRequest:
		return answerWith(body, func(in requestRequest) ([]byte, error) { return tokens.CertificateRequest(ctx, in.ID, in.Subject) })
	case opImport:
		return answerWith(body, func(in importRequest) (keys.KeyID, error) {
			return tokens.ImportCertificate(ctx, in.Token, in.Certificate)
		})
	}
	return nil, fmt.Errorf("the helper does not know %q", op)
}

// answerWith reads the question and answers it.
func answerWith[In, Out any](body []byte, answer func(In) (Out, error)) (Out, error) {
	var in In
	if err := json.Unmarshal(body, &in); err != nil {
		var none Out
		return none, err
	}
	return answer(in)
}
