package otp_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/otp"
)

var (
	admin = app.Visit{Portal: "p", User: "1", Admin: true}
	mary  = app.Visit{Portal: "p", User: "7", Name: "Mary"}
	peter = app.Visit{Portal: "p", User: "8", Name: "Peter"}
	alien = app.Visit{Portal: "q", User: "7", Name: "Mary elsewhere"}
)

func world(t *testing.T) (*otp.Enrolments, *memory) {
	t.Helper()
	m := &memory{
		now:            start,
		portal:         app.Portal{ID: "p", Domain: "acme.bitrix24.com"},
		accounts:       map[app.UserID]app.Account{"7": {Portal: "p", User: "7", Name: "Mary", Login: "mary"}},
		enrolments:     map[string]app.Enrolment{},
		authenticators: map[app.UserID]app.Authenticator{},
	}
	return &otp.Enrolments{Store: m, Now: func() time.Time { return m.now }}, m
}

func create(t *testing.T, s *otp.Enrolments, m *memory) (string, app.Enrolment) {
	t.Helper()
	token, e, err := s.Create(t.Context(), admin, m.accounts["7"])
	if err != nil {
		t.Fatal(err)
	}
	return token.Reveal(), e
}

func show(t *testing.T, s *otp.Enrolments, link string) otp.Shown {
	t.Helper()
	shown, err := s.Show(t.Context(), link, mary)
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

func codeOf(t *testing.T, secret app.Secret, at time.Time) string {
	t.Helper()
	c, err := otp.Code(secret, otp.Step(at))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wrongFor gives a code that a secret does not have within a day.
func wrongFor(t *testing.T, secret app.Secret, at time.Time) string {
	t.Helper()
	near := map[string]bool{}
	for d := -24 * time.Hour; d <= 24*time.Hour; d += otp.Period {
		near[codeOf(t, secret, at.Add(d))] = true
	}
	for i := range 1000 {
		if c := fmt.Sprintf("%06d", i); !near[c] {
			return c
		}
	}
	t.Fatal("no wrong code")
	return ""
}

func TestAPhoneIsBound(t *testing.T) {
	s, m := world(t)
	m.authenticators["7"] = app.Authenticator{Portal: "p", User: "7", Secret: rfcSecret, Locked: true, Failures: 20}
	link, made := create(t, s, m)
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`).MatchString(link) || made.ID != otp.ID(link) || strings.Contains(made.ID, link) {
		t.Errorf("token %q, id %q", link, made.ID)
	}
	for _, way := range []string{link, made.ID} {
		e, err := s.Look(t.Context(), way, mary)
		if err != nil || e.User != "7" || !e.Open(m.now) || e.ExpiresAt.Sub(m.now) != time.Hour {
			t.Errorf("look: %+v, %v", e, err)
		}
	}
	shown := show(t, s, link)
	want := otp.Shown{
		Secret: shown.Secret, URI: otp.URI("Sign acme.bitrix24.com", "mary", shown.Secret),
		Issuer: "Sign acme.bitrix24.com", Label: "mary", ExpiresAt: made.ExpiresAt,
	}
	if diff := cmp.Diff(want, shown); diff != "" || len(shown.Secret) != 32 {
		t.Errorf("shown: %s", diff)
	}
	if again := show(t, s, made.ID); again.Secret != shown.Secret || !again.Again {
		t.Errorf("shown again, the secret is another or passes for new: %v", again.Again)
	}
	if m.authenticators["7"].Secret != rfcSecret {
		t.Error("the old phone stopped working before the new one was confirmed")
	}
	c := codeOf(t, shown.Secret, m.now)
	if err := s.Confirm(t.Context(), made.ID, mary, c[:3]+" "+c[3:]); err != nil {
		t.Fatal(err)
	}
	a := m.authenticators["7"]
	fresh := app.Authenticator{Portal: "p", User: "7", Secret: shown.Secret, LastStep: otp.Step(m.now), EnrolledAt: m.now}
	if diff := cmp.Diff(fresh, a); diff != "" || a.Secret != shown.Secret {
		t.Errorf("bound: %s", diff)
	}
	_, err := otp.Verify(&a, c, m.now)
	if answerOf(t, err).Key != "code.used" {
		t.Errorf("the confirming code signs: %v", err)
	}
	if e := m.enrolments[made.ID]; e.State != app.EnrolmentUsed || e.Pending != "" || !e.UsedAt.Equal(m.now) {
		t.Errorf("left in the link: %+v", e)
	}
	acts := []app.Action{app.ActEnrolmentCreated, app.ActEnrolmentShown, app.ActEnrolmentShown, app.ActEnrolmentDone}
	if diff := cmp.Diff(acts, m.actions()); diff != "" {
		t.Errorf("audit: %s", diff)
	}
	expect(t, "works once", s.Confirm(t.Context(), link, mary, c), answer{app.Conflict, "link.used", nil, 0})
	_, err = s.Show(t.Context(), link, mary)
	expect(t, "shows once used", err, answer{app.Conflict, "link.used", nil, 0})
}

// TestBound: who wants to hear of a phone that was bound hears of it once, and of
// a wrong code nothing; while the clock is wrong no code is looked at.
func TestBound(t *testing.T) {
	s, m := world(t)
	var heard []app.Enrolment
	s.Bound = func(_ context.Context, e app.Enrolment) { heard = append(heard, e) }
	link, made := create(t, s, m)
	shown := show(t, s, link)
	right, err := otp.Code(shown.Secret, otp.Step(m.now))
	if err != nil {
		t.Fatal(err)
	}
	off := app.Fail(app.Unavailable, "check clock", "clock.off", time.Minute)
	s.Clock = func() error { return off }
	expect(t, "by a wrong clock", s.Confirm(t.Context(), link, mary, right), answer{app.Unavailable, "clock.off", []any{time.Minute}, 0})
	if e := m.enrolments[made.ID]; e.State != app.EnrolmentOpen || e.Failures != 0 {
		t.Errorf("a code that was not looked at counts: %+v", e)
	}
	s.Clock = func() error { return nil }
	if err := s.Confirm(t.Context(), link, mary, "000000"); err == nil || len(heard) != 0 {
		t.Errorf("a wrong code: %v, heard %+v", err, heard)
	}
	if err := s.Confirm(t.Context(), link, mary, right); err != nil {
		t.Fatal(err)
	}
	if len(heard) != 1 || heard[0].User != "7" || heard[0].State != app.EnrolmentUsed || heard[0].Pending != "" {
		t.Errorf("heard %+v", heard)
	}
}

// TestByOperator: a link by the operator's word is nobody's else in the audit log.
func TestByOperator(t *testing.T) {
	s, m := world(t)
	token, e, err := s.CreateByOperator(t.Context(), m.accounts["7"])
	if err != nil || e.ID != otp.ID(token.Reveal()) || e.CreatedBy != "" {
		t.Fatalf("%+v, %v", e, err)
	}
	last := m.entries[len(m.entries)-1]
	if last.Action != app.ActEnrolmentCreated || last.User != "" || last.Subject != "7" || last.Detail != "enrolment.operator" {
		t.Errorf("audit: %+v", last)
	}
	show(t, s, token.Reveal()) // it works as any other
}

// TestLooking promises that nothing changes and no secret is told by it.
func TestLooking(t *testing.T) {
	s, m := world(t)
	link, made := create(t, s, m)
	show(t, s, link)
	before, count := m.enrolments[made.ID], len(m.entries)
	found, err := s.Find(t.Context(), link)
	if err != nil || found.Pending != "" || found.Portal != "p" {
		t.Errorf("find: %v, pending %q", err, found.Pending.Reveal())
	}
	_, err = s.Find(t.Context(), made.ID) // it lies in the store, and in pages of administrators
	expect(t, "find by the stored id", err, answer{app.NotFound, "link.unknown", nil, 0})
	if byID, err := s.FindID(t.Context(), made.ID); err != nil || byID.User != made.User || byID.Pending != "" {
		t.Errorf("find by what was sealed: %+v, %v", byID, err)
	}
	looked, err := s.Look(t.Context(), link, mary)
	if err != nil || looked.Pending != "" {
		t.Errorf("look: %v, pending %q", err, looked.Pending.Reveal())
	}
	if m.enrolments[made.ID] != before || len(m.entries) != count {
		t.Error("looking changes something")
	}
}

func TestWhoMayUseALink(t *testing.T) {
	s, m := world(t)
	link, made := create(t, s, m)
	secret := show(t, s, link).Secret
	other := answer{app.Forbidden, "link.other", nil, 0}
	for _, v := range []app.Visit{peter, alien, admin, {}} {
		_, err := s.Look(t.Context(), link, v)
		expect(t, "look", err, other)
		_, err = s.Show(t.Context(), made.ID, v)
		expect(t, "show", err, other)
		expect(t, "confirm", s.Confirm(t.Context(), link, v, codeOf(t, secret, m.now)), other)
	}
	if e := m.enrolments[made.ID]; e.State != app.EnrolmentOpen || e.Failures != 0 || len(m.authenticators) != 0 {
		t.Errorf("others changed the link: %+v", e)
	}
}

func TestLinksThatDoNotWork(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*testing.T, *otp.Enrolments, *memory, app.Enrolment)
		key   string
	}{
		{"expired", func(_ *testing.T, _ *otp.Enrolments, m *memory, _ app.Enrolment) { m.now = m.now.Add(time.Hour) }, "link.expired"},
		{"withdrawn", func(t *testing.T, s *otp.Enrolments, _ *memory, e app.Enrolment) {
			for range 2 { // the second changes nothing
				if err := s.Withdraw(t.Context(), admin, e.ID); err != nil {
					t.Fatal(err)
				}
			}
		}, "link.withdrawn"},
		{"replaced", func(t *testing.T, s *otp.Enrolments, m *memory, _ app.Enrolment) { create(t, s, m) }, "link.withdrawn"},
	} {
		s, m := world(t)
		link, made := create(t, s, m)
		secret := show(t, s, link).Secret
		c.spoil(t, s, m, made)
		_, err := s.Show(t.Context(), link, mary)
		expect(t, c.name+": show", err, answer{app.Conflict, c.key, nil, 0})
		expect(t, c.name+": confirm", s.Confirm(t.Context(), link, mary, codeOf(t, secret, m.now)), answer{app.Conflict, c.key, nil, 0})
		if _, err := s.Look(t.Context(), link, mary); err != nil {
			t.Errorf("%s: the page cannot say why: %v", c.name, err)
		}
		if len(m.authenticators) != 0 {
			t.Errorf("%s: a phone was bound", c.name)
		}
	}
	s, m := world(t)
	_, made := create(t, s, m)
	for _, link := range []string{"", "x", made.ID[:63], strings.ToUpper(made.ID), strings.Repeat("0", 64)} {
		_, err := s.Find(t.Context(), link)
		expect(t, "unknown link "+link, err, answer{app.NotFound, "link.unknown", nil, 0})
		_, err = s.Show(t.Context(), link, mary)
		expect(t, "unknown link "+link, err, answer{app.NotFound, "link.unknown", nil, 0})
		expect(t, "unknown link "+link, s.Confirm(t.Context(), link, mary, "123456"), answer{app.NotFound, "link.unknown", nil, 0})
	}
	expect(t, "nothing shown yet", s.Confirm(t.Context(), made.ID, mary, "123456"), answer{app.Conflict, "link.again", nil, 0})
}

func TestAdministratorsMakeLinks(t *testing.T) {
	s, m := world(t)
	foreign := app.Visit{Portal: "q", User: "1", Admin: true}
	for _, v := range []app.Visit{mary, foreign, {}} {
		_, _, err := s.Create(t.Context(), v, m.accounts["7"])
		expect(t, "create", err, answer{app.Forbidden, "settings.administrators-only", nil, 0})
	}
	for _, v := range []app.Visit{foreign, {Portal: mary.Portal, User: "8"}, {Portal: "q", User: mary.User}, {Portal: mary.Portal}, {}} {
		_, _, err := s.CreateOwn(t.Context(), v, m.accounts["7"])
		expect(t, "create another person's own", err, answer{app.Forbidden, "link.other", nil, 0})
	}
	if _, e, err := s.CreateOwn(t.Context(), mary, m.accounts["7"]); err != nil || e.CreatedBy != mary.User || e.User != mary.User {
		t.Errorf("create one's own: %+v, %v", e, err)
	}
	_, made := create(t, s, m)
	expect(t, "withdraw by another portal", s.Withdraw(t.Context(), foreign, made.ID), answer{app.NotFound, "link.unknown", nil, 0})
	expect(t, "withdraw by the owner", s.Withdraw(t.Context(), mary, made.ID), answer{app.Forbidden, "settings.administrators-only", nil, 0})
	if m.enrolments[made.ID].State != app.EnrolmentOpen {
		t.Error("the link was withdrawn")
	}
}

func TestWrongConfirmingCodesEndTheLink(t *testing.T) {
	s, m := world(t)
	link, made := create(t, s, m)
	secret := show(t, s, link).Secret
	wrong := wrongFor(t, secret, m.now)
	expect(t, "malformed", s.Confirm(t.Context(), link, mary, "12345"), answer{app.Invalid, "code.malformed", nil, 0})
	for left := 9; left >= 1; left-- {
		expect(t, "wrong", s.Confirm(t.Context(), link, mary, wrong), answer{app.Unauthenticated, "code.wrong", []any{left}, 0})
	}
	expect(t, "last", s.Confirm(t.Context(), link, mary, wrong), answer{app.Locked, "enrolment.failed", nil, 0})
	expect(t, "after", s.Confirm(t.Context(), link, mary, codeOf(t, secret, m.now)), answer{app.Conflict, "link.withdrawn", nil, 0})
	if e := m.enrolments[made.ID]; e.Pending != "" || e.Failures != 10 || len(m.authenticators) != 0 {
		t.Errorf("left: %+v", e)
	}
	var details []string
	for _, e := range m.entries {
		if e.Action == app.ActEnrolmentFailed && !slices.Contains(details, e.Detail) {
			details = append(details, e.Detail)
		}
	}
	if diff := cmp.Diff([]string{"enrolment.refused-code", "enrolment.failed"}, details); diff != "" {
		t.Errorf("what the audit log tells: %s", diff)
	}
	failed := slices.DeleteFunc(m.actions(), func(a app.Action) bool { return a != app.ActEnrolmentFailed })
	if len(failed) != 10 {
		t.Errorf("%d failures in the audit log", len(failed))
	}
}

// TestAPhoneWithAWrongClockIsTold types codes of other times: near ones, and
// those of a wrong time zone.
func TestAPhoneWithAWrongClockIsTold(t *testing.T) {
	slow := func(by time.Duration) answer {
		return answer{app.Unauthenticated, "enrolment.clock-slow", []any{by, 9}, 0}
	}
	fast := func(by time.Duration) answer {
		return answer{app.Unauthenticated, "enrolment.clock-fast", []any{by, 9}, 0}
	}
	wrong := answer{app.Unauthenticated, "code.wrong", []any{9}, 0}
	for _, c := range []struct {
		off  time.Duration
		want answer
	}{
		{0, answer{}},
		{otp.Period, answer{}},
		{-otp.Period, answer{}},
		{2 * otp.Period, fast(time.Minute)},
		{-3 * otp.Period, slow(90 * time.Second)},
		{-5 * time.Minute, slow(5 * time.Minute)},
		{time.Hour, fast(time.Hour)},
		{-62 * time.Minute, slow(62 * time.Minute)},
		{-63 * time.Minute, wrong},
		{90 * time.Minute, wrong},
		{-2 * time.Hour, slow(2 * time.Hour)},
		{3*time.Hour + time.Minute, fast(3 * time.Hour)},
		{3*time.Hour - time.Minute, fast(3 * time.Hour)},
		{3*time.Hour + 90*time.Second, wrong},
		{-14 * time.Hour, slow(14 * time.Hour)},
		{14 * time.Hour, fast(14 * time.Hour)},
		{15 * time.Hour, wrong},
		{-24 * time.Hour, wrong},
	} {
		s, m := world(t)
		s.Random = strings.NewReader(strings.Repeat("known randomness ", 20))
		link, _ := create(t, s, m)
		secret := show(t, s, link).Secret
		err := s.Confirm(t.Context(), link, mary, codeOf(t, secret, m.now.Add(c.off)))
		expect(t, c.off.String(), err, c.want)
		if bound := len(m.authenticators) == 1; bound != (err == nil) {
			t.Errorf("%v: bound %v", c.off, bound)
		}
	}
}

// TestFalseHints counts how many codes are taken for those of a wrong clock
// among three thousand spread over all there are: about one, as the comment on
// the search promises.
func TestFalseHints(t *testing.T) {
	s, m := world(t)
	s.Random = strings.NewReader(strings.Repeat("known randomness ", 20))
	link, made := create(t, s, m)
	show(t, s, link)
	fresh, hints := m.enrolments[made.ID], 0
	for i := range 3000 {
		m.enrolments[made.ID] = fresh
		err := s.Confirm(t.Context(), link, mary, fmt.Sprintf("%06d", i*333))
		if strings.HasPrefix(answerOf(t, err).Key, "enrolment.clock-") {
			hints++
		}
		m.entries = nil
	}
	if hints > 4 {
		t.Errorf("%d of 3000 codes get a hint", hints)
	}
}

func TestNamesForThePhone(t *testing.T) {
	for _, c := range []struct{ login, name, want string }{
		{"mary", "Mary", "mary"}, {"", "Мария Петрова", "Мария Петрова"}, {"\u200b", "", "7"}, {" a:b ", "", "a-b"},
	} {
		s, m := world(t)
		m.accounts["7"] = app.Account{Portal: "p", User: "7", Login: c.login, Name: c.name}
		link, _ := create(t, s, m)
		if got := show(t, s, link).Label; got != c.want {
			t.Errorf("%q %q: %q, want %q", c.login, c.name, got, c.want)
		}
	}
	s, m := world(t)
	link, _ := create(t, s, m)
	delete(m.accounts, "7")
	_, err := s.Show(t.Context(), link, mary)
	expect(t, "account deleted meanwhile", err, answer{app.NotFound, "account.none", nil, 0})
}

// TestOneOfManyConfirms types the right code many times at once.
func TestOneOfManyConfirms(t *testing.T) {
	s, m := world(t)
	link, _ := create(t, s, m)
	c := codeOf(t, show(t, s, link).Secret, m.now)
	var group sync.WaitGroup
	errs := make([]error, 50)
	for i := range errs {
		group.Go(func() { errs[i] = s.Confirm(t.Context(), link, mary, c) })
	}
	group.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		}
	}
	if good != 1 {
		t.Errorf("%d of 50 were right", good)
	}
}

func TestNoRandomness(t *testing.T) {
	s, m := world(t)
	s.Random = strings.NewReader("short")
	if _, _, err := s.Create(t.Context(), admin, m.accounts["7"]); answerOf(t, err).Kind != app.Internal || len(m.enrolments) != 0 {
		t.Errorf("a link without randomness: %v", err)
	}
}
