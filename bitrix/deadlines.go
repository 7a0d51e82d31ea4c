package bitrix

import (
	"context"
	"fmt"
	"time"
)

// deadlines end a download that takes too long as a whole, or in which nothing
// arrives for a while.
type deadlines struct {
	ctx     context.Context // of this one download
	end     func()
	watch   *time.Timer
	silence time.Duration
}

func newDeadlines(ctx context.Context, silence time.Duration) *deadlines {
	ctx, cancelWhole := context.WithTimeoutCause(ctx, downloadTime, fmt.Errorf("download has taken more than %s", downloadTime))
	ctx, cancel := context.WithCancelCause(ctx)
	watch := time.AfterFunc(silence, func() { cancel(fmt.Errorf("nothing has arrived in %s", silence)) })
	return &deadlines{ctx: ctx, watch: watch, silence: silence, end: func() {
		watch.Stop()
		cancel(nil)
		cancelWhole()
	}}
}

// arrived starts the next while.
func (d *deadlines) arrived() { d.watch.Reset(d.silence) }
