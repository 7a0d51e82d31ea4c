package signing_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"os"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/signing"
	"signservice/signer"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// tokenRing opens the keys of real tokens.
type tokenRing struct{ tokens *keys.Tokens }

func (k tokenRing) Signer(ctx context.Context, c app.Certificate) (crypto.Signer, func(), error) {
	key, err := k.tokens.Signer(ctx, keys.KeyID{Token: c.TokenSerial, ID: c.KeyID, Certificate: string(c.ID)})
	if err != nil {
		return nil, nil, app.Fail(app.Unavailable, "open token", "certificate.token-absent").Because(err)
	}
	return key, func() {}, nil
}

func (k tokenRing) Absent(context.Context, app.Certificate) (time.Time, bool) {
	s := k.tokens.Status()[0]
	return s.Since, s.State == keys.StateAbsent
}

// tokened gives Mary a certificate whose key is on a token.
func (w *world) tokened(token *signertest.Token, ca *signertest.CA, who *signertest.Identity) *keys.Tokens {
	w.t.Helper()
	pin := signertest.WriteFile(w.t, "pin", []byte(token.PIN))
	w.must(os.Chmod(pin, 0o600))
	tokens, err := keys.Open(keys.Config{
		Tokens: []keys.TokenConfig{{Module: token.Module, Serial: token.Serial, PIN: keys.PINFile(pin)}},
		Latch:  keys.NewFileLatch(w.t.TempDir()), Poll: 50 * time.Millisecond, RestartInterval: 100 * time.Millisecond,
	})
	w.must(err)
	w.t.Cleanup(func() { _ = tokens.Close() })
	leaf := who.Certificate
	w.cert = app.Certificate{
		ID: app.CertificateID(keys.Fingerprint(leaf.Raw)), Portal: w.id(), Source: app.KeyToken, DER: leaf.Raw,
		Chain: [][]byte{ca.Issuing.Certificate.Raw}, TokenSerial: token.Serial, KeyID: "07", Name: leaf.Subject.CommonName, NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter,
	}
	w.must(w.store.SaveCertificate(context.Background(), w.cert, nil))
	w.assign(w.mary, w.cert.ID)
	w.clock.set(leaf.NotBefore.Add(time.Hour)) // certificates of signertest are of today
	config := w.config
	config.Keys = tokenRing{tokens}
	w.serve(config)
	return tokens
}

// The key is on a token, which is pulled out between the order and the
// signature, and comes back.
func TestAToken(t *testing.T) {
	w := newWorld(t)
	token := signertest.NewHSM(t).NewToken(t, "Office")
	ca := signertest.NewCA(t, signertest.CAOptions{})
	now := time.Now()
	who := ca.Issue(t, signertest.Leaf{Name: "Мария Иванова", NotBefore: now.Add(-2 * time.Hour), NotAfter: now.AddDate(1, 0, 0)})
	token.Put(t, []byte{7}, "key", who)
	tokens := w.tokened(token, ca, who)
	if list := tokens.List(t.Context()); len(list) != 1 {
		t.Fatalf("%d tokens", len(list))
	}
	_, r := w.order(w.mary)
	token.Unplug(t)
	again, err := w.Run(t.Context(), r.Portal, r.ID)
	if wants(t, err, app.Unavailable, "certificate.token-absent"); again.IsZero() {
		t.Fatal("the request was given up at once")
	}
	w.untouched()

	// While it is away nobody's code is used up.
	v := w.enter(w.mary)
	if choices, err := w.Choices(t.Context(), v); err != nil || choices.Certificates[1].Unusable != "certificate.token-absent" {
		t.Errorf("choices: %+v, %v", choices.Certificates, err)
	}
	step := w.lastStep(w.mary)
	w.clock.forward(time.Minute)
	_, err = w.Sign(t.Context(), v, w.input(w.mary, w.freeze(v).ID))
	wants(t, err, app.Unavailable, "certificate.token-absent")
	if w.lastStep(w.mary) != step {
		t.Error("the code was used up")
	}

	token.Plug(t)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		tokens.List(t.Context())
		if _, away := (tokenRing{tokens}).Absent(t.Context(), w.cert); !away {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the token does not come back")
		}
	}
	if done := w.run(r.ID); done.State != app.Done {
		t.Fatalf("%s: %+v", done.State, done.Failure)
	}
	w.signedOnce()
	held := w.held()[0]
	report, err := signer.Verify(t.Context(), bytes.NewReader(held), int64(len(held)), signer.VerifyOptions{Roots: []*x509.Certificate{ca.Root.Certificate}})
	if w.must(err); !report.Good(true) || report.Signatures[0].Signer != "Мария Иванова" {
		t.Errorf("signed as %+v", report.Signatures[0])
	}
	if !bytes.Equal(w.read(v, r.ID, signing.Original), w.original) {
		t.Error("the original is not kept")
	}
}
