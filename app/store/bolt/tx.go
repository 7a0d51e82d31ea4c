package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"signservice/app"
	"signservice/app/store"
)

// tx is a store.Tx. bbolt's values live only inside its transaction, so each
// is copied.
type tx struct {
	backend *Backend
	tx      *bbolt.Tx
	writes  bool
	ended   bool
	now     time.Time
}

var errEnded = errors.New("the transaction has ended")

// Get gives a copy of a value.
func (t *tx) Get(bucket, key string) (value []byte, err error) {
	err = t.step("get", func() error {
		if b := t.tx.Bucket([]byte(bucket)); b != nil {
			value = bytes.Clone(b.Get([]byte(key)))
		}
		return nil
	})
	if err == nil && value == nil {
		err = fmt.Errorf("get from %s: %w", bucket, app.NotFound)
	}
	return value, err
}

// Put writes a value.
func (t *tx) Put(bucket, key string, value []byte) error {
	return t.write("put", func() error {
		b, err := t.tx.CreateBucketIfNotExists([]byte(bucket))
		if err != nil {
			return err
		}
		return b.Put([]byte(key), bytes.Clone(value)) // bbolt keeps the slice until the commit
	})
}

// Delete removes a row.
func (t *tx) Delete(bucket, key string) error {
	return t.write("delete", func() error {
		if b := t.tx.Bucket([]byte(bucket)); b != nil {
			return b.Delete([]byte(key))
		}
		return nil
	})
}

// Now is the time at which the transaction began.
func (t *tx) Now() time.Time { return t.now }

// Scan gives copies of the rows of a range.
func (t *tx) Scan(bucket string, r store.Range) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		var row store.Row
		var next func() ([]byte, []byte)
		for n := 0; r.Limit == 0 || n < r.Limit; n++ {
			found := false
			err := t.step("scan", func() error {
				if next == nil {
					if next = t.cursor(bucket, r); next == nil {
						return nil
					}
				}
				k, v := next()
				if found = k != nil && bytes.HasPrefix(k, []byte(r.Prefix)); found {
					row = store.Row{Key: string(k), Value: bytes.Clone(v)}
				}
				return nil
			})
			if err != nil {
				yield(store.Row{}, err)
				return
			}
			if !found || !yield(row, nil) {
				return
			}
		}
	}
}

// cursor gives a function whose first call gives the first row of the range;
// nil when there is no such bucket.
func (t *tx) cursor(bucket string, r store.Range) func() (k, v []byte) {
	b := t.tx.Bucket([]byte(bucket))
	if b == nil {
		return nil
	}
	c := b.Cursor()
	first, next := func() ([]byte, []byte) { return forward(c, r) }, c.Next
	if r.Reverse {
		first, next = func() ([]byte, []byte) { return backward(c, r) }, c.Prev
	}
	started := false
	return func() ([]byte, []byte) {
		if started {
			return next()
		}
		started = true
		return first()
	}
}

// forward finds the first row of the range.
func forward(c *bbolt.Cursor, r store.Range) (k, v []byte) {
	if r.After == "" || r.After < r.Prefix {
		return c.Seek([]byte(r.Prefix))
	}
	if k, v = c.Seek([]byte(r.After)); string(k) == r.After {
		return c.Next()
	}
	return k, v
}

// backward finds the last row of the range: the one before After, or before
// the first key that is greater than all keys with the prefix.
func backward(c *bbolt.Cursor, r store.Range) (k, v []byte) {
	end, bounded := afterPrefix(r.Prefix)
	if r.After != "" && (!bounded || r.After < end) {
		end, bounded = r.After, true
	}
	if !bounded {
		return c.Last()
	}
	if k, _ = c.Seek([]byte(end)); k == nil {
		return c.Last()
	}
	return c.Prev()
}

// afterPrefix gives the smallest key that is greater than every key with the
// prefix, if there is one.
func afterPrefix(prefix string) (string, bool) {
	end := []byte(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return string(end[:i+1]), true
		}
	}
	return "", false
}

// write is a step that needs a writing transaction.
func (t *tx) write(op string, do func() error) error {
	if !t.writes {
		return app.Fail(app.Internal, op, "").Because(errors.New("the transaction only reads"))
	}
	return t.step(op, do)
}

// step runs one operation of bbolt; a panic in it is damage.
func (t *tx) step(op string, do func() error) error {
	if t.ended {
		return app.Fail(app.Internal, op, "").Because(errEnded)
	}
	if err := t.backend.guard(do); err != nil {
		if errors.Is(err, errDamaged) {
			return unavailable(op, err)
		}
		return app.Fail(app.Internal, op, "").Because(err)
	}
	return nil
}
