package signer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"signservice/signer"
	"signservice/signer/pdf"
	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

// TestRaise is the table of ways from one level to another. A signature that is
// in the file can only be stamped by a document time-stamp.
func TestRaise(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	at := map[signer.Level][]byte{}
	for _, level := range []signer.Level{signer.LevelB, signer.LevelT, signer.LevelLT, signer.LevelLTA} {
		at[level] = a.signAt(t, documents["object stream"].Bytes(), id, level)
	}
	for _, c := range []struct {
		from, to signer.Level
		stamps   int // document time-stamps in the result
	}{
		{signer.LevelB, signer.LevelT, 1},
		{signer.LevelB, signer.LevelLT, 1},
		{signer.LevelB, signer.LevelLTA, 2},
		{signer.LevelT, signer.LevelT, 0},
		{signer.LevelT, signer.LevelLT, 0},
		{signer.LevelT, signer.LevelLTA, 1},
		{signer.LevelLT, signer.LevelT, 0},
		{signer.LevelLT, signer.LevelLT, 0},
		{signer.LevelLT, signer.LevelLTA, 1},
		{signer.LevelLTA, signer.LevelLT, 1},
		{signer.LevelLTA, signer.LevelLTA, 2},
		{signer.LevelLTA, 0, 2},
	} {
		t.Run(fmt.Sprintf("%v to %v", c.from, c.to), func(t *testing.T) {
			out, e, err := raise(t, at[c.from], signer.ExtendOptions{Sources: a.sources(t), Level: c.to})
			if err != nil {
				t.Fatal(err)
			}
			want := max(c.from, c.to)
			r := verify(t, out, a.ca.Root.Certificate)
			if e.Level != want || e.Short != nil || r.Level() != want || !r.Good(true) {
				t.Errorf("extension %v %v; report %+v", e.Level, e.Short, r.Signatures)
			}
			if got := len(r.Signatures) - 1; got != c.stamps {
				t.Errorf("%d document time-stamps, want %d", got, c.stamps)
			}
			if nothing := c.from >= c.to && c.to != 0 && c.to != signer.LevelLTA; nothing != (len(e.Increment) == 0) {
				t.Errorf("an increment of %d bytes", len(e.Increment))
			}
			name := signertest.WriteFile(t, "raised.pdf", out)
			if err := signertest.QPDFCheck(t, name); err != nil {
				t.Errorf("qpdf: %v", err)
			}
			if all := signertest.PdfsigOffline(t, name, a.trust()); len(all) == 0 || !all[0].Valid() {
				t.Errorf("pdfsig: %+v", all)
			}
		})
	}
}

// TestRaiseCertified: what forbids every change permits material and time-stamps
// (ISO 32000-2, 12.8.2.2).
func TestRaiseCertified(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	for p := 1; p <= 3; p++ {
		o := a.order(t, id, signer.LevelLTA)
		o.Certify = p
		out, result, err := signOut(t, signertest.PDF{TextField: true}.Bytes(), o)
		if err != nil || result.Level != signer.LevelLTA {
			t.Fatalf("P=%d: %+v, %v", p, result, err)
		}
		out, _, err = raise(t, out, signer.ExtendOptions{Sources: a.sources(t)})
		if err != nil {
			t.Fatalf("P=%d: %v", p, err)
		}
		if r := verify(t, out, a.ca.Root.Certificate); !r.Good(true) || r.Level() != signer.LevelLTA {
			t.Errorf("P=%d: %+v", p, r.Signatures)
		}
	}
}

// TestStoreOfTwo: two signers raise the file one after the other. The store is
// merged, each piece stands in it once, each signature has its entry.
func TestStoreOfTwo(t *testing.T) {
	a := newAuthorities(t)
	mary, eve := a.ca.Issue(t, signertest.Leaf{}), a.ca.Issue(t, signertest.Leaf{Name: "Eve"})
	first := a.signAt(t, signertest.PDF{}.Bytes(), mary, signer.LevelLT)
	second := a.signAt(t, first, eve, signer.LevelLT)
	store := func(in []byte) *pdf.SecurityStore {
		f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.SecurityStore()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before, after := store(first), store(second)
	for name, lists := range map[string][2][][]byte{
		"certificates": {before.Certs, after.Certs}, "answers": {before.OCSPs, after.OCSPs}, "lists": {before.CRLs, after.CRLs},
	} {
		for i, der := range lists[0] {
			if !bytes.Equal(der, lists[1][i]) {
				t.Errorf("%s: number %d is not where it was", name, i)
			}
		}
		seen := map[string]bool{}
		for _, der := range lists[1] {
			if seen[string(der)] {
				t.Errorf("%s: one stands twice", name)
			}
			seen[string(der)] = true
		}
	}
	// The signer, issuing and root certificates, the authority's; Eve's is new.
	if len(before.Certs) != 4 || len(after.Certs) != 5 || len(before.Related) != 1 || len(after.Related) != 2 {
		t.Errorf("%d, then %d certificates; %d, then %d entries", len(before.Certs), len(after.Certs), len(before.Related), len(after.Related))
	}
	// Each signature has its entry, under the name of its value.
	f, err := pdf.Open(bytes.NewReader(second), int64(len(second)), pdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if !slices.ContainsFunc(after.Related, func(r pdf.RelatedMaterial) bool {
			return r.Key == pdf.VRIKey(s.Contents) && len(r.Certs) == 4 && len(r.OCSPs) == 3
		}) {
			t.Errorf("%s has no entry with its material", s.Field.Name)
		}
	}
	// Nothing that the store has already is fetched again.
	if len(after.OCSPs) != len(before.OCSPs)+1 {
		t.Errorf("%d, then %d answers", len(before.OCSPs), len(after.OCSPs))
	}
	if r := verify(t, second, a.ca.Root.Certificate); !r.Good(true) || r.Level() != signer.LevelLT || len(r.Signatures) != 2 {
		t.Errorf("%+v", r.Signatures)
	}
}

// TestRaiseSelfSigned: about who vouches for himself nobody can be asked.
func TestRaiseSelfSigned(t *testing.T) {
	a := newAuthorities(t)
	self := signertest.SelfSigned(t, signertest.Leaf{})
	out := a.signAt(t, signertest.PDF{}.Bytes(), self, signer.LevelLTA)
	r := verify(t, out, a.ca.Root.Certificate, self.Certificate)
	if s := r.Signatures[0]; !r.Good(true) || s.Level != signer.LevelLTA || s.Revocation != nil {
		t.Errorf("%+v", s)
	}
}

// TestRaiseOne: a signature of somebody else about whom nothing can be found does
// not keep ours from its level.
func TestRaiseOne(t *testing.T) {
	a := newAuthorities(t)
	silent := signertest.NewCA(t, signertest.CAOptions{Name: "Silent"}).Issue(t, signertest.Leaf{Name: "Silent"})
	first, _ := sign(t, signertest.PDF{}.Bytes(), silent.Key, options(silent))
	out := a.signAt(t, first, a.ca.Issue(t, signertest.Leaf{}), signer.LevelLTA)
	r := verify(t, out)
	if !r.Good(false) || r.Signatures[0].Level != signer.LevelT || r.Signatures[1].Level != signer.LevelLTA {
		t.Errorf("%+v", r.Signatures)
	}
	_, _, err := raise(t, out, signer.ExtendOptions{Sources: a.sources(t)})
	if !errors.Is(err, signer.ErrMaterial) || !errors.Is(err, revocation.ErrIncomplete) {
		t.Errorf("all of them: %v", err)
	}
	if _, e, err := raise(t, out, signer.ExtendOptions{Sources: a.sources(t), Fields: []string{r.Signatures[1].Field}}); err != nil || e.Level != signer.LevelLTA {
		t.Errorf("ours alone: %v", err)
	}
}

// TestRaiseRefuses is the table of what is not raised.
func TestRaiseRefuses(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	plain := signertest.PDF{}.Bytes()
	signed, p := sign(t, plain, id.Key, options(id))
	damaged := bytes.Clone(signed)
	damaged[p.Reserved.ContentsOffset+900] ^= 1
	silent := signertest.NewCA(t, signertest.CAOptions{Name: "Silent"}).Issue(t, signertest.Leaf{})
	unknown, _ := sign(t, plain, silent.Key, options(silent))
	revoked := a.ca.Issue(t, signertest.Leaf{})
	a.ca.Revoke(revoked.Certificate, time.Now().Add(-time.Hour), 1)
	byRevoked, _ := sign(t, plain, revoked.Key, options(revoked))
	all := a.sources(t)
	for name, c := range map[string]struct {
		in   []byte
		o    signer.ExtendOptions
		want error
	}{
		"unsigned":                {plain, signer.ExtendOptions{Sources: all}, signer.ErrNoSignature},
		"no PDF":                  {[]byte("x"), signer.ExtendOptions{Sources: all}, signer.ErrNotPDF},
		"another field":           {signed, signer.ExtendOptions{Sources: all, Fields: []string{"other"}}, signer.ErrNoSignature},
		"damaged":                 {damaged, signer.ExtendOptions{Sources: all}, signer.ErrNotGood},
		"changed":                 {append(bytes.Clone(signed), "4 0 obj null endobj"...), signer.ExtendOptions{Sources: all}, signer.ErrNotGood},
		"no time-stamps":          {signed, signer.ExtendOptions{Sources: signer.Sources{Revocation: all.Revocation}}, signer.ErrSource},
		"no revocation source":    {signed, signer.ExtendOptions{Sources: signer.Sources{Timestamps: all.Timestamps}}, signer.ErrSource},
		"nobody knows the signer": {unknown, signer.ExtendOptions{Sources: all}, signer.ErrMaterial},
		"revoked before":          {byRevoked, signer.ExtendOptions{Sources: all}, revocation.ErrRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := raise(t, c.in, c.o); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	t.Run("older format", func(t *testing.T) {
		in := stranger(t, "01243.pdf") // adbe.pkcs7.detached
		if _, _, err := raise(t, in, signer.ExtendOptions{Sources: all}); !errors.Is(err, signer.ErrNotBaseline) {
			t.Error(err)
		}
	})
}

// TestRaiseStrangers: signatures that other programs made get a document
// time-stamp, and those that were good stay so.
func TestRaiseStrangers(t *testing.T) {
	a := newAuthorities(t)
	raised := 0
	for _, row := range corpus(t) {
		in := stranger(t, row["file"])
		if !bytes.Contains(in, []byte("ETSI.CAdES.detached")) {
			continue
		}
		before, err := signer.Verify(t.Context(), bytes.NewReader(in), int64(len(in)), signer.VerifyOptions{})
		if err != nil || !before.Good(false) || before.Level() < signer.LevelB {
			continue
		}
		out, e, err := raise(t, in, signer.ExtendOptions{Sources: a.sources(t), Level: signer.LevelT})
		if err != nil {
			t.Errorf("%s: %v", row["file"], err)
			continue
		}
		raised++
		if r := verify(t, out); e.Level < signer.LevelT || !r.Good(false) || r.Level() < signer.LevelT {
			t.Errorf("%s: %v %+v", row["file"], e.Level, r.Signatures)
		}
	}
	if raised < 20 {
		t.Errorf("only %d files were raised", raised)
	}
	t.Logf("%d files of other programs raised", raised)
}

// TestCancelledRaise: cancelling is no shortfall.
func TestCancelledRaise(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	in, _ := sign(t, signertest.PDF{}.Bytes(), id.Key, options(id))
	ctx, cancel := context.WithCancel(t.Context())
	a.tsa.SetFault(signertest.Hanging)
	go func() {
		for a.tsa.Requests() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	o := signer.ExtendOptions{Sources: a.sources(t)}
	o.Shortfall = signer.Lower
	if _, err := signer.Raise(ctx, bytes.NewReader(in), int64(len(in)), o); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestRaiseEncrypted: material and time-stamps go into encrypted files as their
// handler demands.
func TestRaiseEncrypted(t *testing.T) {
	a := newAuthorities(t)
	plain := signertest.WriteFile(t, "plain.pdf", signertest.PDF{}.Bytes())
	for _, args := range [][]string{{"40"}, {"128", "--use-aes=n"}, {"128", "--use-aes=y"}, {"256"}} {
		name := plain + args[0]
		encrypt := append([]string{"--allow-weak-crypto", "--encrypt", "", "owner"}, args...)
		signertest.Run(t, "qpdf", append(encrypt, "--", plain, name)...)
		in, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out := a.signAt(t, in, a.ca.Issue(t, signertest.Leaf{}), signer.LevelLTA)
		if r := verify(t, out, a.ca.Root.Certificate); !r.Good(true) || r.Level() != signer.LevelLTA {
			t.Errorf("%v: %+v", args, r.Signatures)
		}
	}
}

// TestStrangersToLTA: every tenth of the strangers' files that can be signed can
// be brought to B-LTA in one go, whatever its shape.
func TestStrangersToLTA(t *testing.T) {
	if testing.Short() {
		t.Skip("signs many files")
	}
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	reached := 0
	for i, row := range corpus(t) {
		if i%10 != 0 {
			continue
		}
		in := stranger(t, row["file"])
		if _, _, err := trySign(t, in, id.Key, options(id)); err != nil {
			continue // TestCorpus says why
		}
		out, result, err := signOut(t, in, a.order(t, id, signer.LevelLTA))
		if row["file"] == "01381.pdf" { // made to deceive: its page and its store share an object
			if !errors.Is(err, signer.ErrNotGood) {
				t.Errorf("%s: %v", row["file"], err)
			}
			continue
		}
		if err != nil || result.Level != signer.LevelLTA {
			t.Errorf("%s: %+v, %v", row["file"], result, err)
			continue
		}
		reached++
		for _, s := range verify(t, out).Signatures {
			if s.Field == result.Prepared.Reserved.Field && (!s.Good() || s.Level != signer.LevelLTA) {
				t.Errorf("%s: %+v", row["file"], s)
			}
		}
	}
	if reached < 60 {
		t.Errorf("only %d files", reached)
	}
	t.Logf("%d files brought to B-LTA", reached)
}
