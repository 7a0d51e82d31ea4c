package admin

import (
	"context"
	"log/slog"
	"time"

	"signservice/app"
	"signservice/app/i18n"
)

// noticeLife is how long a notice may take: the act that it tells of is done,
// and the administrator waits.
const noticeLife = 5 * time.Second

// later is what is done when an act's locks are free again: deferred before they
// are taken.
type later []func()

func (l *later) add(f func()) { *l = append(*l, f) }

func (l *later) run() {
	for _, f := range *l {
		f()
	}
}

// concern tells a person what an administrator did that concerns them, in the
// portal's messenger. The journal has it in any case: where no notice can be
// shown, the act stands. Nobody is told of their own acts.
func (s *Service) concern(ctx context.Context, v app.Visit, to app.UserID, key string, args ...any) {
	if s.config.Notices == nil || to == "" || to == v.User {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noticeLife)
	defer cancel()
	p, err := s.config.Store.Portal(ctx, v.Portal)
	if err == nil {
		text := i18n.For(p.Language).T(key, append([]any{v.Name}, args...)...)
		err = s.config.Notices.Remind(ctx, v.Portal, v.User, to, text, "")
	}
	if err != nil {
		s.config.Log.LogAttrs(ctx, slog.LevelWarn, "person was not told", slog.String("notice", key), slog.Any("error", err))
	}
}
