package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"signservice/app"
)

// envelope is the form of every value: a record, and a MAC over it and its
// place. So a changed byte, an exchanged or a forged row shows; that a row was
// taken away, or an older one put back into its place, does not.
type envelope struct {
	Version int             `json:"v"`
	MAC     []byte          `json:"mac"`
	Data    json.RawMessage `json:"data"`
}

// recordVersion is the version that rows are written with.
const recordVersion = 1

// row is a record as it is written. Sealed holds the record's secrets by
// field; Value never does, since app.Secret redacts itself.
type row[T any] struct {
	Value  T                 `json:"value"`
	Sealed map[string][]byte `json:"sealed,omitempty"`
}

// secrets are the fields of a record that are sealed.
type secrets map[string]*app.Secret

// errRecord is the cause when a row is not what was written in its place.
var errRecord = errors.New("the record was changed or moved")

func recordFailure(op, bucket string, cause error) error {
	return app.Fail(app.Internal, op+" "+bucket+" record", "store.record").Because(cause)
}

// put writes a record, its secrets sealed for this very place.
func put[T any](s *Store, tx Tx, bucket, k string, v T, hidden secrets) error {
	r := row[T]{Value: v}
	for field, value := range hidden {
		if *value == "" {
			continue
		}
		sealed, err := s.keeper.Seal([]byte(value.Reveal()), associated(bucket, k, field))
		if err != nil {
			return err
		}
		if r.Sealed == nil {
			r.Sealed = map[string][]byte{}
		}
		r.Sealed[field] = sealed
	}
	data, err := json.Marshal(r)
	if err != nil {
		return recordFailure("encode", bucket, err)
	}
	value, err := json.Marshal(envelope{recordVersion, s.mac(bucket, k, data), data})
	if err != nil {
		return recordFailure("encode", bucket, err)
	}
	return tx.Put(bucket, k, value)
}

// mac covers a record's bytes and its place, each part with its length.
func (s *Store) mac(bucket, k string, data []byte) []byte {
	h := hmac.New(sha256.New, s.macKey)
	for _, part := range [][]byte{[]byte(bucket), []byte(k), data} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) //nolint:errcheck // never fails
		h.Write(part)                                                  //nolint:errcheck // never fails
	}
	return h.Sum(nil)
}

// get reads a record; reveal names where its secrets go.
func get[T any](s *Store, tx Tx, bucket, k string, reveal func(*T) secrets) (T, error) {
	data, err := tx.Get(bucket, k)
	if err != nil {
		var none T
		return none, err
	}
	return decode(s, bucket, k, data, reveal)
}

// decode opens a row. The envelope must be the very bytes that put writes.
func decode[T any](s *Store, bucket, k string, value []byte, reveal func(*T) secrets) (T, error) {
	var r row[T]
	var e envelope
	if err := json.Unmarshal(value, &e); err != nil {
		return r.Value, recordFailure("decode", bucket, errRecord)
	}
	again, err := json.Marshal(e)
	if err != nil || !bytes.Equal(again, value) || e.Version != recordVersion || !hmac.Equal(e.MAC, s.mac(bucket, k, e.Data)) {
		return r.Value, recordFailure("decode", bucket, errRecord)
	}
	if err := json.Unmarshal(e.Data, &r); err != nil {
		return r.Value, recordFailure("decode", bucket, err)
	}
	if reveal == nil {
		return r.Value, nil
	}
	for field, at := range reveal(&r.Value) {
		*at = ""
		if r.Sealed[field] == nil {
			continue
		}
		plain, err := s.keeper.Open(r.Sealed[field], associated(bucket, k, field))
		if err != nil {
			return r.Value, fmt.Errorf("open %s record: %w", bucket, err)
		}
		*at = app.Secret(plain)
	}
	return r.Value, nil
}

// list reads the records of a range.
func list[T any](s *Store, tx Tx, bucket string, r Range, reveal func(*T) secrets) ([]T, error) {
	all := []T{}
	for v, err := range each(s, tx, bucket, r, reveal) {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// each gives the records of a range one by one.
func each[T any](s *Store, tx Tx, bucket string, r Range, reveal func(*T) secrets) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row, err := range tx.Scan(bucket, r) {
			var v T
			if err == nil {
				v, err = decode(s, bucket, row.Key, row.Value, reveal)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// associated is what binds a sealed value to its place.
func associated(bucket, k, field string) []byte {
	return []byte(bucket + "\x00" + k + "\x00" + field)
}

// view reads one thing in a transaction of its own.
func view[T any](ctx context.Context, s *Store, read func(Tx) (T, error)) (T, error) {
	var out T
	err := s.backend.View(ctx, func(tx Tx) (err error) {
		out, err = read(tx)
		return err
	})
	return out, err
}

// update changes something and chains its audit entries, in one transaction.
func (s *Store) update(ctx context.Context, change func(Tx) error, entries ...app.AuditEntry) error {
	return s.backend.Update(ctx, func(tx Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return s.chain(tx, entries...)
	})
}

// optional gives nil where there is no record.
func optional[T any](v T, err error) (*T, error) {
	if errors.Is(err, app.NotFound) {
		return nil, nil //nolint:nilnil // absence is an answer here
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// known turns the absence of what another record names into a message.
func known(err error, k string) error {
	if errors.Is(err, app.NotFound) {
		return app.Fail(app.NotFound, "find record", k).Because(err)
	}
	return err
}

// impossible refuses what no caller may ask for: a mistake of ours.
func impossible(op, why string) error {
	return app.Fail(app.Internal, op, "").Because(errors.New(why))
}
