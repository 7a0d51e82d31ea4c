package tsp

import (
	"bytes"
	"crypto"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"signservice/signer/signertest"
)

// TestQuery shows the request to openssl.
func TestQuery(t *testing.T) {
	q := query{hash: crypto.SHA384, digest: make([]byte, 48), policy: []int{1, 2, 3}, nonce: big.NewInt(0x1234)}
	der, err := q.encode()
	if err != nil {
		t.Fatal(err)
	}
	out := signertest.OpenSSL(t, "ts", "-query", "-in", signertest.WriteFile(t, "q", der), "-text")
	for _, want := range []string{"Version: 1", "Hash Algorithm: sha384", "Policy OID: 1.2.3", "Nonce: 0x1234", "Certificate required: yes"} {
		if !strings.Contains(out, want) {
			t.Errorf("openssl does not show %q:\n%s", want, out)
		}
	}
}

// TestFreeText holds that an authority's words cannot break a log line.
func TestFreeText(t *testing.T) {
	words := "no\r\nlevel=INFO" + strings.Repeat("x", 300)
	der := append([]byte{0x30, 0x82, 0x01, 0x44, 0x30, 0x82, 0x01, 0x40, 0x02, 0x01, 0x02, 0x30, 0x82, 0x01, 0x39, 0x0c, 0x82, 0x01, 0x35}, words[:309]...)
	_, err := readAnswer(der)
	if !errors.Is(err, ErrRefused) || strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 300 {
		t.Errorf("%q", err)
	}
}

// FuzzAnswer holds that no answer makes the client panic, and that it takes no
// token which is not over its digest with its nonce. The seeds are answers of an
// authority in its good and bad days.
func FuzzAnswer(f *testing.F) {
	ca := signertest.NewCA(f, signertest.CAOptions{})
	tsa := signertest.NewTSA(f, ca, nil)
	q := query{hash: crypto.SHA256, digest: make([]byte, 32), nonce: big.NewInt(0x1234)}
	body, err := q.encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, fault := range []signertest.Fault{
		signertest.NoFault, signertest.WrongNonce, signertest.WrongImprint, signertest.WrongSignature, signertest.NoCertificate,
		signertest.Rejection, signertest.NoToken, signertest.Garbage, signertest.TrailingData, signertest.PlainData, signertest.FractionalSeconds,
	} {
		tsa.SetFault(fault)
		answer, err := Client{HTTP: &http.Client{}}.post(f.Context(), tsa.URL, body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(answer)
	}
	f.Add([]byte{0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02})
	f.Add([]byte{0x30, 0x0a, 0x30, 0x08, 0x02, 0x01, 0x02, 0x30, 0x03, 0x0c, 0x01, 'a'})
	f.Fuzz(func(t *testing.T, in []byte) {
		der, err := readAnswer(in)
		if err != nil {
			return
		}
		token, err := Parse(der)
		if err != nil || (Client{Roots: ca.Pool()}).check(q, token) != nil {
			return
		}
		if !bytes.Equal(token.Imprint, q.digest) || token.Nonce.Cmp(q.nonce) != 0 {
			t.Error("taken, and yet about something else")
		}
	})
}
