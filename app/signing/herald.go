package signing

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"signservice/app"
	"signservice/app/i18n"
)

// Wake tells the herald that there is something to tell. It does not block.
func (s *Invitations) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// lookEvery is how often the store is looked at for what another process left,
// or what has to be told again.
const lookEvery = 15 * time.Second

// Run tells portals of Invitations until ctx ends; what it leaves undone the
// next one finds.
func (s *Invitations) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := s.TellAll(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "tell invitations", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// TellAll tells portals of every Invitation whose time has come, once each. An
// error of one does not keep the others from being told.
func (s *Invitations) TellAll(ctx context.Context) error {
	all, err := s.Store.Untold(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, i := range all {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if i.RetryAt.After(s.Now()) {
			continue
		}
		failures = append(failures, s.told(ctx, i, s.tell(ctx, &i)))
	}
	return errors.Join(failures...)
}

// tell tells a portal of the Invitation's state.
func (s *Invitations) tell(ctx context.Context, i *app.Invitation) error {
	if i.Open() && i.Document.FileID == "" {
		found, err := s.resolve(ctx, *i)
		if err != nil {
			return err
		}
		*i = found
	}
	a := announcement(*i)
	if !i.Open() {
		return s.Herald.Conclude(ctx, *i, a)
	}
	activity, err := s.Herald.Announce(ctx, *i, a)
	if activity != "" {
		i.Activity = activity
	}
	return err
}

// tellLimit is how often a portal is tried to be told: with the waits of
// backOff, more than two hours.
const tellLimit = 30

// told stores what has become of telling. A failure that may pass is tried
// again; any other is given up, since the Invitation itself stands.
func (s *Invitations) told(ctx context.Context, i app.Invitation, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var failure *app.Error
	known := errors.As(cause, &failure)
	again := cause != nil && i.Attempts+1 < tellLimit && (!known || passing(failure.Kind) || failure.Kind == app.Internal)
	if cause != nil {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "portal not told of invitation", slog.String("invitation", string(i.ID)),
			slog.String("state", string(i.State)), slog.Bool("again", again), slog.Any("error", cause))
	}
	_, err := s.Store.UpdateInvitation(ctx, i.Portal, i.ID, func(now *app.Invitation, at time.Time) ([]app.AuditEntry, error) {
		now.Activity = i.Activity
		if again {
			wait := backOff(i.Attempts + 1)
			if known {
				wait = max(wait, failure.After)
			}
			now.Attempts, now.RetryAt = i.Attempts+1, at.Add(wait)
			return nil, nil
		}
		now.Told, now.Attempts, now.RetryAt = i.State, 0, time.Time{}
		return nil, nil
	})
	return app.Wrap("store what the portal was told", err)
}

// announcement is what a portal shows of the Invitation, in the language of
// who has invited.
func announcement(i app.Invitation) app.Announcement {
	words := i18n.For(i.Language)
	a := app.Announcement{
		Title: words.T("invitation.activity"), Tone: tones(i.State), Status: words.T("invitation.state-" + string(i.State)),
		Facts: []app.Fact{{Label: words.T("invitation.file"), Text: i.Document.Name}, {Label: words.T("invitation.to"), Text: i.ToName}},
	}
	add := func(key, text string) {
		if text != "" {
			a.Facts = append(a.Facts, app.Fact{Label: words.T(key), Text: text})
		}
	}
	add("invitation.from", i.FromName)
	add("invitation.note", i.Note)
	add("invitation.why", i.Reason)
	switch i.State {
	case app.InvitationOpen:
		a.Button = words.T("invitation.button")
		a.Notice, a.NoticeTo = words.T("invitation.notice", i.FromName, i.Document.Name), i.To
	case app.InvitationSigned:
		a.Notice, a.NoticeTo = words.T("invitation.notice-signed", i.ToName, i.Document.Name), i.From
	case app.InvitationDeclined:
		a.Notice, a.NoticeTo = words.T("invitation.notice-declined", i.ToName, i.Document.Name, i.Reason), i.From
	case app.InvitationWithdrawn:
		a.Notice, a.NoticeTo = words.T("invitation.notice-withdrawn", i.FromName, i.Document.Name), i.To
	}
	if i.Robot.EventToken == "" {
		return a
	}
	if a.NoticeTo == i.From {
		a.Notice = "" // the workflow is told
	}
	a.Log = a.Status + ": " + i.Document.Name
	a.Result = map[string]string{"status": string(i.State), "signedAt": ""}
	if i.Robot.Failure != "" {
		a.Result["status"] = i.Robot.Failure
	}
	if i.State == app.InvitationSigned {
		a.Result["signedAt"] = i.EndedAt.Format(time.RFC3339)
	}
	return a
}

// tones are the colours of badges in the portal's timeline.
func tones(state app.InvitationState) string {
	switch state {
	case app.InvitationOpen:
		return "warning"
	case app.InvitationSigned:
		return "success"
	case app.InvitationDeclined:
		return "failure"
	}
	return "secondary"
}
