package otp

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"signservice/app"
)

// Period is how long a code is shown: the time step of RFC 6238 section 5.2.
const Period = 30 * time.Second

// Digits is the length of a code.
const Digits = 6

// drift is how many steps before and after the present one are looked at;
// RFC 6238 section 5.2 recommends at most one.
const drift = 1

// Step is the number of the time step at now, counted from 1970 (T of RFC 6238
// section 4.2).
func Step(now time.Time) int64 { return now.Unix() / int64(Period/time.Second) }

// Code is the code of a time step. It fails when the secret is not base32 or
// the step is before 1970.
func Code(secret app.Secret, step int64) (string, error) {
	if step < 0 {
		return "", errors.New("make code: step before 1970")
	}
	if secret == "" { // the library makes a code of an empty secret too
		return "", errors.New("make code: no secret")
	}
	code, err := hotp.GenerateCodeCustom(secret.Reveal(), uint64(step), hotp.ValidateOpts{
		Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	return code, nil
}

// normalise gives the six digits of a code as people type it: "123 456". Only
// the digits of ASCII count. ok is false for anything else.
func normalise(typed string) (code string, ok bool) {
	if len(typed) > 4*Digits {
		return "", false
	}
	digits := make([]byte, 0, Digits)
	for i := range len(typed) {
		switch c := typed[i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		case c >= '0' && c <= '9' && len(digits) < Digits:
			digits = append(digits, c)
		default:
			return "", false
		}
	}
	return string(digits), len(digits) == Digits
}

// match gives the newest of the steps around now whose code it is. It compares
// every one of them in constant time. The error is ours: the secret is broken.
func match(secret app.Secret, code string, now time.Time) (step int64, found bool, err error) {
	first := max(Step(now)-drift, 0)
	hit := -1
	for i := range int(Step(now) + drift - first + 1) {
		want, err := Code(secret, first+int64(i))
		if err != nil {
			return 0, false, err
		}
		hit = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare([]byte(want), []byte(code)), i, hit)
	}
	return first + int64(hit), hit >= 0, nil
}
