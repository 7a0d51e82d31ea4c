package pdf

import (
	"bytes"
	"fmt"
)

// StreamData reads the data of a stream and decodes it, up to limit bytes. Of
// data that is damaged it gives what could be decoded. Filters for pictures are
// not decoded: data that has one comes back as that filter's input.
func (f *File) StreamData(s *Stream, limit int) ([]byte, error) {
	return again(func() ([]byte, error) { return f.streamData(s, limit) })
}

func (f *File) streamData(s *Stream, limit int) ([]byte, error) {
	if s.from == nil {
		return f.decode(s.Dict, s.Data, limit)
	}
	return f.decoded(s.from, limit)
}

func (f *File) decoded(o *object, limit int) ([]byte, error) {
	raw, err := f.streamBytes(o)
	if err != nil {
		return nil, err
	}
	return f.decode(o.value.(Dict), raw, limit)
}

// streamBytes reads the data of a stream as it is stored, decrypted.
func (f *File) streamBytes(o *object) ([]byte, error) {
	n, err := f.streamLength(o)
	if err != nil {
		return nil, err
	}
	if n > maxStored {
		return nil, fmt.Errorf("%w: stream of %d bytes", ErrLimit, n)
	}
	if err := spend(&f.budget.inflate, n, "read of streams"); err != nil {
		return nil, err
	}
	b, err := f.src.window(o.dataAt, int(n))
	if err != nil {
		return nil, err
	}
	return f.decryptStream(o, b)
}

// streamLength believes Length where endstream follows, and otherwise looks for
// endstream.
func (f *File) streamLength(o *object) (int64, error) {
	n, ok, err := resolved[Integer](f, o.value.(Dict)["Length"])
	if err != nil {
		return 0, err
	}
	if ok && n >= 0 && o.dataAt+int64(n) <= f.src.size {
		b, err := f.src.window(o.dataAt+int64(n), 24)
		if err != nil {
			return 0, err
		}
		if bytes.HasPrefix(bytes.TrimLeft(b, "\r\n\t \x00"), []byte("endstream")) {
			return int64(n), nil
		}
	}
	end, found, err := f.indexFrom(o.dataAt, []byte("endstream"))
	if err != nil {
		return 0, err
	}
	if !found {
		end = f.src.size
	}
	b, err := f.src.window(max(o.dataAt, end-2), int(min(2, end-o.dataAt)))
	if err != nil {
		return 0, err
	}
	switch {
	case bytes.HasSuffix(b, []byte("\r\n")):
		end -= 2
	case bytes.HasSuffix(b, []byte("\n")), bytes.HasSuffix(b, []byte("\r")):
		end--
	}
	return end - o.dataAt, nil
}

// indexFrom looks for a key in the file.
func (f *File) indexFrom(off int64, key []byte) (int64, bool, error) {
	const chunk = 64 << 10
	for off < f.src.size {
		b, err := f.src.window(off, chunk)
		if err != nil {
			return 0, false, err
		}
		if err := spend(&f.budget.inflate, int64(len(b)), "search"); err != nil {
			return 0, false, err
		}
		if i := bytes.Index(b, key); i >= 0 {
			return off + int64(i), true, nil
		}
		if off+int64(len(b)) >= f.src.size {
			break
		}
		off += int64(len(b) - len(key) + 1)
	}
	return 0, false, nil
}
