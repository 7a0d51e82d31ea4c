package keys

import "context"

// PINLatch keeps a wrong PIN from being sent twice.
//
// Try is called before each login. It returns ErrPINLatched when its record for
// the token holds a mark of this very PIN (PIN.Mark): the PIN was sent before,
// and was refused or never answered. Otherwise it records the mark in place of
// an earlier one, durably before it returns, and gives the function that the
// caller must call with the answer: true removes the record, false leaves it.
// Between Try and that call a Try for the same token waits, in every process
// that shares the record, so that two programs that start at once do not take
// each other's login for a refusal.
//
// A token with a PIN of its own for each signature counts as another token,
// under its serial number with "/signature" behind it.
type PINLatch interface {
	Try(ctx context.Context, tokenSerial string, pin PIN) (answer func(accepted bool) error, err error)
}
