package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/store"
)

// testBackend holds a backend against the comments of store.Backend.
func testBackend(t *testing.T, open func(t *testing.T) store.Backend) {
	for _, promise := range []struct {
		name string
		test func(t *testing.T, b store.Backend)
	}{
		{"rows are written, read, replaced and deleted", testRows},
		{"ranges", testRanges},
		{"a scan stops when nobody listens", testScanStops},
		{"an error leaves nothing", testErrorLeavesNothing},
		{"a panic leaves nothing", testPanicLeavesNothing},
		{"a view does not write", testViewDoesNotWrite},
		{"a kept transaction fails", testKeptTx},
		{"values are the caller's", testValuesAreCopies},
		{"a transaction has one time", testNow},
		{"an ended context begins nothing", testContext},
		{"no update is lost", testNoLostUpdate},
		{"a view sees one state", testOneState},
		{"empty names are refused", testEmptyNames},
		{"a closed backend says so", testClosed},
	} {
		t.Run(promise.name, func(t *testing.T) { promise.test(t, open(t)) })
	}
}

func testRows(t *testing.T, b store.Backend) {
	missing := func(tx store.Tx, bucket, key string) {
		if v, err := tx.Get(bucket, key); !errors.Is(err, app.NotFound) {
			t.Errorf("%s/%s: %q, %v", bucket, key, v, err)
		}
	}
	update(t, b, func(tx store.Tx) error {
		missing(tx, "none", "a")
		put(t, tx, "one", "a", "1")
		put(t, tx, "one", "b", "2")
		put(t, tx, "two", "a", "3")
		put(t, tx, "one", "a", "4")
		want(t, tx, "one", "a", "4") // a transaction sees its own writes
		missing(tx, "one", "c")
		missing(tx, "two", "b")
		return nil
	})
	update(t, b, func(tx store.Tx) error {
		return errors.Join(tx.Delete("one", "b"), tx.Delete("one", "never"), tx.Delete("none", "never"))
	})
	view(t, b, func(tx store.Tx) error {
		want(t, tx, "one", "a", "4")
		want(t, tx, "two", "a", "3")
		missing(tx, "one", "b")
		return nil
	})
}

// testRanges compares scans with what a sorted list gives.
func testRanges(t *testing.T, b store.Backend) {
	random := rand.New(rand.NewPCG(1, 2))
	letters := "ab/%~"
	word := func(most int) string {
		var s strings.Builder
		for range random.IntN(most + 1) {
			s.WriteByte(letters[random.IntN(len(letters))])
		}
		return s.String()
	}
	keys := []string{"~~~", "a", "a/", "a/b", "a0"}
	for range 60 {
		keys = append(keys, word(5)+"b")
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	update(t, b, func(tx store.Tx) error {
		for _, k := range keys {
			put(t, tx, "rows", k, k)
		}
		put(t, tx, "other", "a/b", "not this")
		return nil
	})
	view(t, b, func(tx store.Tx) error {
		for range 500 {
			r := store.Range{Prefix: word(2), After: word(4), Reverse: random.IntN(2) == 0, Limit: random.IntN(5)}
			if diff := cmp.Diff(model(keys, r), scan(t, tx, "rows", r)); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", r, diff)
			}
		}
		if got := scan(t, tx, "none", store.Range{}); got != nil {
			t.Errorf("rows of a bucket that does not exist: %v", got)
		}
		return nil
	})
}

// model is what Range promises, on a sorted list.
func model(keys []string, r store.Range) []string {
	keys = slices.Clone(keys)
	if r.Reverse {
		slices.Reverse(keys)
	}
	var got []string
	for _, k := range keys {
		past := r.After == "" || k > r.After
		if r.Reverse {
			past = r.After == "" || k < r.After
		}
		if past && strings.HasPrefix(k, r.Prefix) && (r.Limit == 0 || len(got) < r.Limit) {
			got = append(got, k)
		}
	}
	return got
}

func testScanStops(t *testing.T, b store.Backend) {
	update(t, b, func(tx store.Tx) error {
		for _, k := range []string{"a", "b", "c"} {
			put(t, tx, "rows", k, "1")
		}
		for row, err := range tx.Scan("rows", store.Range{}) {
			if err != nil || row.Key != "a" {
				t.Errorf("first row %q, %v", row.Key, err)
			}
			break
		}
		put(t, tx, "rows", "d", "2") // the scan has let go of the bucket
		return nil
	})
}

var errOwn = errors.New("fn's own error")

func testErrorLeavesNothing(t *testing.T, b store.Backend) {
	update(t, b, func(tx store.Tx) error { put(t, tx, "rows", "kept", "1"); return nil })
	err := b.Update(t.Context(), func(tx store.Tx) error {
		put(t, tx, "rows", "kept", "2")
		put(t, tx, "new", "a", "1")
		return fmt.Errorf("wrapped: %w", errOwn)
	})
	if !errors.Is(err, errOwn) || err.Error() != "wrapped: fn's own error" {
		t.Errorf("fn's error came back as %v", err)
	}
	onlyKept(t, b)
	if err := b.View(t.Context(), func(store.Tx) error { return errOwn }); !errors.Is(err, errOwn) {
		t.Errorf("from a view: %v", err)
	}
}

func testPanicLeavesNothing(t *testing.T, b store.Backend) {
	update(t, b, func(tx store.Tx) error { put(t, tx, "rows", "kept", "1"); return nil })
	func() {
		defer func() {
			if p := recover(); p != "on purpose" {
				t.Errorf("the panic came back as %v", p)
			}
		}()
		b.Update(t.Context(), func(tx store.Tx) error { //nolint:errcheck // it panics
			put(t, tx, "rows", "kept", "2")
			put(t, tx, "new", "a", "1")
			panic("on purpose")
		})
	}()
	onlyKept(t, b)
	update(t, b, func(tx store.Tx) error { put(t, tx, "rows", "later", "1"); return nil })
}

// onlyKept tells that nothing of a failed transaction is seen.
func onlyKept(t *testing.T, b store.Backend) {
	t.Helper()
	view(t, b, func(tx store.Tx) error {
		want(t, tx, "rows", "kept", "1")
		if got := scan(t, tx, "new", store.Range{}); got != nil {
			t.Errorf("left over: %v", got)
		}
		return nil
	})
}

func testViewDoesNotWrite(t *testing.T, b store.Backend) {
	update(t, b, func(tx store.Tx) error { put(t, tx, "rows", "kept", "1"); return nil })
	view(t, b, func(tx store.Tx) error {
		if tx.Put("rows", "kept", []byte("2")) == nil || tx.Put("new", "a", []byte("1")) == nil || tx.Delete("rows", "kept") == nil {
			t.Error("a view writes")
		}
		return nil
	})
	onlyKept(t, b)
}

func testKeptTx(t *testing.T, b store.Backend) {
	var kept store.Tx
	update(t, b, func(tx store.Tx) error { kept = tx; put(t, tx, "rows", "kept", "1"); return nil })
	if _, err := kept.Get("rows", "kept"); err == nil || errors.Is(err, app.NotFound) {
		t.Errorf("get: %v", err)
	}
	if err := kept.Put("rows", "kept", []byte("2")); err == nil {
		t.Error("put works")
	}
	if err := kept.Delete("rows", "kept"); err == nil {
		t.Error("delete works")
	}
	for _, err := range kept.Scan("rows", store.Range{}) {
		if err == nil {
			t.Error("scan works")
		}
	}
	onlyKept(t, b)
}

func testValuesAreCopies(t *testing.T, b store.Backend) {
	value := []byte(`"12345"`)
	update(t, b, func(tx store.Tx) error {
		if err := tx.Put("rows", "a", value); err != nil {
			return err
		}
		value[1] = 'x' // the backend has its own copy already
		return nil
	})
	var first, scanned []byte
	view(t, b, func(tx store.Tx) error {
		first, _ = tx.Get("rows", "a")
		for row := range tx.Scan("rows", store.Range{}) {
			scanned = row.Value
		}
		first[1], scanned[2] = 'y', 'y'
		want(t, tx, "rows", "a", `"12345"`)
		return nil
	})
	update(t, b, func(tx store.Tx) error { put(t, tx, "rows", "a", "9"); return nil })
	if string(first) != `"y2345"` || string(scanned) != `"1y345"` {
		t.Errorf("values changed after their transaction: %s %s", first, scanned)
	}
}

func testNow(t *testing.T, b store.Backend) {
	check := func(tx store.Tx) error {
		now := tx.Now()
		if now.IsZero() || now.Location() != time.UTC || now != tx.Now() {
			t.Errorf("now is %v, then %v", now, tx.Now())
		}
		return nil
	}
	update(t, b, check)
	view(t, b, check)
}

func testContext(t *testing.T, b store.Backend) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never := func(store.Tx) error { t.Error("fn ran"); return nil }
	if err := b.Update(ctx, never); !errors.Is(err, context.Canceled) {
		t.Errorf("update: %v", err)
	}
	if err := b.View(ctx, never); !errors.Is(err, context.Canceled) {
		t.Errorf("view: %v", err)
	}
}

func testNoLostUpdate(t *testing.T, b store.Backend) {
	const writers, times = 8, 10
	var wait sync.WaitGroup
	for range writers {
		wait.Go(func() {
			for range times {
				if err := b.Update(t.Context(), func(tx store.Tx) error { return increment(tx, "count") }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	view(t, b, func(tx store.Tx) error { want(t, tx, "rows", "count", fmt.Sprint(writers*times)); return nil })
}

func testOneState(t *testing.T, b store.Backend) {
	update(t, b, func(tx store.Tx) error { put(t, tx, "rows", "a", "0"); put(t, tx, "rows", "b", "0"); return nil })
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		defer close(done)
		for range 40 {
			if err := b.Update(t.Context(), func(tx store.Tx) error {
				return errors.Join(increment(tx, "a"), increment(tx, "b"))
			}); err != nil {
				t.Error(err)
			}
		}
	})
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		view(t, b, func(tx store.Tx) error {
			first, err1 := tx.Get("rows", "a")
			second, err2 := tx.Get("rows", "b")
			if err1 != nil || err2 != nil || string(first) != string(second) {
				t.Errorf("a is %s, b is %s: %v, %v", first, second, err1, err2)
			}
			return nil
		})
	}
	wait.Wait()
}

func increment(tx store.Tx, key string) error {
	n := 0
	value, err := tx.Get("rows", key)
	if err != nil && !errors.Is(err, app.NotFound) {
		return err
	}
	if err == nil {
		if _, err := fmt.Sscan(string(value), &n); err != nil {
			return err
		}
	}
	return tx.Put("rows", key, fmt.Append(nil, n+1))
}

func testEmptyNames(t *testing.T, b store.Backend) {
	for _, row := range [][2]string{{"", "a"}, {"rows", ""}} {
		if err := b.Update(t.Context(), func(tx store.Tx) error { return tx.Put(row[0], row[1], []byte("1")) }); err == nil {
			t.Errorf("bucket %q, key %q is written", row[0], row[1])
		}
	}
}

func testClosed(t *testing.T, b store.Backend) {
	for range 2 {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	never := func(store.Tx) error { t.Error("fn ran"); return nil }
	if err := b.Update(t.Context(), never); !errors.Is(err, app.Unavailable) {
		t.Errorf("update: %v", err)
	}
	if err := b.View(t.Context(), never); !errors.Is(err, app.Unavailable) {
		t.Errorf("view: %v", err)
	}
}

func update(t *testing.T, b store.Backend, fn func(store.Tx) error) {
	t.Helper()
	if err := b.Update(t.Context(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t *testing.T, b store.Backend, fn func(store.Tx) error) {
	t.Helper()
	if err := b.View(t.Context(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

func put(t *testing.T, tx store.Tx, bucket, key, value string) {
	t.Helper()
	quoted := value
	if strings.Trim(value, "0123456789") != "" {
		quoted = fmt.Sprintf("%q", value)
	}
	if err := tx.Put(bucket, key, []byte(quoted)); err != nil {
		t.Errorf("put %s/%s: %v", bucket, key, err)
	}
}

func want(t *testing.T, tx store.Tx, bucket, key, value string) {
	t.Helper()
	if got, err := tx.Get(bucket, key); err != nil || string(got) != value {
		t.Errorf("%s/%s is %s, %v; want %s", bucket, key, got, err, value)
	}
}

func scan(t *testing.T, tx store.Tx, bucket string, r store.Range) []string {
	t.Helper()
	var keys []string
	for row, err := range tx.Scan(bucket, r) {
		if err != nil {
			t.Errorf("scan %+v: %v", r, err)
			break
		}
		keys = append(keys, row.Key)
		if len(row.Value) == 0 {
			t.Errorf("row %q has no value", row.Key)
		}
	}
	return keys
}
