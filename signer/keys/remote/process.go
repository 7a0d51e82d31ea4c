package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"signservice/signer/keys"
)

// process is one run of a helper.
type process struct {
	helper  *helper
	cmd     *exec.Cmd
	link    *link
	started time.Time
	stderr  *firstWords
	served  chan struct{} // closed when the link has ended
	gone    chan struct{} // closed when the process is no more, after cause is set
	noted   chan struct{} // closed when the helper has taken note of it
	cause   error

	mu    sync.Mutex // guards both below
	hung  bool       // it was killed for it
	longs int        // calls under way that may take long

	triesMu sync.Mutex
	tries   map[int]func(accepted bool) error // of the latch, not answered yet
	lastTry int
}

// result is the answer to a call.
type result struct {
	body json.RawMessage
	err  error
	lost bool // no answer came
}

func (r result) into(out any) error {
	if err := json.Unmarshal(r.body, out); err != nil {
		return fmt.Errorf("%w: the helper process speaks nonsense: %w", keys.ErrToken, err)
	}
	return nil
}

// start runs a helper and tells it its tokens.
func (h *helper) start() (*process, error) {
	ours, theirs, err := newChannel()
	if err != nil {
		return nil, err
	}
	p := &process{
		helper: h, link: newLink(ours), started: time.Now(), stderr: &firstWords{},
		served: make(chan struct{}), gone: make(chan struct{}), noted: make(chan struct{}), tries: map[int]func(bool) error{},
	}
	p.link.answer, p.link.received = p.answer, h.received
	p.cmd = exec.Command(h.config.Command[0], h.config.Command[1:]...) //nolint:gosec,noctx // our own program, which outlives any one call
	p.cmd.ExtraFiles = []*os.File{theirs}
	p.cmd.Env = append(append([]string{}, h.config.Environ...), "GOTRACEBACK=none")
	p.cmd.Stderr = p.stderr
	p.cmd.WaitDelay = time.Second
	err = p.cmd.Start()
	if err := errors.Join(err, theirs.Close()); err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	go func() {
		defer close(p.served)
		p.link.run(context.Background())
	}()
	go p.reap()
	if err := p.open(); err != nil {
		p.kill(false)
		<-p.gone
		return nil, err
	}
	return p, nil
}

// open sends the helper its configuration.
func (p *process) open() error {
	in := openRequest{Module: p.helper.module, RestartInterval: p.helper.config.RestartInterval}
	for _, t := range p.helper.tokens {
		in.Tokens = append(in.Tokens, tokenConfig{t.Serial, t.Label, t.PIN != nil, t.SignaturePIN != nil, t.MaxSessions})
	}
	return p.ask(p.helper.config.Timeout, false, opOpen, in).err
}

// ask waits for the answer to a call; when that does not come in time the
// process is killed. While a call that may take long is under way the token may
// keep the others waiting.
func (p *process) ask(limit time.Duration, long bool, op string, in any) (r result) {
	defer p.guard(limit, long)()
	r.err = p.link.call(context.Background(), op, in, &r.body)
	if errors.Is(r.err, errLost) {
		<-p.gone
		r.lost = true
		r.err = fmt.Errorf("%w: %w", keys.ErrToken, p.cause)
	}
	return r
}

// guard kills the process unless the function that it gives is called in time.
func (p *process) guard(limit time.Duration, long bool) (answered func()) {
	p.count(long, 1)
	done := make(chan struct{})
	go func() {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		for {
			select {
			case <-done:
				return
			case <-timer.C:
				if long || p.count(false, 0) == 0 {
					p.kill(true)
					return
				}
				timer.Reset(limit)
			}
		}
	}()
	return func() {
		close(done)
		p.count(long, -1)
	}
}

// count counts the calls that may take long.
func (p *process) count(long bool, n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if long {
		p.longs += n
	}
	return p.longs
}

// kill ends the process at once.
func (p *process) kill(hung bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hung = p.hung || hung
	_ = p.cmd.Process.Kill() // it may have ended by itself
}

// reap waits until the process is no more.
func (p *process) reap() {
	_ = p.cmd.Wait() // the state tells more
	_ = p.link.conn.Close()
	<-p.served
	p.triesMu.Lock()
	for _, answer := range p.tries { // nobody knows what the tokens thought of these
		if err := answer(false); err != nil {
			p.helper.config.Log.Warn("release the PIN latch", "error", err)
		}
	}
	p.triesMu.Unlock()
	p.mu.Lock()
	hung := p.hung
	p.mu.Unlock()
	if p.cause = errHung; !hung {
		p.cause = fmt.Errorf("its PKCS#11 module ended the helper process (%s)", p.stderr.or(p.cmd.ProcessState.String()))
	}
	close(p.gone)
}

// wait gives how long the process lived, and why it ended.
func (p *process) wait() (life time.Duration, cause error) {
	<-p.gone
	return time.Since(p.started), p.cause
}

// stop has the process close its tokens and end.
func (p *process) stop() error {
	_ = p.link.conn.Close()
	select {
	case <-p.gone:
	case <-time.After(closeTime + time.Second):
		p.kill(true)
		<-p.gone
	}
	return nil
}

// answer is what the service answers to its helper.
func (p *process) answer(ctx context.Context, op string, body []byte) (any, error) {
	switch op {
	case opPIN:
		return answerWith(body, func(in pinRequest) ([]byte, error) { return p.pin(ctx, in) })
	case opTry:
		return answerWith(body, func(in tryRequest) (int, error) { return p.try(ctx, in) })
	case opAnswered:
		return answerWith(body, func(in answeredRequest) (struct{}, error) { return struct{}{}, p.answered(in) })
	}
	return nil, fmt.Errorf("the service does not know %q", op)
}

// pin gives the helper a PIN that it needs now.
func (p *process) pin(ctx context.Context, in pinRequest) ([]byte, error) {
	if in.Token < 0 || in.Token >= len(p.helper.tokens) {
		return nil, keys.ErrPINMissing
	}
	source := p.helper.tokens[in.Token].PIN
	if in.Signature {
		source = p.helper.tokens[in.Token].SignaturePIN
	}
	if source == nil {
		return nil, keys.ErrPINMissing
	}
	pin, err := source(ctx)
	if err != nil {
		return nil, err
	}
	defer pin.Wipe()
	return pin.Reveal(), nil
}

// try asks the latch for leave to send a PIN.
func (p *process) try(ctx context.Context, in tryRequest) (int, error) {
	defer clear(in.PIN)
	pin := keys.NewPIN(in.PIN)
	defer pin.Wipe()
	answer, err := p.helper.config.Latch.Try(ctx, in.Name, pin)
	if err != nil {
		return 0, err
	}
	p.triesMu.Lock()
	defer p.triesMu.Unlock()
	p.lastTry++
	p.tries[p.lastTry] = answer
	return p.lastTry, nil
}

// answered tells the latch what the token thought of a PIN.
func (p *process) answered(in answeredRequest) error {
	p.triesMu.Lock()
	answer := p.tries[in.Try]
	delete(p.tries, in.Try)
	p.triesMu.Unlock()
	if answer == nil {
		return errors.New("the latch was not asked")
	}
	return answer(in.Accepted)
}

// firstWords keeps what a process says as it dies: the first line by which Go's
// runtime names the cause. All else is thrown away, since a library may print
// what nobody shall read.
type firstWords struct {
	mu    sync.Mutex
	start []byte
}

// Write takes all and keeps little.
func (w *firstWords) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.start) < 4<<10 {
		w.start = append(w.start, b[:min(len(b), 4<<10-len(w.start))]...)
	}
	return len(b), nil
}

// or gives the cause in the runtime's words, or else in others.
func (w *firstWords) or(other string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range bytes.Lines(w.start) {
		for _, beginning := range []string{"SIG", "fatal error: ", "runtime: "} {
			if strings.HasPrefix(string(line), beginning) {
				return strings.TrimSpace(string(line))
			}
		}
	}
	return other
}
