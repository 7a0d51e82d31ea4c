package signertest

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"signservice/signer/cms"
)

// TSA is a time-stamping authority (RFC 3161) over HTTP on loopback.
type TSA struct {
	URL      string
	Identity *Identity

	tb testing.TB

	mu       sync.Mutex
	now      func() time.Time
	fault    Fault
	requests int
	serial   int64
}

// Fault is a way in which a TSA misbehaves.
type Fault string

// The faults.
const (
	NoFault           Fault = ""
	WrongNonce        Fault = "wrong nonce"
	NoNonce           Fault = "no nonce"
	WrongImprint      Fault = "wrong imprint"
	WrongHash         Fault = "wrong digest algorithm"
	WrongPolicy       Fault = "wrong policy"
	WrongSignature    Fault = "wrong signature"
	NoCertificate     Fault = "no certificate"
	Rejection         Fault = "rejection"
	NoToken           Fault = "granted without token"
	Garbage           Fault = "garbage"
	TrailingData      Fault = "data behind the answer"
	TooLarge          Fault = "too large"
	Endless           Fault = "endless"
	Hanging           Fault = "hanging"
	HTTPError         Fault = "HTTP 503"
	HTML              Fault = "an HTML page"
	PlainData         Fault = "signed data that is no time-stamp"
	FractionalSeconds Fault = "fractional seconds" // which is allowed
)

// TestPolicy is the policy under which a TSA issues.
func TestPolicy() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 1} }

// NewTSA starts an authority that signs as id; nil for a new certificate of the
// CA for time-stamping on P-256.
func NewTSA(tb testing.TB, ca *CA, id *Identity) *TSA {
	tb.Helper()
	if id == nil {
		id = ca.Issue(tb, Leaf{Name: "Test TSA", Purpose: Timestamps})
	}
	tsa := &TSA{Identity: id, tb: tb, now: time.Now}
	server := httptest.NewServer(http.HandlerFunc(tsa.serve))
	tb.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	tsa.URL = server.URL
	return tsa
}

// SetFault makes the authority misbehave from now on.
func (a *TSA) SetFault(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fault = f
}

// SetClock gives the authority another clock.
func (a *TSA) SetClock(now func() time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = now
}

// Requests tells how often the authority was asked.
func (a *TSA) Requests() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests
}

// Stamp gives a token over a SHA-256 digest without asking over HTTP.
func (a *TSA) Stamp(tb testing.TB, digest []byte) []byte {
	tb.Helper()
	token, err := a.token(tsRequest{hash: crypto.SHA256, imprint: digest, certificate: true}, NoFault)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// tsRequest is a TimeStampReq.
type tsRequest struct {
	hash        crypto.Hash
	imprint     []byte
	policy      asn1.ObjectIdentifier
	nonce       *big.Int
	certificate bool
}

func (a *TSA) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.requests++
	fault := a.fault
	a.mu.Unlock()
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/timestamp-query" {
		http.Error(w, "not a time-stamp query", http.StatusBadRequest)
		return
	}
	if a.misbehave(w, r, fault) {
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(a.reply(body, fault)) // the client's loss
}

// misbehave answers in the faults that have nothing to do with time-stamps.
func (a *TSA) misbehave(w http.ResponseWriter, r *http.Request, fault Fault) bool {
	switch fault {
	case HTTPError:
		http.Error(w, "later", http.StatusServiceUnavailable)
	case HTML:
		_, _ = io.WriteString(w, "<html>Please log in</html>")
	case Garbage:
		_, _ = w.Write([]byte{0x30, 0x82, 0xff, 0xff, 1, 2, 3})
	case Hanging:
		<-r.Context().Done()
	case TooLarge, Endless:
		chunk := make([]byte, 4096)
		for i := 0; i < 64 || fault == Endless; i++ {
			if _, err := w.Write(chunk); err != nil {
				break
			}
		}
	default:
		return false
	}
	return true
}

// reply gives the TimeStampResp.
func (a *TSA) reply(body []byte, fault Fault) []byte {
	request, ok := readTSRequest(body)
	if !ok || fault == Rejection {
		return tsResponse(2, nil)
	}
	if fault == NoToken {
		return tsResponse(0, nil)
	}
	token, err := a.token(request, fault)
	if err != nil {
		a.tb.Errorf("time-stamp authority: %v", err)
		return tsResponse(2, nil)
	}
	out := tsResponse(0, token)
	if fault == TrailingData {
		out = append(out, "more"...)
	}
	return out
}

// tsResponse writes a TimeStampResp; without a token it says badAlg and why.
func tsResponse(status int64, token []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(status)
			if token == nil {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte("not today")) })
				})
				b.AddASN1BitString([]byte{0x80})
			}
		})
		b.AddBytes(token)
	})
	return b.BytesOrPanic()
}

// readTSRequest reads a TimeStampReq (RFC 3161, 2.4.1).
func readTSRequest(der []byte) (r tsRequest, ok bool) {
	in := cryptobyte.String(der)
	var body, imprint, algorithm, digest cryptobyte.String
	var version int
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&body, cbasn1.SEQUENCE) || !in.Empty() || !body.ReadASN1Integer(&version) || version != 1 ||
		!body.ReadASN1(&imprint, cbasn1.SEQUENCE) || !imprint.ReadASN1(&algorithm, cbasn1.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&oid) || !imprint.ReadASN1(&digest, cbasn1.OCTET_STRING) {
		return r, false
	}
	if r.hash, ok = cms.HashOf(oid); !ok || len(digest) != r.hash.Size() {
		return r, false
	}
	r.imprint = digest
	if body.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER) && !body.ReadASN1ObjectIdentifier(&r.policy) {
		return r, false
	}
	if body.PeekASN1Tag(cbasn1.INTEGER) {
		r.nonce = new(big.Int)
		if !body.ReadASN1Integer(r.nonce) {
			return r, false
		}
	}
	if body.PeekASN1Tag(cbasn1.BOOLEAN) && !body.ReadASN1Boolean(&r.certificate) {
		return r, false
	}
	return r, true
}

// token signs a TSTInfo.
func (a *TSA) token(r tsRequest, fault Fault) ([]byte, error) {
	info, err := a.info(r, fault)
	if err != nil {
		return nil, err
	}
	content := &cms.Content{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}, Data: info}
	if fault == PlainData {
		content.Type = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	}
	o := cms.Options{Certificate: a.Identity.Certificate, Chain: a.Identity.Chain, Encapsulated: content}
	der, err := cms.Sign(context.Background(), nil, a.Identity.Key, o)
	if err != nil {
		return nil, err
	}
	switch {
	case fault == WrongSignature:
		der[len(der)-5] ^= 1
	case fault == NoCertificate, !r.certificate:
		return withoutCertificates(der)
	}
	return der, nil
}

// info writes the TSTInfo (RFC 3161, 2.4.2).
func (a *TSA) info(r tsRequest, fault Fault) ([]byte, error) {
	a.mu.Lock()
	a.serial++
	serial, now := a.serial, a.now().UTC()
	a.mu.Unlock()
	policy := TestPolicy()
	if fault == WrongPolicy {
		policy = append(policy, 9)
	}
	imprint, hash, nonce := append([]byte(nil), r.imprint...), r.hash, r.nonce
	switch fault {
	case WrongImprint:
		imprint[0] ^= 1
	case WrongHash:
		hash, imprint = crypto.SHA512, make([]byte, 64)
	case WrongNonce:
		nonce = new(big.Int).Add(nonce, big.NewInt(1))
	case NoNonce:
		nonce = nil
	}
	stamp := now.Format("20060102150405") + "Z"
	if fault == FractionalSeconds {
		stamp = now.Format("20060102150405") + ".25Z"
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1ObjectIdentifier(policy)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			cms.AddDigestAlgorithm(b, hash)
			b.AddASN1OctetString(imprint)
		})
		b.AddASN1Int64(serial)
		b.AddASN1(cbasn1.GeneralizedTime, func(b *cryptobyte.Builder) { b.AddBytes([]byte(stamp)) })
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(1) }) // accuracy of a second
		if nonce != nil {
			b.AddASN1BigInt(nonce)
		}
	})
	return b.Bytes()
}

// withoutCertificates takes the certificates out of a container.
func withoutCertificates(der []byte) ([]byte, error) {
	in := cryptobyte.String(der)
	var outer, inner, body, version, digests, content, signers cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&outer, cbasn1.SEQUENCE) || !outer.ReadASN1ObjectIdentifier(&oid) ||
		!outer.ReadASN1(&inner, cbasn1.Tag(0).ContextSpecific().Constructed()) || !inner.ReadASN1(&body, cbasn1.SEQUENCE) ||
		!body.ReadASN1Element(&version, cbasn1.INTEGER) || !body.ReadASN1Element(&digests, cbasn1.SET) ||
		!body.ReadASN1Element(&content, cbasn1.SEQUENCE) ||
		!body.SkipASN1(cbasn1.Tag(0).ContextSpecific().Constructed()) || !body.ReadASN1Element(&signers, cbasn1.SET) {
		return nil, fmt.Errorf("not a signed data")
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1(cbasn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, part := range [][]byte{version, digests, content, signers} {
					b.AddBytes(part)
				}
			})
		})
	})
	return b.Bytes()
}

// VerifyTimestamp has openssl verify a token over data against a root.
func VerifyTimestamp(tb testing.TB, token, data []byte, id *Identity, root *x509.Certificate) error {
	tb.Helper()
	_, err := Try(tb, "openssl", "ts", "-verify", "-token_in", "-in", WriteFile(tb, "token.der", token),
		"-data", WriteFile(tb, "data", data), "-CAfile", WriteFile(tb, "root.pem", CertificatesPEM(root)),
		"-untrusted", WriteFile(tb, "chain.pem", CertificatesPEM(id.Chain...)))
	return err
}
