package remote

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"testing"

	"signservice/signer/keys"
)

// FuzzLink feeds a link with what a helper whose library went wild might write:
// it must end, not crash, and no call may wait for ever.
func FuzzLink(f *testing.F) {
	frame := func(text string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
	}
	for _, text := range []string{
		`{"id":1,"body":"AAAA"}`, `{"id":1,"err":{"text":"no","codes":["token","?"]}}`, `{"id":1,"op":"pin","body":{"token":-1}}`,
		`{"id":2,"op":"try","body":null}`, `{"id":1,"states":[{"state":"ready"}]}`, `null`, `[]`, `{"id":-1}`, ``,
	} {
		f.Add(frame(text))
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		here, there := net.Pipe()
		h := newHelper(Config{Config: keys.Config{}.WithDefaults(), MaxCalls: 1}, "m")
		h.add(keys.TokenConfig{Module: "m", Serial: "1"})
		p := &process{helper: h, link: newLink(here), tries: map[int]func(bool) error{}}
		p.link.received = h.received
		p.link.answer = func(ctx context.Context, op string, body []byte) (any, error) {
			if op == opTry {
				return nil, errors.New("no latch here")
			}
			return p.answer(ctx, op, body)
		}
		ended := make(chan struct{})
		go func() { p.link.run(t.Context()); close(ended) }()
		go func() { // takes the answers
			buffer := make([]byte, 1<<10)
			for {
				if _, err := there.Read(buffer); err != nil {
					return
				}
			}
		}()
		called := make(chan error, 1)
		go func() {
			var w []contents
			called <- p.link.call(t.Context(), opList, struct{}{}, &w)
		}()
		_, _ = there.Write(data)
		_ = there.Close()
		<-ended
		<-called
	})
}

// TestErrors holds that each error of package keys stays itself on its way
// between the processes, with its words.
func TestErrors(t *testing.T) {
	for code, meaning := range meanings() {
		got := encodeError(&helperError{text: "token 1: " + meaning.Error(), meanings: []error{meaning}}).decode()
		if !errors.Is(got, meaning) || got.Error() != "token 1: "+meaning.Error() {
			t.Errorf("%s: %v", code, got)
		}
		for other, err := range meanings() {
			if other != code && errors.Is(got, err) {
				t.Errorf("%s is also %s", code, other)
			}
		}
	}
	if encodeError(nil) != nil || (*wireError)(nil).decode() != nil {
		t.Error("no error becomes one")
	}
}
