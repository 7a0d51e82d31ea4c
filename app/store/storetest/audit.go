package storetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/store"
)

func testAudit(t *testing.T, w *world) {
	ctx := t.Context()
	for i := range 10 {
		p, user := acme, mary
		if i%3 == 1 {
			p = globex
		}
		if i%2 == 1 {
			user = admin
		}
		must(t, w.Audit(ctx, app.AuditEntry{Action: app.ActAssigned, Portal: p, User: user, Subject: fmt.Sprint(i)}))
	}
	must(t, w.Audit(ctx, app.AuditEntry{Action: app.ActRefusedVisit}, app.AuditEntry{Action: app.ActRefusedVisit, Portal: acme}))
	for _, test := range []struct {
		name string
		q    app.AuditQuery
		want string
	}{
		{"all", app.AuditQuery{}, "12 10 9 7 6 4 3 1"},
		{"the newest", app.AuditQuery{Limit: 3}, "12 10 9"},
		{"the next", app.AuditQuery{Limit: 3, Before: 9}, "7 6 4"},
		{"before one that is another portal's", app.AuditQuery{Limit: 2, Before: 8}, "7 6"},
		{"before the first", app.AuditQuery{Before: 1}, ""},
		{"a user's", app.AuditQuery{User: admin}, "10 6 4"},
		{"an action's", app.AuditQuery{Action: app.ActRefusedVisit}, "12"},
		{"whom it concerns", app.AuditQuery{User: "9"}, "10"},
		{"nobody's", app.AuditQuery{User: "99"}, ""},
		{"a topic's", app.AuditQuery{Topics: []string{"visit"}}, "12"},
		{"two topics' newest", app.AuditQuery{Topics: []string{"visit", "assignment"}, Limit: 2}, "12 10"},
		{"those of the future", app.AuditQuery{From: time.Now().AddDate(200, 0, 0)}, ""},
		{"those of long ago", app.AuditQuery{Until: time.Unix(0, 0)}, ""},
		{"a document's", app.AuditQuery{File: "no such"}, ""},
	} {
		entries, err := w.AuditEntries(ctx, acme, test.q)
		must(t, err)
		var got []string
		for _, e := range entries {
			got = append(got, fmt.Sprint(e.Seq))
			if e.Portal != acme || e.At.IsZero() || e.At.Location() != time.UTC || len(e.Hash) != 64 {
				t.Errorf("entry %+v", e)
			}
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s: %s, want %s", test.name, s, test.want)
		}
	}
	if count, bad, err := w.VerifyAudit(ctx); count != 12 || bad != 0 || err != nil {
		t.Errorf("verify: %d, %d, %v", count, bad, err)
	}
	_, err := w.UpdateRequest(ctx, acme, "none", nil)
	wantKind(t, err, app.NotFound, "")
	if count, _, _ := w.VerifyAudit(ctx); count != 12 {
		t.Errorf("an operation that failed left an entry")
	}
}

// testTampering changes the log in every way there is, one at a time.
func testTampering(t *testing.T, w *world) {
	const entries, trials = 20, 600
	var head string // an older end of the log
	for i := range entries {
		must(t, w.Audit(t.Context(), app.AuditEntry{Action: app.ActAssigned, Portal: []app.PortalID{acme, globex, ""}[i%3], Subject: fmt.Sprint(i)}))
		if i == entries/2 {
			head = w.rows(t)["system/_system/audit/main"]
		}
	}
	before := w.rows(t)
	var log []string
	for name := range before {
		if strings.HasPrefix(name, "audit") || name == "system/_system/audit/main" {
			log = append(log, name)
		}
	}
	slices.Sort(log)
	random := rand.New(rand.NewPCG(7, 8))
	for range trials {
		after := maps.Clone(before)
		what := tamper(random, after, log, head)
		w.setRows(t, before, after)
		count, bad, err := w.VerifyAudit(t.Context())
		if err != nil || bad == 0 || bad > entries+1 || count >= bad {
			t.Errorf("%s: count %d, first bad %d, %v", what, count, bad, err)
		}
		w.setRows(t, after, before)
	}
	if count, bad, err := w.VerifyAudit(t.Context()); count != entries || bad != 0 || err != nil {
		t.Errorf("as it was: %d, %d, %v", count, bad, err)
	}
	w.cut(t, before, entries)
	w.rewind(t, before, head, entries/2+1)
}

// tamper changes rows of the log and says how.
func tamper(random *rand.Rand, rows map[string]string, log []string, head string) string {
	pick := func() string { return log[random.IntN(len(log))] }
	one, two := pick(), pick()
	switch n := random.IntN(6); {
	case n == 0 && one != two:
		rows[one], rows[two] = rows[two], rows[one]
		return "swap " + one + " with " + two
	case n == 1:
		delete(rows, one)
		return "remove " + one
	case n == 2:
		rows["system/_system/audit/main"] = head
		return "put an older end back"
	case n == 3:
		name := "audit/_system/main/" + fmt.Sprintf("%020d", 21+random.IntN(3))
		rows[name] = rows["audit/_system/main/"+fmt.Sprintf("%020d", 20)]
		return "add " + name
	default:
		changed := []byte(rows[one])
		i := random.IntN(len(changed))
		changed[i] ^= byte(1 + random.IntN(255))
		rows[one] = string(changed)
		return fmt.Sprintf("change byte %d of %s", i, one)
	}
}

// setRows writes what differs between two states, past the store.
func (w *world) setRows(t *testing.T, from, to map[string]string) {
	t.Helper()
	update(t, w.backend, func(tx store.Tx) error {
		for name, value := range to {
			if bucket, key, _ := strings.Cut(name, "/"); from[name] != value {
				if err := tx.Put(bucket, key, []byte(value)); err != nil {
					return err
				}
			}
		}
		for name := range from {
			if _, stays := to[name]; !stays {
				bucket, key, _ := strings.Cut(name, "/")
				if err := tx.Delete(bucket, key); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// rewind has someone who kept an older end of the log, which is vouched for,
// take the log back to it: at once, with other entries following, and with one
// of the old ones back in its place.
func (w *world) rewind(t *testing.T, before map[string]string, head string, end int64) {
	t.Helper()
	verify := func(what string, wantCount, wantBad int64) {
		t.Helper()
		if count, bad, err := w.VerifyAudit(t.Context()); count != wantCount || bad != wantBad || err != nil {
			t.Errorf("%s: %d, %d, %v; want %d, %d", what, count, bad, err, wantCount, wantBad)
		}
	}
	state := maps.Clone(before)
	state["system/_system/audit/main"] = head
	w.setRows(t, before, state)
	verify("an older end", end, end+1)
	for name := range state {
		if strings.HasPrefix(name, "audit") && name[len(name)-20:] > fmt.Sprintf("%020d", end) {
			delete(state, name)
		}
	}
	w.setRows(t, before, state)
	for range 3 {
		must(t, w.Audit(t.Context(), app.AuditEntry{Action: app.ActUnassigned, Portal: acme}))
	}
	verify("the limit of what can be seen from within", end+3, 0)
	old := fmt.Sprintf("audit/_system/main/%020d", end+2)
	w.setRow(t, old, before[old])
	verify("an old entry among new ones", end+1, end+2)
}

// cut removes the newest entries with their rows in the indexes, and looks
// whether a start and a new entry notice.
func (w *world) cut(t *testing.T, before map[string]string, entries int) {
	t.Helper()
	for n := entries - 1; n >= 0; n -= 7 {
		after := maps.Clone(before)
		for name := range after {
			if strings.HasPrefix(name, "audit") && name[len(name)-20:] > fmt.Sprintf("%020d", n) {
				delete(after, name)
			}
		}
		w.setRows(t, before, after)
		count, bad, err := w.VerifyAudit(t.Context())
		if count != int64(n) || bad != int64(n)+1 || err != nil {
			t.Errorf("cut to %d: %d, %d, %v", n, count, bad, err)
		}
		_, err = store.New(t.Context(), w.backend, keeper(t, 1), store.Options{})
		wantKind(t, err, app.Internal, "audit.damaged")
		delete(after, "system/_system/audit/main")
		w.setRows(t, before, after)
		wantKind(t, w.Audit(t.Context(), app.AuditEntry{Action: app.ActAssigned}), app.Internal, "audit.damaged")
		w.setRows(t, after, before)
	}
}
