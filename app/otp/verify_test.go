package otp_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/otp"
)

// start is 10 s into a step.
var start = time.Date(2026, 11, 23, 12, 0, 10, 0, time.UTC)

func code(t testing.TB, step int64) string {
	t.Helper()
	c, err := otp.Code(rfcSecret, step)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wrongAt gives six digits that are no code around the time.
func wrongAt(t testing.TB, now time.Time) string {
	t.Helper()
	for _, c := range []string{"000000", "111111", "222222", "333333"} {
		if s := otp.Step(now); c != code(t, s-1) && c != code(t, s) && c != code(t, s+1) {
			return c
		}
	}
	t.Fatal("no wrong code")
	return ""
}

// answer is what an error says.
type answer struct {
	Kind  app.Kind
	Key   string
	Args  []any
	After time.Duration
}

func answerOf(t testing.TB, err error) answer {
	t.Helper()
	if err == nil {
		return answer{}
	}
	var e *app.Error
	if !errors.As(err, &e) {
		t.Fatalf("not an app.Error: %v", err)
	}
	return answer{e.Kind, e.Key, e.Args, e.After}
}

func expect(t testing.TB, what string, err error, want answer) {
	t.Helper()
	if diff := cmp.Diff(want, answerOf(t, err)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func bound() *app.Authenticator {
	return &app.Authenticator{Portal: "p", User: "7", Secret: rfcSecret}
}

func TestVerifyLooksAtThreeSteps(t *testing.T) {
	now := otp.Step(start)
	for offset := int64(-3); offset <= 3; offset++ {
		a := bound()
		step, err := otp.Verify(a, code(t, now+offset), start)
		if offset >= -1 && offset <= 1 {
			if err != nil || step != now+offset || a.LastStep != step || a.Failures != 0 {
				t.Errorf("step %+d: %d, %v, %+v", offset, step-now, err, a.LastStep)
			}
			continue
		}
		want := answer{app.Unauthenticated, "code.wrong", []any{4}, 0}
		if offset < 0 {
			want = answer{app.Unauthenticated, "code.old", []any{-time.Duration(offset) * otp.Period, 4}, 0}
		}
		expect(t, "a code of another time", err, want)
		if a.LastStep != 0 || a.Failures != 1 {
			t.Errorf("step %+d: last %d, failures %d", offset, a.LastStep, a.Failures)
		}
	}
}

// TestOldCodesAreTold tells how old a refused code is, for ten minutes, and
// nothing ever about one of a time to come, which a guesser could wait for.
func TestOldCodesAreTold(t *testing.T) {
	for _, c := range []struct {
		off  time.Duration
		want answer
	}{
		{-time.Minute, answer{app.Unauthenticated, "code.old", []any{time.Minute, 4}, 0}},
		{-2 * time.Minute, answer{app.Unauthenticated, "code.old", []any{2 * time.Minute, 4}, 0}},
		{-10 * time.Minute, answer{app.Unauthenticated, "code.old", []any{10 * time.Minute, 4}, 0}},
		{-10*time.Minute - otp.Period, answer{app.Unauthenticated, "code.wrong", []any{4}, 0}},
	} {
		a := bound()
		_, err := otp.Verify(a, code(t, otp.Step(start.Add(c.off))), start)
		expect(t, c.off.String(), err, c.want)
		if a.Failures != 1 || len(a.Recent) != 1 || a.LastStep != 0 {
			t.Errorf("%v does not count as a wrong code: %+v", c.off, a.Failures)
		}
	}
	for ahead := int64(2); ahead <= 2*1800; ahead++ { // thirty hours
		_, err := otp.Verify(bound(), code(t, otp.Step(start)+ahead), start)
		if got := answerOf(t, err); got.Key != "code.wrong" && got.Key != "" && got.Key != "code.old" {
			t.Fatalf("%d steps ahead: %v", ahead, got)
		} else if got.Key != "code.wrong" && !alike(t, otp.Step(start)+ahead) {
			t.Errorf("%d steps ahead the answer tells more than that it is wrong: %v", ahead, got)
		}
	}
	a := bound()
	for range 4 {
		otp.Verify(a, code(t, otp.Step(start)-4), start) //nolint:errcheck // counted below
	}
	_, err := otp.Verify(a, code(t, otp.Step(start)-4), start)
	expect(t, "the fifth old one", err, answer{app.RateLimited, "code.wait", []any{time.Minute}, time.Minute})
}

// alike tells whether the code of a later step happens to be that of one which
// may be told of.
func alike(t *testing.T, later int64) bool {
	t.Helper()
	for step := otp.Step(start) - 20; step <= otp.Step(start)+1; step++ {
		if code(t, step) == code(t, later) {
			return true
		}
	}
	return false
}

func TestACodeIsGoodOnce(t *testing.T) {
	now := otp.Step(start)
	for _, c := range []struct {
		name        string
		first, then int64 // offsets of the steps
		good        bool
		wait        int // seconds
	}{
		{"the same again", 0, 0, false, 20},
		{"an earlier one", 0, -1, false, 20},
		{"the next one", 0, 1, true, 0},
		{"a fast phone's again", 1, 1, false, 50},
		{"a fast phone's, then the present one", 1, 0, false, 50},
		{"a slow phone's again", -1, -1, false, 20},
		{"a slow phone's, then the present one", -1, 0, true, 0},
	} {
		a := bound()
		if _, err := otp.Verify(a, code(t, now+c.first), start); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		_, err := otp.Verify(a, code(t, now+c.then), start)
		if c.good {
			expect(t, c.name, err, answer{})
			continue
		}
		expect(t, c.name, err, answer{app.Unauthenticated, "code.used", []any{c.wait}, time.Duration(c.wait) * time.Second})
		if a.LastStep != now+c.first || a.Failures != 1 {
			t.Errorf("%s: last %+d, failures %d", c.name, a.LastStep-now, a.Failures)
		}
	}
}

func TestCodesAsPeopleTypeThem(t *testing.T) {
	right := code(t, otp.Step(start))
	for _, typed := range []string{right, right[:3] + " " + right[3:], " " + right + "\r\n", right[:2] + " " + right[2:4] + "\t" + right[4:]} {
		if _, err := otp.Verify(bound(), typed, start); err != nil {
			t.Errorf("%q: %v", typed, err)
		}
	}
	for _, typed := range []string{
		"", " ", right[:5], right + "0", "+" + right, right[:3] + "-" + right[3:], "12345a", "-12345", "1e5000",
		"１２３４５６", "١٢٣٤٥٦", right + "\x00", right[:3] + "\u00a0" + right[3:], "                              " + right,
	} {
		a := bound()
		_, err := otp.Verify(a, typed, start)
		expect(t, typed, err, answer{app.Invalid, "code.malformed", nil, 0})
		if diff := cmp.Diff(bound(), a); diff != "" {
			t.Errorf("%q counts: %s", typed, diff)
		}
	}
}

func TestNoPhone(t *testing.T) {
	for _, a := range []*app.Authenticator{nil, {}, {Portal: "p", User: "7"}} {
		_, err := otp.Verify(a, "123456", start)
		expect(t, "no phone", err, answer{app.Forbidden, "code.no-phone", nil, 0})
	}
	broken := &app.Authenticator{Secret: "1!"}
	_, err := otp.Verify(broken, "123456", start)
	if answerOf(t, err).Kind != app.Internal || broken.Failures != 0 {
		t.Errorf("a broken secret: %v, %d failures", err, broken.Failures)
	}
}

// TestThePlanOfWaits types wrong codes, each as soon as it is looked at.
func TestThePlanOfWaits(t *testing.T) {
	a, now := bound(), start
	minutes := []int{1, 2, 4, 8, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15}
	for left := 4; left >= 1; left-- {
		_, err := otp.Verify(a, wrongAt(t, now), now)
		expect(t, "free", err, answer{app.Unauthenticated, "code.wrong", []any{left}, 0})
	}
	for i, m := range minutes {
		_, err := otp.Verify(a, wrongAt(t, now), now)
		wait := time.Duration(m) * time.Minute
		expect(t, "counted", err, answer{app.RateLimited, "code.wait", []any{wait}, wait})
		almost := now.Add(wait - time.Second)
		_, err = otp.Verify(a, code(t, otp.Step(almost)), almost)
		expect(t, "a right code while waiting", err, answer{app.RateLimited, "code.wait", []any{time.Second}, time.Second})
		if a.Failures != 5+i || a.LastStep != 0 {
			t.Fatalf("an attempt while waiting was looked at: %d failures", a.Failures)
		}
		now = now.Add(wait)
	}
	_, err := otp.Verify(a, wrongAt(t, now), now)
	expect(t, "the twentieth", err, answer{app.Locked, "code.locked", nil, 0})
	now = now.Add(1000 * time.Hour)
	_, err = otp.Verify(a, code(t, otp.Step(now)), now)
	expect(t, "locked for good", err, answer{app.Locked, "code.locked", nil, 0})
	if !a.Locked || a.Failures != 20 {
		t.Errorf("locked %v, %d failures", a.Locked, a.Failures)
	}
}

func TestARightCodeEndsTheRow(t *testing.T) {
	a, now := bound(), start
	for range 4 {
		otp.Verify(a, wrongAt(t, now), now) //nolint:errcheck // counted below
	}
	if _, err := otp.Verify(a, code(t, otp.Step(now)), now); err != nil {
		t.Fatal(err)
	}
	if a.Failures != 0 || len(a.Recent) != 4 {
		t.Errorf("%d failures, %d recent", a.Failures, len(a.Recent))
	}
	_, err := otp.Verify(a, wrongAt(t, now), now)
	expect(t, "the row begins anew", err, answer{app.Unauthenticated, "code.wrong", []any{4}, 0})
}

// TestFiftyADay lets wrong codes in, four at a time with a right one after.
func TestFiftyADay(t *testing.T) {
	a, now := bound(), start
	for i := range 50 {
		if i%4 == 0 && i > 0 {
			if _, err := otp.Verify(a, code(t, otp.Step(now)), now); err != nil {
				t.Fatalf("after %d: %v", i, err)
			}
		}
		_, err := otp.Verify(a, wrongAt(t, now), now)
		if i < 49 && answerOf(t, err).Key != "code.wrong" {
			t.Fatalf("failure %d: %v", i+1, err)
		}
		if i == 49 {
			wait := start.Add(24 * time.Hour).Sub(now)
			expect(t, "the fiftieth", err, answer{app.RateLimited, "code.wait", []any{wait}, wait})
		}
		now = now.Add(time.Minute)
	}
	_, err := otp.Verify(a, code(t, otp.Step(now)), now)
	if answerOf(t, err).Key != "code.wait" || len(a.Recent) != 50 {
		t.Errorf("a right code after fifty wrong ones: %v, %d recent", err, len(a.Recent))
	}
	now = start.Add(24 * time.Hour)
	if _, err := otp.Verify(a, code(t, otp.Step(now)), now); err != nil {
		t.Errorf("a day later: %v", err)
	}
	if len(a.Recent) != 49 || a.Locked {
		t.Errorf("a day later: %d recent, locked %v", len(a.Recent), a.Locked)
	}
}

func TestUsedCodesCount(t *testing.T) {
	a, now := bound(), start
	for range 5 {
		otp.Verify(a, code(t, otp.Step(now)), now) //nolint:errcheck // one right, four used
	}
	_, err := otp.Verify(a, code(t, otp.Step(now)), now)
	expect(t, "the fifth used one", err, answer{app.RateLimited, "code.wait", []any{time.Minute}, time.Minute})
}

func TestAClockSetBackAcceptsNothingTwice(t *testing.T) {
	a := bound()
	if _, err := otp.Verify(a, code(t, otp.Step(start)), start); err != nil {
		t.Fatal(err)
	}
	back := start.Add(-10 * time.Minute)
	_, err := otp.Verify(a, code(t, otp.Step(back)), back)
	if answerOf(t, err).Key != "code.used" {
		t.Errorf("a code of before: %v", err)
	}
}

// FuzzVerify promises that only the digits of one of three codes are taken.
func FuzzVerify(f *testing.F) {
	f.Add("123 456")
	f.Add("755224")
	f.Fuzz(func(t *testing.T, typed string) {
		a := bound()
		step, err := otp.Verify(a, typed, start)
		if err != nil {
			answerOf(t, err)
			return
		}
		digits := ""
		for _, r := range typed {
			if r >= '0' && r <= '9' {
				digits += string(r)
			}
		}
		if digits != code(t, step) {
			t.Errorf("%q is taken for %s", typed, code(t, step))
		}
	})
}
