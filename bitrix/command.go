package bitrix

import (
	"context"
	"encoding/json"
	"fmt"
)

// Command is one call of a method, with the type of its result. [Call] runs
// it alone, [Add] together with others.
type Command[T any] struct {
	request
	decode func(json.RawMessage) (T, error) // nil: encoding/json
}

// request is the part of a Command that does not depend on its result.
type request struct {
	method string
	params Params
	write  bool
}

// Read makes a command of a method that changes nothing, so that it can be
// repeated at will. The result is decoded by encoding/json.
func Read[T any](method string, params Params) Command[T] {
	return Command[T]{request: request{method: method, params: params}}
}

// Write makes a command of a method that changes something. It is not
// repeated unless it certainly had no effect.
func Write[T any](method string, params Params) Command[T] {
	return Command[T]{request: request{method: method, params: params, write: true}}
}

// inside makes the result of a command the member of that name in the answer:
// {"result":{"item":…}}.
func inside[T any](member string, cmd Command[T]) Command[T] {
	cmd.decode = func(raw json.RawMessage) (T, error) {
		var value T
		var all Map[json.RawMessage]
		if err := json.Unmarshal(raw, &all); err != nil {
			return value, err
		}
		inner, ok := all[member]
		if !ok {
			return value, fmt.Errorf("no %q in the result", member)
		}
		return value, json.Unmarshal(inner, &value)
	}
	return cmd
}

// result decodes the raw result of the command. A result of another shape
// than documented is ErrUnexpectedAnswer; a write has been applied then.
func (cmd Command[T]) result(host string, raw json.RawMessage) (T, error) {
	decode := cmd.decode
	if decode == nil {
		decode = func(raw json.RawMessage) (value T, err error) { return value, json.Unmarshal(raw, &value) }
	}
	value, err := decode(raw)
	if err != nil {
		var none T
		return none, &Error{
			Method: cmd.method, Host: host, Lost: cmd.write,
			Err: fmt.Errorf("%w: result of another shape: %w", ErrUnexpectedAnswer, err),
		}
	}
	return value, nil
}

// Call runs a command at the client's portal and returns its result. All
// methods of [Client] go through it. Errors are of type [*Error] or say that
// the parameters could not be encoded.
func Call[T any](ctx context.Context, c *Client, cmd Command[T]) (T, error) {
	value, _, err := callPage(ctx, c, cmd)
	return value, err
}

// page is what an answer tells about the place of a result in a list.
type page struct {
	next  int64 // start of the next page, 0 if this is the last one
	total int64
}

func callPage[T any](ctx context.Context, c *Client, cmd Command[T]) (T, page, error) {
	var none T
	f, err := c.do(ctx, cmd.request)
	if err != nil {
		return none, page{}, err
	}
	value, err := cmd.result(c.base.Host, f["result"])
	if err != nil {
		return none, page{}, err
	}
	var next, total Int
	_ = f.read("next", &next) // unreadable: as if absent
	_ = f.read("total", &total)
	return value, page{next: int64(next), total: int64(total)}, nil
}
