package remote

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"time"

	"signservice/signer/keys"
)

// What the service asks of the helper.
const (
	opOpen     = "open"     // openRequest; before all others
	opWatch    = "watch"    // looks at the tokens once
	opList     = "list"     // gives []contents
	opRetry    = "retry"    // serial number
	opSigner   = "signer"   // keys.KeyID; gives entry
	opSign     = "sign"     // signRequest; gives a signature value
	opGenerate = "generate" // generateRequest; gives keys.KeyID
	opRequest  = "request"  // requestRequest; gives DER
	opImport   = "import"   // importRequest; gives keys.KeyID
)

// What the helper asks of the service.
const (
	opPIN      = "pin"      // pinRequest; gives the PIN
	opTry      = "try"      // tryRequest; gives the number of the try
	opAnswered = "answered" // answeredRequest
)

type openRequest struct {
	Module          string        `json:"module"`
	Tokens          []tokenConfig `json:"tokens"`
	RestartInterval time.Duration `json:"restart_interval"`
}

type tokenConfig struct {
	Serial       string `json:"serial"`
	Label        string `json:"label"`
	PIN          bool   `json:"pin"` // there is one
	SignaturePIN bool   `json:"signature_pin"`
	MaxSessions  int    `json:"max_sessions"`
}

type pinRequest struct {
	Token     int  `json:"token"` // as numbered in openRequest
	Signature bool `json:"signature"`
}

type tryRequest struct {
	Name string `json:"name"` // as the latch knows the token
	PIN  []byte `json:"pin"`
}

type answeredRequest struct {
	Try      int  `json:"try"`
	Accepted bool `json:"accepted"`
}

type generateRequest struct {
	Token string      `json:"token"`
	Key   keys.NewKey `json:"key"`
}

type requestRequest struct {
	ID      keys.KeyID   `json:"id"`
	Subject keys.Subject `json:"subject"`
}

type importRequest struct {
	Token       string `json:"token"`
	Certificate []byte `json:"certificate"`
}

type signRequest struct {
	ID     keys.KeyID  `json:"id"`
	Digest []byte      `json:"digest"`
	Hash   crypto.Hash `json:"hash"`
	PSS    bool        `json:"pss"`
	Salt   int         `json:"salt"`
}

func newSignRequest(id keys.KeyID, digest []byte, opts crypto.SignerOpts) signRequest {
	r := signRequest{ID: id, Digest: digest, Hash: opts.HashFunc()}
	if pss, ok := opts.(*rsa.PSSOptions); ok {
		r.PSS, r.Salt = true, pss.SaltLength
	}
	return r
}

func (r signRequest) options() crypto.SignerOpts {
	if r.PSS {
		return &rsa.PSSOptions{Hash: r.Hash, SaltLength: r.Salt}
	}
	return r.Hash
}

// status is keys.Status.
type status struct {
	Token       keys.TokenInfo `json:"token"`
	State       keys.State     `json:"state"`
	Since       time.Time      `json:"since"`
	Err         *wireError     `json:"err,omitempty"`
	PINCountLow bool           `json:"pin_count_low,omitempty"`
}

func encodeStatus(list []keys.Status) []status {
	all := make([]status, 0, len(list))
	for _, s := range list {
		all = append(all, status{s.Token, s.State, s.Since, encodeError(s.Err), s.PINCountLow})
	}
	return all
}

func (s status) decode() keys.Status {
	return keys.Status{Token: s.Token, State: s.State, Since: s.Since, Err: s.Err.decode(), PINCountLow: s.PINCountLow}
}

// contents is keys.Contents.
type contents struct {
	Token   keys.TokenInfo `json:"token"`
	Entries []entry        `json:"entries"`
	Err     *wireError     `json:"err,omitempty"`
}

func encodeContents(list []keys.Contents) ([]contents, error) {
	all := make([]contents, 0, len(list))
	for _, c := range list {
		one := contents{Token: c.Token, Err: encodeError(c.Err)}
		for _, e := range c.Entries {
			encoded, err := encodeEntry(e)
			if err != nil {
				return nil, err
			}
			one.Entries = append(one.Entries, encoded)
		}
		all = append(all, one)
	}
	return all, nil
}

func (c contents) decode() (keys.Contents, error) {
	one := keys.Contents{Token: c.Token, Err: c.Err.decode()}
	for _, e := range c.Entries {
		decoded, err := e.decode()
		if err != nil {
			return one, err
		}
		one.Entries = append(one.Entries, decoded)
	}
	return one, nil
}

// entry is keys.Entry, with certificates and key as DER.
type entry struct {
	ID          keys.KeyID `json:"id"`
	Label       string     `json:"label"`
	Certificate []byte     `json:"certificate,omitempty"`
	Chain       [][]byte   `json:"chain,omitempty"`
	HasKey      bool       `json:"has_key"`
	Public      []byte     `json:"public,omitempty"`
	Always      bool       `json:"always,omitempty"`
	Problem     *wireError `json:"problem,omitempty"`
}

func encodeEntry(e keys.Entry) (entry, error) {
	w := entry{ID: e.ID, Label: e.Label, HasKey: e.HasKey, Always: e.AlwaysAuthenticate, Problem: encodeError(e.Problem)}
	for _, issuer := range e.Chain {
		w.Chain = append(w.Chain, issuer.Raw)
	}
	var err error
	switch {
	case e.Certificate != nil:
		w.Certificate = e.Certificate.Raw // which has the public key
	case e.Public != nil:
		w.Public, err = x509.MarshalPKIXPublicKey(e.Public)
	}
	return w, err
}

func (w entry) decode() (keys.Entry, error) {
	e := keys.Entry{ID: w.ID, Label: w.Label, HasKey: w.HasKey, AlwaysAuthenticate: w.Always, Problem: w.Problem.decode()}
	var err error
	switch {
	case w.Certificate != nil:
		if e.Certificate, err = x509.ParseCertificate(w.Certificate); err != nil {
			return e, fmt.Errorf("certificate from the helper process: %w", err)
		}
		e.Public = e.Certificate.PublicKey
	case w.Public != nil:
		if e.Public, err = x509.ParsePKIXPublicKey(w.Public); err != nil {
			return e, fmt.Errorf("public key from the helper process: %w", err)
		}
	}
	for _, der := range w.Chain {
		issuer, err := x509.ParseCertificate(der)
		if err != nil {
			return e, fmt.Errorf("certificate from the helper process: %w", err)
		}
		e.Chain = append(e.Chain, issuer)
	}
	return e, nil
}
