package bitrix_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"signservice/bitrix"
)

// evil is a server that counts its connections. It listens where the client
// may connect, so that nothing but the client's own care keeps it away.
type evil struct {
	*httptest.Server
	connections atomic.Int64
}

func newEvil(t *testing.T) *evil {
	t.Helper()
	e := new(evil)
	e.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="a.pdf"`)
		_, _ = io.WriteString(w, "%PDF-1.7")
	}))
	e.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			e.connections.Add(1)
		}
	}
	e.Start()
	t.Cleanup(e.Close)
	return e
}

// foreign are addresses that lead away from PORTAL, most of them to the evil
// server at port EVIL. None may ever be asked.
var foreign = []string{
	"http://127.0.0.1:EVIL/a.pdf", "https://127.0.0.1:EVIL/a.pdf", "//127.0.0.1:EVIL/a.pdf", "HTTP://127.0.0.1:EVIL/a.pdf",
	"http://localhost:EVIL/a.pdf", "http://LOCALHOST:EVIL/", "http://localhost.:EVIL/", "http://evil.localhost:EVIL/",
	"http://127.1:EVIL/", "http://127.0.1:EVIL/", "http://2130706433:EVIL/", "http://0x7f000001:EVIL/", "http://0x7f.0.0.1:EVIL/",
	"http://0177.0.0.1:EVIL/", "http://017700000001:EVIL/", "http://127.0.0.1.:EVIL/", "http://0:EVIL/", "http://0.0.0.0:EVIL/",
	"http://127.127.127.127:EVIL/", "http://[::1]:EVIL/", "http://[::]:EVIL/", "http://[::ffff:127.0.0.1]:EVIL/",
	"http://[::ffff:7f00:1]:EVIL/", "http://[0:0:0:0:0:0:0:1]:EVIL/", "http://[::127.0.0.1]:EVIL/", "http://[64:ff9b::7f00:1]:EVIL/",
	"http://[2002:7f00:1::]:EVIL/", "http://[fe80::1%25lo]:EVIL/", "http://[::1%25lo]:EVIL/",
	"http://PORTAL@127.0.0.1:EVIL/", "http://PORTAL:x@127.0.0.1:EVIL/", "http://user@PORTAL/a.pdf", "http://127.0.0.1:EVIL#@PORTAL/",
	"http://127.0.0.1:EVIL?@PORTAL/", "http://127.0.0.1:EVIL\\@PORTAL/", "http:\\\\127.0.0.1:EVIL/", "\\\\127.0.0.1:EVIL/",
	"///127.0.0.1:EVIL/", "http:///127.0.0.1:EVIL/", "http:127.0.0.1:EVIL/", "http://PORTAL.evil.localhost:EVIL/", "http://PORTAL%2eevil.localhost:EVIL/",
	"http://PORTAL%00.localhost:EVIL/", "http://PORTAL%0d%0aHost:evil/", "http://PORTAL\r\nX: y/", "http://PORTAL \t@127.0.0.1:EVIL/",
	"http://①②⑦.⓪.⓪.①:EVIL/", "http://127。0。0。1:EVIL/", "http://ｌocalhost:EVIL/", "http://xn--e1afmkfd.localhost:EVIL/",
	"http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/", "http://[fd00:ec2::254]/latest/", "http://100.100.100.200/",
	"http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://198.18.0.1/", "http://240.0.0.1/", "http://255.255.255.255/",
	"ftp://PORTAL/a.pdf", "file:///etc/passwd", "gopher://PORTAL/", "javascript:alert(1)", "data:text/plain,x", "unix:///run/x.sock", "http+unix://x/", "about:blank",
	"http://PORTAL:EVIL/", "http://127.0.0.1:0EVIL/", "http://127.0.0.1:EVIL0000/", "http://:EVIL/", "http://", "https://", "://127.0.0.1:EVIL/",
}

func TestForeignAddressesAreNeverAsked(t *testing.T) {
	ctx := context.Background()
	e := newEvil(t)
	evilPort := e.URL[strings.LastIndexByte(e.URL, ':')+1:]
	var location string
	p := newPortal(t, func(w http.ResponseWriter, _ call) {
		w.Header()["Location"] = []string{strings.NewReplacer("\r", "", "\n", "").Replace(location)}
		w.WriteHeader(http.StatusFound)
	})
	s := newAuthServer(t, func(w http.ResponseWriter, _ url.Values) { say(w, 200, appInfo(location, nil)) }, none(t))
	c, o := p.client(t), oauthAt(t, newClock(), []*portal{p}, s)
	if len(foreign) < 60 {
		t.Fatalf("%d addresses", len(foreign))
	}
	for _, pattern := range foreign {
		location = strings.NewReplacer("PORTAL", p.host(), "EVIL", evilPort).Replace(pattern)
		asked := len(p.seen())
		_, err := c.Download(ctx, bitrix.Secret(location), io.Discard, 100)
		if err == nil {
			t.Errorf("download link %q: accepted", location)
		} else if n := len(p.seen()); n == asked && !errors.Is(err, bitrix.ErrForbiddenHost) {
			t.Errorf("download link %q: got %v", location, err)
		}
		if _, err := c.Download(ctx, "/file", io.Discard, 100); err == nil {
			t.Errorf("redirect of a download to %q: followed", location)
		}
		if _, err := c.Profile(ctx); err == nil {
			t.Errorf("redirect of a call to %q: followed", location)
		}
		if _, err := c.Stat(ctx, bitrix.Secret(location)); err == nil {
			t.Errorf("link %q: accepted", location)
		}
		if !strings.HasPrefix(location, "https:") { // with TLS it is the server's word
			location = strings.TrimSuffix(location, "a.pdf") + "rest/"
		}
		if _, err := o.Identify(ctx, token, location); err == nil {
			t.Errorf("endpoint %q: accepted", location)
		}
		if _, err := o.AppInfo(ctx, token, location); err == nil {
			t.Errorf("hint %q: accepted", location)
		}
	}
	if n := e.connections.Load(); n != 0 {
		t.Errorf("%d connections to the evil server", n)
	}
	t.Logf("%d addresses in six places: no connection", len(foreign))
}

// Even an address that is spelled well is not connected to when it is not
// public: the check is made on the address of the connection.
func TestTransportConnectsToPublicAddressesOnly(t *testing.T) {
	blocked := []string{
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "169.254.169.254", "169.254.0.1",
		"172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "[::]", "[::1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
		"[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[100::1]", "[2001::1]", "[2001:db8::1]", "[2002:7f00:1::]", "[3fff::1]",
		"[5f00::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]",
	}
	for _, host := range blocked {
		if err := dial(t, bitrix.NewTransport(bitrix.TransportConfig{}), "http://"+host+":9/"); !errors.Is(err, bitrix.ErrForbiddenHost) {
			t.Errorf("%s: got %v", host, err)
		}
	}
}

// A name leads to whatever its owner likes, at any moment.
func TestTransportChecksWhatANameLeadsTo(t *testing.T) {
	e := newEvil(t)
	port := e.URL[strings.LastIndexByte(e.URL, ':')+1:]
	for _, addr := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "100.64.0.1", "::1", "::ffff:127.0.0.1", "fd00::1", "fe80::1"} {
		transport := bitrix.NewTransport(bitrix.TransportConfig{Resolver: resolverOf(netip.MustParseAddr(addr))})
		if err := dial(t, transport, "http://rebind.example:"+port+"/"); !errors.Is(err, bitrix.ErrForbiddenHost) {
			t.Errorf("%s: got %v", addr, err)
		}
	}
	if n := e.connections.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
	allowed := bitrix.NewTransport(bitrix.TransportConfig{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Resolver: resolverOf(netip.MustParseAddr("127.0.0.1")),
	})
	if err := dial(t, allowed, "http://portal.example:"+port+"/"); err != nil || e.connections.Load() != 1 {
		t.Errorf("the operator's own network: got %v", err)
	}
	if err := dial(t, allowed, "http://127.0.0.2:"+port+"/"); !errors.Is(err, bitrix.ErrForbiddenHost) {
		t.Errorf("beside the operator's own network: got %v", err)
	}
}

// A client whose portal has moved to a private address reports it as such and
// sends nothing, not even a write.
func TestClientOfAPrivateAddress(t *testing.T) {
	cfg := bitrix.Config{Endpoint: "https://192.168.0.1/rest/", Tokens: bitrix.StaticToken(token), Clock: newClock()}
	_, err := bitrix.Call(context.Background(), newClient(t, cfg), bitrix.Write[bool]("x", nil))
	if kindsOf(err) != "host" {
		t.Errorf("got %v", err)
	}
}

func TestTransportUsesNoProxy(t *testing.T) {
	e := newEvil(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, e.URL)
	}
	if err := dial(t, bitrix.NewTransport(bitrix.TransportConfig{}), "http://192.0.2.1/"); !errors.Is(err, bitrix.ErrForbiddenHost) {
		t.Errorf("got %v", err)
	}
	if n := e.connections.Load(); n != 0 {
		t.Errorf("%d connections to the proxy", n)
	}
}

// dial makes a request and fails if a connection comes about without one.
func dial(t *testing.T, transport *http.Transport, address string) error {
	t.Helper()
	defer transport.CloseIdleConnections()
	var connected bool
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	} else if connected {
		t.Errorf("%s: connected", address)
	}
	return err
}

// resolverOf answers every question with one address.
func resolverOf(addr netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerDNS(server, addr)
		return client, nil
	}}
}

// answerDNS answers one question (RFC 1035 section 4, in the framing of TCP).
func answerDNS(conn net.Conn, addr netip.Addr) {
	defer conn.Close()
	head := make([]byte, 2)
	if _, err := io.ReadFull(conn, head); err != nil {
		return
	}
	query := make([]byte, binary.BigEndian.Uint16(head))
	if _, err := io.ReadFull(conn, query); err != nil {
		return
	}
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	kind := binary.BigEndian.Uint16(query[end+1:])
	question := query[12 : end+5]
	answer := append([]byte{query[0], query[1], 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
	if addr.Is4() && kind == 1 || addr.Is6() && kind == 28 {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(addr.BitLen()/8)) // TTL 0
		answer = append(answer, addr.AsSlice()...)
	}
	_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
}
