package e2e_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"testing"
	"time"

	"signservice/signer/signertest"
)

// visitor is a person who uses the portal by HTTP alone.
type visitor struct {
	w      *world
	client *http.Client
}

// visitor signs a person in.
func (w *world) visitor(user int) *visitor {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	v := &visitor{w, &http.Client{Jar: jar, Timeout: patience}}
	answer, err := v.client.PostForm(w.portal+"/login/", url.Values{"user": {strconv.Itoa(user)}, "backurl": {"/"}})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		w.t.Fatalf("sign in: %s, %v", answer.Status, err)
	}
	return v
}

// get reads a page or a file of the portal.
func (v *visitor) get(path string) []byte {
	v.w.t.Helper()
	answer, err := v.client.Get(v.w.portal + path)
	if err != nil {
		v.w.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		v.w.t.Fatalf("get %s: %s, %v", path, answer.Status, err)
	}
	return data
}

// fileLink is a file in the fields of a deal's card.
var fileLink = regexp.MustCompile(`<div class="file">.*?<a href="([^"]+)">([^<]+)</a>`)

// contract is the only file of a deal, as the portal hands it out, and its name.
func (v *visitor) contract(deal int) (data []byte, name string) {
	v.w.t.Helper()
	card := v.get(fmt.Sprintf("/crm/deal/details/%d/?part=general", deal))
	found := fileLink.FindAllSubmatch(card, -1)
	if len(found) != 1 {
		v.w.t.Fatalf("deal %d holds %d files, want 1:\n%s", deal, len(found), card)
	}
	return v.get(html.UnescapeString(string(found[0][1]))), html.UnescapeString(string(found[0][2]))
}

// nextCode waits until Mary's phone shows a code that it did not show before.
func (w *world) nextCode(before string) string {
	w.t.Helper()
	digits := regexp.MustCompile(`class="otp">(\d{3}) ?(\d{3})<`)
	deadline := time.Now().Add(2 * step)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	phone := &visitor{w, &http.Client{Timeout: patience}}
	for {
		m := digits.FindSubmatch(phone.get(fmt.Sprintf("/phone/%d?part=codes", mary)))
		if m == nil {
			w.t.Fatal("Mary's phone shows no code")
		}
		if code := string(m[1]) + string(m[2]); code != before {
			return code
		}
		if time.Now().After(deadline) {
			w.t.Fatal("Mary's phone does not change its code")
		}
		<-tick.C
	}
}

// byteRange is what a signature dictionary says that it covers, read without
// any code of ours.
var byteRange = regexp.MustCompile(`/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]`)

// signature is one signature as it lies in a file.
type signature struct{ cms, covered []byte }

// signatures cuts the signatures out of a file, oldest first.
func signatures(t *testing.T, file []byte) []signature {
	t.Helper()
	var list []signature
	for _, m := range byteRange.FindAllSubmatch(file, -1) {
		var at [4]int
		for i := range at {
			n, err := strconv.Atoi(string(m[i+1]))
			if err != nil || n > len(file) {
				t.Fatalf("byte range %s", m[0])
			}
			at[i] = n
		}
		if at[0] != 0 || at[1] >= at[2] || at[2]+at[3] > len(file) {
			t.Fatalf("byte range %v in a file of %d bytes", at, len(file))
		}
		hole := file[at[1]:at[2]]
		digits := bytes.Trim(hole, "<>")
		cms := make([]byte, hex.DecodedLen(len(digits)))
		if _, err := hex.Decode(cms, digits); err != nil || hole[0] != '<' {
			t.Fatalf("contents at %d: %v", at[1], err)
		}
		covered := append(bytes.Clone(file[:at[1]]), file[at[2]:at[2]+at[3]]...)
		list = append(list, signature{cms: cms, covered: covered})
	}
	return list
}

// judge shows a file to strangers' programs: it must begin with the original,
// be clean, and have this many signatures, all of them good, the last one over
// the whole file.
func judge(t *testing.T, file, original []byte, want int) {
	t.Helper()
	if !bytes.HasPrefix(file, original) {
		t.Errorf("the first %d bytes are not the original", len(original))
	}
	name := signertest.WriteFile(t, "signed.pdf", file)
	if err := signertest.QPDFCheck(t, name); err != nil {
		t.Errorf("qpdf: %v", err)
	}
	seen := signertest.Pdfsig(t, name, "")
	if len(seen) != want {
		t.Fatalf("pdfsig sees %d signatures, want %d", len(seen), want)
	}
	for i, s := range seen {
		if !s.Valid() || s.Signer != "Mary Hill" || s.SubFilter != "ETSI.CAdES.detached" || s.Whole != (i == want-1) {
			t.Errorf("signature %d: %+v", i+1, s)
		}
	}
	cut := signatures(t, file)
	if len(cut) != want {
		t.Fatalf("the file has %d byte ranges, want %d", len(cut), want)
	}
	for i, s := range cut {
		if err := signertest.VerifyCMS(t, s.cms, s.covered); err != nil {
			t.Errorf("openssl, signature %d: %v", i+1, err)
		}
		if err := signertest.VerifyCMS(t, s.cms, append(s.covered, ' ')); err == nil {
			t.Errorf("openssl takes signature %d for other bytes too", i+1)
		}
	}
}
