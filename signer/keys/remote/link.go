package remote

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// message is one frame: four bytes of length, then JSON. A question has an Op,
// its answer has the same ID and none.
type message struct {
	ID   uint64          `json:"id"`
	Op   string          `json:"op,omitempty"`
	Body json.RawMessage `json:"body,omitempty"`
	Err  *wireError      `json:"err,omitempty"`
	// States are how the tokens are, in each answer of the helper.
	States []status `json:"states,omitempty"`
}

// maxFrame bounds a frame: a token's whole content fits many times.
const maxFrame = 16 << 20

// writeTime is how long the other side may leave its frames lying.
const writeTime = 10 * time.Second

// errLost: the other side is no more, or speaks nonsense.
var errLost = errors.New("the other process is gone")

// link is one end of the connection. Both ends ask and answer.
type link struct {
	conn net.Conn
	// answer answers a question of the other side. Body is wiped afterwards.
	answer func(ctx context.Context, op string, body []byte) (any, error)
	// states are sent with each answer; received is called with those that came.
	states   func() []status
	received func([]status)

	gone chan struct{} // closed when the other side is no more

	writeMu sync.Mutex

	mu      sync.Mutex // guards all below
	next    uint64
	waiting map[uint64]chan message
	lost    bool
}

func newLink(conn net.Conn) *link {
	return &link{conn: conn, gone: make(chan struct{}), waiting: map[uint64]chan message{}}
}

// call asks the other side and waits for the answer, which is put into out.
// It gives errLost where none can come any more.
func (l *link) call(ctx context.Context, op string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	defer clear(body)
	id, answer, err := l.expect()
	if err != nil {
		return err
	}
	defer l.forget(id)
	if err := l.write(message{ID: id, Op: op, Body: body}); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case m, ok := <-answer:
		if !ok {
			return errLost
		}
		defer clear(m.Body)
		if m.Err != nil {
			return m.Err.decode()
		}
		return json.Unmarshal(m.Body, out)
	}
}

func (l *link) expect() (uint64, chan message, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost {
		return 0, nil, errLost
	}
	l.next++
	answer := make(chan message, 1)
	l.waiting[l.next] = answer
	return l.next, answer, nil
}

func (l *link) forget(id uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, id)
}

// write sends a frame. When that fails the connection is of no more use.
func (l *link) write(m message) error {
	frame, err := json.Marshal(m)
	if err != nil {
		return err
	}
	defer clear(frame)
	if len(frame) > maxFrame {
		return fmt.Errorf("a frame of %d bytes is too large", len(frame))
	}
	l.writeMu.Lock()
	defer l.writeMu.Unlock()
	head := binary.BigEndian.AppendUint32(nil, uint32(len(frame))) //nolint:gosec // bounded above
	buffers := net.Buffers{head, frame}
	_ = l.conn.SetWriteDeadline(time.Now().Add(writeTime)) // an error shows at the write
	if _, err := buffers.WriteTo(l.conn); err != nil {
		_ = l.conn.Close()
		return errLost
	}
	return nil
}

// run reads frames until the connection ends, then waits for the answers that
// are being made. Their context ends with the connection.
func (l *link) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var answering sync.WaitGroup
	for {
		m, err := l.read()
		if err != nil {
			break
		}
		if m.Op != "" {
			answering.Go(func() { l.respond(ctx, m) })
			continue
		}
		if m.States != nil && l.received != nil {
			l.received(m.States)
		}
		l.mu.Lock()
		if answer, ok := l.waiting[m.ID]; ok { // else its asker went away
			answer <- m
			delete(l.waiting, m.ID)
		}
		l.mu.Unlock()
	}
	cancel()
	_ = l.conn.Close()
	l.mu.Lock()
	l.lost = true
	for id, answer := range l.waiting {
		close(answer)
		delete(l.waiting, id)
	}
	l.mu.Unlock()
	close(l.gone)
	answering.Wait()
}

func (l *link) read() (m message, err error) {
	var head [4]byte
	if _, err := io.ReadFull(l.conn, head[:]); err != nil {
		return m, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > maxFrame {
		return m, fmt.Errorf("a frame of %d bytes is too large", size)
	}
	frame := make([]byte, size)
	defer clear(frame)
	if _, err := io.ReadFull(l.conn, frame); err != nil {
		return m, err
	}
	return m, json.Unmarshal(frame, &m)
}

// respond answers one question.
func (l *link) respond(ctx context.Context, m message) {
	defer clear(m.Body)
	out, err := l.answer(ctx, m.Op, m.Body)
	reply := message{ID: m.ID, Err: encodeError(err)}
	if err == nil {
		if reply.Body, err = json.Marshal(out); err != nil {
			reply.Err = encodeError(err)
		}
		defer clear(reply.Body)
		if secret, ok := out.([]byte); ok {
			defer clear(secret)
		}
	}
	if l.states != nil {
		reply.States = l.states()
	}
	_ = l.write(reply) // where it fails the other side is gone
}
