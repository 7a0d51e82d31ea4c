package signing

import (
	"context"
	"iter"
	"sync"

	"signservice/app"
)

// freezers is how many documents of one call are fetched at the same time.
const freezers = 4

// Frozen is what became of one of several documents.
type Frozen struct {
	// Index is its place among those asked for.
	Index   int
	Request app.Request
	// Err is why it is not frozen, as Freeze tells it; nil where it is.
	Err error
}

// FreezeAll freezes several documents, a few at a time, and gives each as soon as
// it is known what became of it. Who stops reading stops the others; what is
// frozen by then expires like any other.
func (s *Service) FreezeAll(ctx context.Context, v app.Visit, refs []DocumentRef) iter.Seq[Frozen] {
	return func(yield func(Frozen) bool) {
		ctx, stop := context.WithCancel(ctx)
		found := make(chan Frozen)
		work := make(chan int)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer stop()
		defer close(work)
		for range min(freezers, len(refs)) {
			workers.Go(func() {
				for i := range work {
					r, err := s.Freeze(ctx, v, refs[i])
					select {
					case found <- Frozen{Index: i, Request: r, Err: err}:
					case <-ctx.Done():
						return
					}
				}
			})
		}
		next := 0
		for told := 0; told < len(refs) && ctx.Err() == nil; {
			offer := work
			if next == len(refs) {
				offer = nil // nothing is left to begin
			}
			select {
			case offer <- next:
				next++
			case f := <-found:
				if told++; !yield(f) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}
