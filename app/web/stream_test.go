package web_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"signservice/bitrix/simulator"
)

// follow reads the stream of a Request over a real connection, and gives the
// screens in their order.
func (p *page) follow(request string) []string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/api/sign/requests/"+request+"/events", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.session)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		p.t.Fatalf("the stream answers %d %v", answer.StatusCode, answer.Header)
	}
	var screens []string
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var s struct{ Screen, HTML, Request string }
		if err := json.Unmarshal([]byte(data), &s); err != nil || s.Request != request || s.HTML == "" {
			p.t.Fatalf("the stream says %q (%v)", data, err)
		}
		screens = append(screens, s.Screen)
	}
	return screens
}

// TestEvents follows a signature until it is done; then the stream ends.
func TestEvents(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	hold := make(chan struct{})
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	remove := w.acme.BeforeUpdate(func(simulator.Update) { <-hold })
	defer remove()
	time.AfterFunc(100*time.Millisecond, func() { close(hold) })
	screens := tab.follow(request)
	if len(screens) < 2 || screens[len(screens)-1] != "done" || slices.Contains(screens[:len(screens)-1], "done") {
		t.Errorf("the stream shows %v", screens)
	}
	if again := tab.follow(request); !slices.Equal(again, []string{"done"}) {
		t.Errorf("a stream of what is done shows %v", again)
	}
}

// TestEventsEndWithTheServer holds that nobody's open tab keeps the service
// from stopping.
func TestEventsEndWithTheServer(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	hold := make(chan struct{})
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	remove := w.acme.BeforeUpdate(func(simulator.Update) { <-hold })
	defer remove()
	defer close(hold)
	ended := make(chan []string, 1)
	go func() { ended <- tab.follow(request) }()
	time.Sleep(100 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 19*time.Second)
	defer cancel()
	if err := w.http.Shutdown(ctx); err != nil {
		t.Errorf("shutting down: %v", err)
	}
	<-ended
}

// flow reads a whole stream over a real connection.
func (p *page) flow(method, path string, body any) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	text, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.session)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		p.t.Fatalf("the stream answers %d %v: %s", answer.StatusCode, answer.Header, all)
	}
	return string(all)
}
