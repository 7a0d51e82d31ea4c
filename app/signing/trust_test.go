package signing_test

import (
	"bytes"
	"crypto/x509"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/signing"
	"signservice/signer"
	"signservice/signer/signertest"
)

// outside signs the contract as a stranger does, with a program of their own.
func (w *world) outside(id *signertest.Identity) []byte {
	w.t.Helper()
	ctx, in := w.t.Context(), bytes.NewReader(w.original)
	p, err := signer.Prepare(ctx, in, in.Size(), signer.Options{
		Certificate: id.Certificate, Chain: id.Chain, Time: w.clock.Now(), Name: id.Certificate.Subject.CommonName,
	})
	w.must(err)
	container, err := signer.Sign(ctx, p, id.Key)
	w.must(err)
	var out bytes.Buffer
	w.must(signer.Embed(ctx, &out, in, p, container))
	return out.Bytes()
}

// found puts a file into the contract's field and gives what the tab tells of
// its only signature.
func (w *world) found(v app.Visit, content []byte) signing.Signature {
	w.t.Helper()
	w.portal.PutFile(w.deal, w.single, "signed.pdf", content)
	return w.only(v)
}

func (w *world) only(v app.Visit) signing.Signature {
	w.t.Helper()
	got := w.signatures(v, w.here())
	if len(got) != 1 || len(got[0].Signatures) != 1 {
		w.t.Fatalf("found %+v", got)
	}
	return got[0].Signatures[0]
}

// TestStrangersNames: a name in a signature counts where somebody known vouches
// for it. Whoever uploads a file can have signed it as anybody.
func TestStrangersNames(t *testing.T) {
	w := newWorld(t)
	w.clock.set(time.Now())
	v := w.enter(w.mary)
	mary := signertest.Leaf{Name: "Мария Иванова"}
	theirs := signertest.NewCA(t, signertest.CAOptions{Name: "Theirs"})

	forged := w.outside(signertest.SelfSigned(t, mary))
	if got := w.found(v, forged); got.Verdict != signing.VerdictUnknown || !got.SelfSigned || got.Internal {
		t.Errorf("self-signed by anybody: %+v", got)
	}
	partner := w.outside(theirs.Issue(t, signertest.Leaf{Name: "Hans Groß"}))
	if got := w.found(v, partner); got.Verdict != signing.VerdictUnknown || got.SelfSigned || got.Internal {
		t.Errorf("of an authority that is not known: %+v", got)
	}
	w.must(w.store.CreateRoot(t.Context(), app.RootAuthority{
		Portal: "another", ID: "theirs", Name: "Theirs", DER: theirs.Root.Certificate.Raw,
	}, []byte("key")))
	if got := w.only(v); got.Verdict != signing.VerdictUnknown {
		t.Errorf("of another portal's authority: %+v", got)
	}
	w.config.Roots = []*x509.Certificate{theirs.Root.Certificate}
	w.serve(w.config)
	if got := w.only(v); got.Verdict != signing.VerdictGood || got.Internal || got.Name != "Hans Groß" {
		t.Errorf("of an authority that the operator named: %+v", got)
	}
	if got := w.found(v, forged); got.Verdict != signing.VerdictUnknown {
		t.Errorf("self-signed by anybody, beside a root: %+v", got)
	}
}

// TestOwnCertificates: what is signed with the portal's own certificate is known
// while it is the portal's, and while it holds.
func TestOwnCertificates(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now()
	w.cert = w.certificate("Мария Иванова", now.Add(-time.Hour), now.Add(25*time.Hour))
	w.assign(w.mary, w.cert.ID)
	v, r := w.order(w.mary)
	w.run(r.ID)
	if got := w.only(v); got.Verdict != signing.VerdictGood || !got.SelfSigned || got.Proven || got.StampedBy != "" {
		t.Errorf("the portal's own: %+v", got)
	}
	w.unassign(w.mary)
	w.must(w.store.DeleteCertificate(t.Context(), w.id(), w.cert.ID))
	if got := w.only(v); got.Verdict != signing.VerdictUnknown {
		t.Errorf("no longer the portal's: %+v", got)
	}
	w.must(w.store.SaveCertificate(t.Context(), w.cert, []byte("key")))
	if got := w.only(v); got.Verdict != signing.VerdictGood {
		t.Errorf("the portal's again: %+v", got)
	}
	w.clock.set(w.cert.NotAfter.Add(time.Minute))
	if got := w.only(v); got.Verdict != signing.VerdictEnded {
		t.Errorf("after its end: %+v", got)
	}
}

// TestInternalAuthority: what the portal's authority issued is known, until it
// says otherwise; the next look sees it.
func TestInternalAuthority(t *testing.T) {
	w := newWorld(t)
	w.clock.set(time.Now())
	v := w.enter(w.mary)
	house := signertest.NewCA(t, signertest.CAOptions{Name: "House"})
	id := house.Issue(t, signertest.Leaf{Name: "Мария Иванова"})
	content := w.outside(id)
	ctx := t.Context()
	w.must(w.store.CreateRoot(ctx, app.RootAuthority{
		Portal: w.id(), ID: "root", Name: "House", DER: house.Root.Certificate.Raw,
	}, []byte("key")))
	w.must(w.store.CreateIssuer(ctx, app.IssuingAuthority{
		Portal: w.id(), ID: "issuing", Root: "root", DER: house.Issuing.Certificate.Raw,
	}, []byte("key")))
	if got := w.found(v, content); got.Verdict != signing.VerdictGood || !got.Internal || got.SelfSigned {
		t.Errorf("issued in the house: %+v", got)
	}
	house.Revoke(id.Certificate, w.clock.Now().Add(-time.Minute), 1)
	_, err := w.store.UpdateIssuer(ctx, w.id(), "issuing", func(i *app.IssuingAuthority, now time.Time) ([]app.AuditEntry, error) {
		i.List = app.RevocationList{Number: 1, DER: house.CRL(t, now), ThisUpdate: now, NextUpdate: now.AddDate(0, 0, 7)}
		return nil, nil
	})
	w.must(err)
	if got := w.only(v); got.Verdict != signing.VerdictRevoked || got.Internal {
		t.Errorf("revoked in the house: %+v", got)
	}
}

// TestStampedTime: a time is proven by an authority that is known; anybody can
// run another.
func TestStampedTime(t *testing.T) {
	w, a := newLeveled(t)
	w.rule(app.Settings{Level: app.LevelT, Timestamps: []string{a.tsa.URL}})
	v, r := w.order(w.mary)
	w.run(r.ID)
	if got := w.only(v); got.Verdict != signing.VerdictGood || got.Proven || got.StampedBy == "" || got.Level != "B-T" {
		t.Errorf("by an authority that is not known: %+v", got)
	}
	w.config.Roots = []*x509.Certificate{a.ca.Root.Certificate}
	w.serve(w.config)
	if got := w.only(v); got.Verdict != signing.VerdictGood || !got.Proven {
		t.Errorf("by an authority that is: %+v", got)
	}
}
