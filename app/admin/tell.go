package admin

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"signservice/app"
	"signservice/app/i18n"
)

// Notices reach people through their portal. Its method may be called from
// several goroutines.
type Notices interface {
	// Remind shows a notice to the user to, by the grant of the user as. A later
	// one with the same tag takes its place.
	Remind(ctx context.Context, portal app.PortalID, as, to app.UserID, text, tag string) error
}

// Recheck asks the portal who a user is now; portal.Recheck is one.
type Recheck func(ctx context.Context, portal app.PortalID, user app.UserID) (app.Visit, error)

const (
	// noticeLife is how long a notice may take: the act that it tells of is done,
	// and somebody waits.
	noticeLife = 5 * time.Second
	// noticesAtOnce is how many people are told at the same time.
	noticesAtOnce = 8
	// longestNotices is how long it may take to tell however many.
	longestNotices = time.Minute
)

// notice is what people are told, in words to come.
type notice struct {
	// by is whose grant is tried first.
	by   app.UserID
	key  string
	args []any
	// tag makes a later notice take the place of this one; "" makes none.
	tag string
}

// addressed is a notice to one person.
type addressed struct {
	notice
	to app.UserID
}

// tell shows a notice to people, and gives how many it reached.
func (s *Service) tell(ctx context.Context, portal app.PortalID, to []app.UserID, n notice) int {
	var all []addressed
	for _, user := range distinct(to...) {
		all = append(all, addressed{n, user})
	}
	return s.tellAll(ctx, portal, all)
}

// tellAll shows notices, each in its person's language, and gives how many
// arrived. What does not is in the log.
func (s *Service) tellAll(ctx context.Context, portal app.PortalID, all []addressed) int {
	if s.config.Notices == nil || len(all) == 0 {
		return 0
	}
	ctx, cancel := unhurried(ctx, len(all))
	defer cancel()
	p, err := s.config.Store.Portal(ctx, portal)
	if err != nil {
		s.untold(ctx, all[0].key, err)
		return 0
	}
	reached := make([]bool, len(all))
	each(len(all), func(i int) {
		n := all[i]
		text := s.wordsFor(ctx, p, n.to).T(n.key, n.args...)
		err := s.remind(ctx, p, distinct(n.by, p.InstalledBy, n.to), n.to, text, n.tag)
		if err != nil {
			s.untold(ctx, n.key, err)
		}
		reached[i] = err == nil
	})
	return len(slices.DeleteFunc(reached, func(yes bool) bool { return !yes }))
}

// unhurried lets notices go on when whoever did the act has left, for as long as
// n of them may take.
func unhurried(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	turns := (n + noticesAtOnce - 1) / noticesAtOnce
	return context.WithTimeout(context.WithoutCancel(ctx), min(time.Duration(turns)*noticeLife, longestNotices))
}

// each does something for 0 to n-1, several at the same time.
func each(n int, do func(i int)) {
	places := make(chan struct{}, noticesAtOnce)
	var all sync.WaitGroup
	for i := range n {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			do(i)
		})
	}
	all.Wait()
}

// untold writes to the log that somebody was not told.
func (s *Service) untold(ctx context.Context, key string, err error) {
	s.config.Log.LogAttrs(ctx, slog.LevelWarn, "person was not told", slog.String("notice", key), slog.Any("error", err))
}

// remind shows a notice by the first of the grants that the portal takes: whoever
// never opened the app has none.
func (s *Service) remind(ctx context.Context, p app.Portal, grants []app.UserID, to app.UserID, text, tag string) error {
	var failed []error
	for _, as := range grants {
		err := s.config.Notices.Remind(ctx, p.ID, as, to, text, tag)
		if err == nil {
			return nil
		}
		failed = append(failed, err)
		if kind := app.KindOf(err); kind != app.Unauthenticated && kind != app.Forbidden {
			break // another's grant would change nothing
		}
	}
	return errors.Join(failed...)
}

// wordsFor speaks the language in which the user saw our pages last, else the
// portal's.
func (s *Service) wordsFor(ctx context.Context, p app.Portal, user app.UserID) *i18n.Printer {
	seen, err := s.config.Store.Visitor(ctx, p.ID, user)
	if err != nil {
		seen.Language = ""
	}
	return i18n.For(cmp.Or(seen.Language, p.Language))
}

// Seen remembers a visitor whom the portal has just identified: whether it is an
// administrator, and which language they read. Portals tell neither of people
// who are not there.
func (s *Service) Seen(ctx context.Context, v app.Visit) error {
	before, err := s.config.Store.Visitor(ctx, v.Portal, v.User)
	if err != nil && !errors.Is(err, app.NotFound) {
		return app.Wrap("remember visitor", err)
	}
	language := cmp.Or(v.Language, before.Language)
	if err == nil && before.Admin == v.Admin && before.Language == language {
		return nil
	}
	return app.Wrap("remember visitor", s.config.Store.SaveVisitor(ctx, app.Visitor{
		Portal: v.Portal, User: v.User, Admin: v.Admin, Language: language, SeenAt: s.config.Now().UTC(),
	}))
}

// administrators are those who have opened a page of ours as administrators and
// still are; whoever installed the app where there is none of them.
func (s *Service) administrators(ctx context.Context, portal app.PortalID) []app.UserID {
	p, err := s.config.Store.Portal(ctx, portal)
	if err != nil {
		s.untold(ctx, "", err)
		return nil
	}
	visitors, err := s.config.Store.Visitors(ctx, portal)
	if err != nil {
		s.untold(ctx, "", err)
	}
	known := []app.UserID{p.InstalledBy}
	for _, v := range visitors {
		if v.Admin {
			known = append(known, v.User)
		}
	}
	known = distinct(known...)
	ctx, cancel := unhurried(ctx, len(known))
	defer cancel()
	still := make([]app.UserID, len(known))
	each(len(known), func(i int) {
		if s.stillAdmin(ctx, portal, known[i]) {
			still[i] = known[i]
		}
	})
	if still = distinct(still...); len(still) > 0 {
		return still
	}
	return distinct(p.InstalledBy)
}

// stillAdmin asks the portal whether a user is an administrator now, and forgets
// one who is not. One whose grant has run out is believed to be: the portal shows
// notices to nobody who has left.
func (s *Service) stillAdmin(ctx context.Context, portal app.PortalID, user app.UserID) bool {
	if s.config.Recheck == nil {
		return true
	}
	v, err := s.config.Recheck(ctx, portal, user)
	switch {
	case err != nil:
		return !errors.Is(err, app.Forbidden) || keyOf(err) == "portal.scope"
	case v.Admin:
		return true
	}
	if err := s.Seen(ctx, v); err != nil {
		s.untold(ctx, "", err)
	}
	return false
}

// distinct leaves out the empty and the repeated.
func distinct(users ...app.UserID) []app.UserID {
	var list []app.UserID
	for _, u := range users {
		if u != "" && !slices.Contains(list, u) {
			list = append(list, u)
		}
	}
	return list
}

// others leaves out some.
func others(users []app.UserID, out ...app.UserID) []app.UserID {
	return slices.DeleteFunc(distinct(users...), func(u app.UserID) bool { return slices.Contains(out, u) })
}
