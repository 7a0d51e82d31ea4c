package bitrix

import (
	"context"
	"fmt"
	"iter"
)

// pages runs a list method page by page and yields its records. The sequence
// ends after the first error, which it yields with a zero record. Records
// that are added or removed meanwhile can shift the pages: a record may then
// be missing or come twice.
// https://apidocs.bitrix24.com/settings/how-to-call-rest-api/list-methods-pecularities.html
func pages[T any](ctx context.Context, c *Client, cmd Command[List[T]], offsets ...string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		start := int64(0)
		for {
			at := Params{"start": start}
			for _, name := range offsets {
				at[name] = start
			}
			next := cmd
			next.params = cmd.params.with(at)
			records, place, err := callPage(ctx, c, next)
			if err != nil {
				yield(none, err)
				return
			}
			for _, record := range records {
				if !yield(record, nil) {
					return
				}
			}
			if place.next == 0 {
				return
			}
			if place.next <= start { // or we would turn in circles
				yield(none, &Error{
					Method: cmd.method, Host: c.base.Host,
					Err: fmt.Errorf("%w: the page after %d is said to start at %d", ErrUnexpectedAnswer, start, place.next),
				})
				return
			}
			start = place.next
		}
	}
}

// Collect gathers a sequence into a slice of at most limit records, and
// returns the first error. A limit of 0 or less means all.
func Collect[T any](records iter.Seq2[T, error], limit int) ([]T, error) {
	var all []T
	for record, err := range records {
		if err != nil {
			return all, err
		}
		all = append(all, record)
		if limit > 0 && len(all) == limit {
			break
		}
	}
	return all, nil
}
