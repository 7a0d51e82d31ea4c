package simulator

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238's default, and what phones use
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Phone is a person's telephone with a generator of one-time codes (RFC 6238).
// It belongs to the world, not to Bitrix24.
type Phone struct {
	portal  *Portal
	user    int
	entries []phoneEntry // guarded by cloud.mu
}

type phoneEntry struct {
	Label, Issuer string
	key           []byte
	algorithm     string // SHA1, SHA256, SHA512
	digits        int
	period        int
}

// Phone gives a user's telephone; it has no entries at first.
func (p *Portal) Phone(user int) *Phone {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return p.phone(user)
}

func (p *Portal) phone(user int) *Phone {
	if p.phones[user] == nil {
		p.phones[user] = &Phone{portal: p, user: user}
	}
	return p.phones[user]
}

// Scan takes an otpauth:// address, or a key in base32 as one types it. An entry
// with the same label and issuer is replaced.
func (ph *Phone) Scan(text string) error {
	ph.portal.cloud.mu.Lock()
	defer ph.portal.cloud.mu.Unlock()
	return ph.scan(text)
}

func (ph *Phone) scan(text string) error {
	e, err := readEnrolment(strings.TrimSpace(text))
	if err != nil {
		return err
	}
	for i, have := range ph.entries {
		if have.Label == e.Label && have.Issuer == e.Issuer {
			ph.entries[i] = e
			return nil
		}
	}
	ph.entries = append(ph.entries, e)
	return nil
}

// Code is the code now shown for what was scanned last, "" without an entry.
func (ph *Phone) Code() string {
	ph.portal.cloud.mu.Lock()
	defer ph.portal.cloud.mu.Unlock()
	if len(ph.entries) == 0 {
		return ""
	}
	return ph.entries[len(ph.entries)-1].code(ph.portal.cloud.now())
}

func readEnrolment(s string) (phoneEntry, error) {
	e := phoneEntry{Label: "typed key", digits: 6, period: 30, algorithm: "SHA1"}
	secret := s
	if strings.HasPrefix(s, "otpauth:") {
		u, err := url.Parse(s)
		if err != nil || u.Host != "totp" {
			return e, fmt.Errorf("scan: not an otpauth://totp address")
		}
		q := u.Query()
		secret = q.Get("secret")
		e.Label, e.Issuer = strings.TrimPrefix(u.Path, "/"), q.Get("issuer")
		e.digits, e.period = or(integer(q.Get("digits")), 6), or(integer(q.Get("period")), 30)
		e.algorithm = strings.ToUpper(or(q.Get("algorithm"), "SHA1"))
		if e.hash() == nil {
			return e, fmt.Errorf("scan: unknown algorithm")
		}
	}
	clean := strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "=", "").Replace(secret))
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(clean)
	if err != nil || len(key) == 0 {
		return e, fmt.Errorf("scan: the key is not base32")
	}
	if e.digits < 6 || e.digits > 8 || e.period < 1 {
		return e, fmt.Errorf("scan: digits or period out of range")
	}
	e.key = key
	return e, nil
}

func (e phoneEntry) hash() func() hash.Hash {
	switch e.algorithm {
	case "SHA1":
		return sha1.New
	case "SHA256":
		return sha256.New
	case "SHA512":
		return sha512.New
	}
	return nil
}

// code is RFC 6238 over RFC 4226.
func (e phoneEntry) code(now time.Time) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(now.Unix())/uint64(e.period)) //nolint:gosec // after 1970
	mac := hmac.New(e.hash(), e.key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	mod := uint32(1)
	for range e.digits {
		mod *= 10
	}
	return fmt.Sprintf("%0*d", e.digits, n%mod)
}

type phoneLine struct {
	Label, Issuer, Code string
	Left                int
}

func (ph *Phone) lines(now time.Time) []phoneLine {
	var out []phoneLine
	for _, e := range ph.entries {
		c := e.code(now)
		half := len(c) / 2
		out = append(out, phoneLine{e.Label, e.Issuer, c[:half] + " " + c[half:], e.period - int(now.Unix())%e.period})
	}
	return out
}

type phoneView struct {
	Owner person
	Lines []phoneLine
	Error bool
}

// phonePage asks for no session: a telephone is not a page of the portal.
func (p *Portal) phonePage(w http.ResponseWriter, r *http.Request) {
	p.cloud.mu.Lock()
	u := p.user(integer(r.PathValue("user")))
	if u == nil {
		p.cloud.mu.Unlock()
		p.message(w, http.StatusNotFound, "Not here", "Nobody has this telephone.")
		return
	}
	data := phoneView{Owner: personOf(u), Lines: p.phone(u.ID).lines(p.cloud.now()), Error: r.URL.Query().Has("wrong")}
	p.cloud.mu.Unlock()
	part := "page"
	if r.URL.Query().Get("part") == "codes" {
		part = "codes"
	}
	writePage(w, http.StatusOK, p.fragment("phone", part, data))
}

// phoneForm scans what was pasted, or forgets everything.
func (p *Portal) phoneForm(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		p.message(w, http.StatusForbidden, "No", "Another site may not write into a telephone.")
		return
	}
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	user := integer(r.PathValue("user"))
	if p.user(user) == nil {
		http.NotFound(w, r)
		return
	}
	to := "/phone/" + itoa(user)
	if r.PostFormValue("action") == "forget" {
		p.phone(user).entries = nil
	} else if err := p.phone(user).scan(r.PostFormValue("link")); err != nil {
		to += "?wrong"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
