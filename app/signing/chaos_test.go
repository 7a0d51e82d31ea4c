package signing_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/otp"
	"signservice/app/signing"
	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// chaosSize is how many documents are signed; CHAOS names another number, and
// CHAOS_SEED repeats a run.
const chaosSize = 50

func fromEnvironment(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// chaos is a company whose portal fails in every twentieth call, in three ways.
type chaos struct {
	*asking
	mu     sync.Mutex // guards what follows
	wanted map[app.RequestID]wanted
}

// wanted is where a signed document must be in the end.
type wanted struct {
	deal   int
	object int // on Drive, where it becomes a version
	source app.Source
}

// TestChaos signs many documents of all sources, five with each code, while the
// portal refuses 5 % of the calls with 503, loses 5 % of the answers and ends
// 5 % of the tokens, and sends 2 % of the events twice. In the end each is
// signed exactly once, told exactly once, or refused with its file as it was.
func TestChaos(t *testing.T) {
	seed := fromEnvironment(t, "CHAOS_SEED", 0)
	size := int(fromEnvironment(t, "CHAOS", chaosSize)) //nolint:gosec // a number of a test
	c := newChaos(t, seed)
	t.Logf("seed %d: repeat with CHAOS_SEED=%d", c.cloud.Seed(), c.cloud.Seed())
	faults := []*simulator.Injected{}
	for _, kind := range []simulator.FaultKind{simulator.QueryLimit, simulator.LostAnswer, simulator.ExpiredToken} {
		faults = append(faults, c.portal.Inject(simulator.Fault{Kind: kind, Probability: 0.05}))
	}
	c.portal.SetEvents(simulator.EventOptions{Duplicate: 0.02})
	deals := make(chan int)
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for deal := range deals {
				c.sign(deal)
			}
		})
	}
	all := make([]int, 0, size/5)
	for range size / 5 {
		all = append(all, c.papers())
	}
	c.clock.forward(time.Hour) // files of comments are older than five minutes
	for _, deal := range all {
		deals <- deal
	}
	close(deals)
	work.Wait()
	for i, f := range faults {
		t.Logf("fault %d struck %d times", i, f.Hits())
		if f.Hits() == 0 {
			t.Error("a fault never struck")
		}
	}
	c.portal.Heal()
	c.must(c.portal.Settle(t.Context()))
	c.tell()
	c.judge(size)
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	c := &chaos{asking: &asking{world: newWorldSeeded(t, seed)}, wanted: map[app.RequestID]wanted{}}
	c.again()
	c.robot()
	c.enter(c.paul)
	c.enter(c.mary)
	c.portal.SetLimits(simulator.Limits{Bucket: 5000, Drain: 200, Operating: time.Hour, Clock: c.clock.Now}) // waiting is on this clock
	return c
}

// papers makes a deal with one document of each source, and has a workflow
// ask Paul to sign one of them.
func (c *chaos) papers() int {
	deal := c.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: c.mary})
	pdf := func(pages int) []byte { return signertest.PDF{Pages: pages}.Bytes() }
	c.portal.PutFile(deal, c.single, "single.pdf", pdf(1))
	c.portal.PutFile(deal, c.multiple, "multiple.pdf", pdf(2))
	c.portal.AddComment(deal, simulator.Comment{Author: c.mary, Text: "see", Files: []simulator.File{{Name: "comment.pdf", Content: pdf(3)}}})
	c.portal.AddActivity(simulator.Activity{
		Owner: simulator.Binding{EntityType: simulator.EntityDeal, ID: deal}, Provider: simulator.ProviderEmail, Subject: "Order", Author: c.paul,
		Files: []simulator.File{{Name: "email.pdf", Content: pdf(4)}},
	})
	c.portal.AddDocument(deal, simulator.GeneratedDocument{Title: "generated", Author: c.paul, DOCX: []byte("PK"), PDF: pdf(5)})
	_, err := c.portal.RunRobot(c.client.ClientID, "sign_request", deal, map[string]string{"signer": "user_" + strconv.Itoa(c.paul), "document": c.single})
	c.must(err)
	return deal
}

// patiently repeats what a person would try again.
func patiently(do func() error) error {
	var err error
	for range 30 {
		if err = do(); err == nil || !errors.Is(err, app.Unavailable) && !errors.Is(err, app.Upstream) && !errors.Is(err, app.Unauthenticated) {
			return err
		}
	}
	return err
}

// visit is Mary at a deal.
func (c *chaos) visit(deal int) app.Visit {
	return app.Visit{
		Portal: c.id(), User: uid(c.mary), Name: "Мария Иванова", Slot: app.SlotDealTab, Language: "en",
		Entity: app.Entity{Type: app.EntityDeal, ID: int64(deal)},
	}
}

// sign has Mary sign all documents of a deal with one code, and carries the
// Requests out.
func (c *chaos) sign(deal int) {
	ctx := context.Background()
	v := c.visit(deal)
	var list []app.Document
	err := patiently(func() (err error) { list, err = c.portals.Documents(ctx, v); return err })
	if err != nil || len(list) != 5 {
		c.t.Errorf("deal %d: %d documents, %v", deal, len(list), err)
		return
	}
	var ids []app.RequestID
	for _, d := range list {
		var r app.Request
		err := patiently(func() (err error) {
			r, err = c.Freeze(ctx, v, signing.DocumentRef{Source: d.Source, Field: d.Field, FileID: d.FileID})
			return err
		})
		if err != nil {
			c.t.Errorf("deal %d: freeze %s: %v", deal, d.Name, err)
			return
		}
		ids = append(ids, r.ID)
		w := wanted{deal: deal, source: d.Source}
		if r.Document.Target == app.TargetVersion {
			w.object, _ = strconv.Atoi(d.FileID)
		}
		c.mu.Lock()
		c.wanted[r.ID] = w
		c.mu.Unlock()
	}
	if err := c.orderAll(ctx, v, ids); err != nil {
		c.t.Errorf("deal %d: order: %v", deal, err)
		return
	}
	for _, id := range ids {
		c.carry(ctx, id)
	}
}

// orderAll orders with a code of its own: one person has one phone.
func (c *chaos) orderAll(ctx context.Context, v app.Visit, ids []app.RequestID) error {
	return patiently(func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.clock.forward(otp.Period)
		_, err := c.Sign(ctx, v, c.input(c.mary, ids...))
		return err
	})
}

// carry runs a Request until it ends.
func (c *chaos) carry(ctx context.Context, id app.RequestID) {
	for range 300 {
		again, _ := c.Run(ctx, c.id(), id)
		r, err := c.store.Request(ctx, c.id(), id)
		if err != nil || r.State.Ended() {
			return
		}
		if wait := again.Sub(c.clock.Now()); wait > 0 {
			c.clock.forward(wait)
		}
	}
	c.t.Errorf("request %s does not end", id)
}

// judge looks at every document.
func (c *chaos) judge(size int) {
	done, refused := 0, 0
	for id, w := range c.wanted {
		r := c.request(id)
		told := 0
		for _, e := range c.portal.Timeline(w.deal) {
			if e.Kind == simulator.EntryLog && strings.Contains(e.Text, "(#"+string(id)[:12]+")") {
				told++
			}
		}
		switch {
		case r.State == app.Done && r.Failure == nil:
			done++
			if told != 1 {
				c.t.Errorf("%s of deal %d is told %d times", r.Document.Name, w.deal, told)
			}
			c.inPlace(r, w)
		case (r.State == app.Failed || r.State == app.Conflicted) && !r.Failure.FileChanged:
			refused++
			c.t.Logf("%s of deal %d was refused: %s", r.Document.Name, w.deal, r.Failure.Key)
		default:
			c.t.Errorf("%s of deal %d ended as %s: %+v", r.Document.Name, w.deal, r.State, r.Failure)
		}
		c.kept(r)
	}
	c.t.Logf("%d signed, %d refused of %d", done, refused, size)
	if done+refused != size || refused > size/20 {
		c.t.Errorf("%d signed, %d refused of %d", done, refused, size)
	}
	c.asked(size / 5)
}

// inPlace holds that the signed bytes are exactly once where they were
// promised, and the original where it was to stay.
func (c *chaos) inPlace(r app.Request, w wanted) {
	original, signed := 0, 0
	count := func(content []byte) {
		switch sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) {
		case r.Original.SHA256:
			original++
		case r.ResultSHA256:
			signed++
		}
	}
	fields := append(c.portal.DealFiles(w.deal, c.single), c.portal.DealFiles(w.deal, c.multiple)...)
	for _, f := range fields {
		count(f.Content)
	}
	for _, e := range c.portal.Timeline(w.deal) {
		for _, f := range e.Files {
			count(f.Content)
		}
	}
	wantOriginal := 0
	switch {
	case w.source == app.SourceEmail:
		wantOriginal = 1
	case w.object != 0:
		f, _ := c.portal.DriveFile(w.object)
		if len(f.Versions) != 2 || !bytes.HasPrefix(f.Versions[1].Content, f.Versions[0].Content) {
			c.t.Errorf("%s of deal %d has %d versions", r.Document.Name, w.deal, len(f.Versions))
		}
	}
	if signed != 1 || original != wantOriginal {
		c.t.Errorf("%s of deal %d: signed %d times, original %d times", r.Document.Name, w.deal, signed, original)
	}
}

// kept holds that the spool has the original, whatever the portal did.
func (c *chaos) kept(r app.Request) {
	f, err := c.spool.Open(context.Background(), string(r.ID)+"/original")
	if err != nil {
		c.t.Errorf("the original of %s: %v", r.Document.Name, err)
		return
	}
	if err := f.Close(); err != nil {
		c.t.Error(err)
	}
}

// asked holds that each workflow has asked once: a call that is lost is lost,
// one that comes twice is one.
func (c *chaos) asked(deals int) {
	all, err := c.store.Invitations(context.Background(), c.id(), app.InvitationQuery{Limit: 10 * deals})
	c.must(err)
	perDeal := map[int64]int{}
	for _, i := range all {
		perDeal[i.Document.Entity.ID]++
	}
	for deal, n := range perDeal {
		activities := 0
		for _, a := range c.portal.Activities(simulator.EntityDeal, int(deal)) {
			if a.Provider == simulator.ProviderConfigurable {
				activities++
			}
		}
		if n != 1 || activities > 1 {
			c.t.Errorf("deal %d: %d invitations, %d activities", deal, n, activities)
		}
	}
	for _, d := range c.portal.Deliveries() {
		if d.Status != 200 {
			c.t.Logf("%s: %d %s", d.Event, d.Status, d.Err)
		}
	}
	if len(perDeal) < deals/2 {
		c.t.Errorf("%d of %d workflows have asked", len(perDeal), deals)
	}
}

// BenchmarkCalls prints how many calls a portal gets for an opening of the
// tab, and for a signature from the press of the button to the timeline.
func BenchmarkCalls(b *testing.B) {
	c := &asking{world: newWorldSeeded(b, 1)}
	c.again()
	v := c.enter(c.mary)
	count := func() (requests, downloads int) {
		for _, call := range c.portal.Calls() {
			switch {
			case call.Batch:
			case strings.Contains(call.Method, "getfile") || call.Method == "download":
				downloads++
			default:
				requests++
			}
		}
		return requests, downloads
	}
	var openings, openFiles, signings, signFiles int
	for b.Loop() {
		deal := c.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: c.mary})
		file := c.portal.PutFile(deal, c.single, "a.pdf", c.original)
		v.Entity.ID = int64(deal)
		c.portal.ForgetCalls()
		if _, err := c.Documents(b.Context(), v); err != nil {
			b.Fatal(err)
		}
		for _, err := range c.Details(b.Context(), v) {
			if err != nil {
				b.Fatal(err)
			}
		}
		n, f := count()
		openings, openFiles = openings+n, openFiles+f
		c.portal.ForgetCalls()
		r, err := c.Freeze(b.Context(), v, signing.DocumentRef{Source: app.SourceField, Field: c.single, FileID: strconv.Itoa(file)})
		if err == nil {
			c.clock.forward(otp.Period)
			_, err = c.Sign(b.Context(), v, c.input(c.mary, r.ID))
		}
		if err != nil {
			b.Fatal(err)
		}
		if done := c.run(r.ID); done.State != app.Done {
			b.Fatal(done.State)
		}
		n, f = count()
		signings, signFiles = signings+n, signFiles+f
	}
	per := func(n int) float64 { return float64(n) / float64(b.N) }
	b.ReportMetric(per(openings), "calls/opening")
	b.ReportMetric(per(openFiles), "files/opening")
	b.ReportMetric(per(signings), "calls/signing")
	b.ReportMetric(per(signFiles), "files/signing")
}
