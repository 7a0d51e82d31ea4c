package bitrix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
)

// body is a JSON object ready to be sent, any number of times: texts and the
// files between them. Files are not held in memory.
type body struct {
	segments []segment
	length   int64
	text     bytes.Buffer // the segment being written
	err      error

	mu     sync.Mutex // held while a piece is read
	closed bool
}

// segment is a text, or a file to be written in base64.
type segment struct {
	text []byte
	file *File
}

// encodeBody writes the parameters and the token as a JSON object.
func encodeBody(params Params, token Secret) (*body, error) {
	b := new(body)
	b.write(params.with(Params{"auth": token}))
	b.flush()
	if b.err != nil {
		return nil, fmt.Errorf("encode parameters: %w", b.err)
	}
	return b, nil
}

func (b *body) write(value any) {
	switch v := value.(type) {
	case expander:
		b.write(v.expand())
	case Params:
		b.object(v)
	case map[string]any:
		b.object(v)
	case []any:
		b.list(v)
	case File:
		b.file(v)
	case Secret:
		b.scalar(v.Reveal())
	default:
		b.scalar(v)
	}
}

func (b *body) object(members map[string]any) {
	b.text.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			b.text.WriteByte(',')
		}
		b.scalar(name)
		b.text.WriteByte(':')
		b.write(members[name])
	}
	b.text.WriteByte('}')
}

func (b *body) list(values []any) {
	b.text.WriteByte('[')
	for i, value := range values {
		if i > 0 {
			b.text.WriteByte(',')
		}
		b.write(value)
	}
	b.text.WriteByte(']')
}

// file writes ["name","base64"].
func (b *body) file(f File) {
	if err := f.check(); err != nil {
		b.fail(err)
		return
	}
	b.text.WriteByte('[')
	b.scalar(CleanFileName(f.Name))
	b.text.WriteString(`,"`)
	b.flush()
	b.segments = append(b.segments, segment{file: &f})
	b.length += f.encodedLen()
	b.text.WriteString(`"]`)
}

func (b *body) scalar(value any) {
	data, err := json.Marshal(value)
	if err != nil {
		b.fail(err)
		return
	}
	b.text.Write(data)
}

func (b *body) flush() {
	if b.text.Len() == 0 {
		return
	}
	text := bytes.Clone(b.text.Bytes())
	b.segments = append(b.segments, segment{text: text})
	b.length += int64(len(text))
	b.text.Reset()
}

func (b *body) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// open returns the body from its start.
func (b *body) open() (io.ReadCloser, error) {
	readers := make([]io.Reader, len(b.segments))
	for i, s := range b.segments {
		if s.file != nil {
			readers[i] = newBase64Reader(*s.file)
		} else {
			readers[i] = bytes.NewReader(s.text)
		}
	}
	return io.NopCloser(&openBody{body: b, r: io.MultiReader(readers...)}), nil
}

// close waits for a piece that is being read and ends all reading: a transport
// may go on with a request after it has returned the answer, and the caller
// may close its file then.
func (b *body) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// openBody reads a body until it is closed.
type openBody struct {
	body *body
	r    io.Reader
}

// Read implements [io.Reader].
func (o *openBody) Read(p []byte) (int, error) {
	o.body.mu.Lock()
	defer o.body.mu.Unlock()
	if o.body.closed {
		return 0, errors.New("the call has ended")
	}
	return o.r.Read(p)
}
