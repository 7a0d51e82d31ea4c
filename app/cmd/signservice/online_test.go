package main

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"signservice/signer/signertest"
)

// online gives scripts authorities that answer: the command "authorities" starts
// a CA and a time-stamp authority, writes person.key, person.pem, issuing.pem
// and authority.pem (the root), and sets TSA and PAGE, an address that is none;
// "revoke AGO" has the CA revoke the person for a stolen key as of that time.
type online struct {
	t  *testing.T
	mu sync.Mutex
	of map[string]*signertest.CA // by the script's folder
	id map[string]*signertest.Identity
}

func newOnline(t *testing.T) *online {
	return &online{t: t, of: map[string]*signertest.CA{}, id: map[string]*signertest.Identity{}}
}

func (o *online) start(ts *testscript.TestScript, _ bool, _ []string) {
	ca := signertest.NewCA(o.t, signertest.CAOptions{})
	ca.ServeChain(o.t)
	tsa, page := signertest.NewTSA(o.t, ca, nil), signertest.NewTSA(o.t, ca, nil)
	page.SetFault(signertest.HTML)
	id := ca.Issue(o.t, signertest.Leaf{Name: "Test Person"})
	for name, data := range map[string][]byte{
		"person.key": id.KeyPEM(o.t), "person.pem": id.CertificatePEM(),
		"issuing.pem": ca.Issuing.CertificatePEM(), "authority.pem": ca.Root.CertificatePEM(),
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name), data, 0o600))
	}
	ts.Setenv("TSA", tsa.URL)
	ts.Setenv("PAGE", page.URL)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.of[ts.Getenv("WORK")], o.id[ts.Getenv("WORK")] = ca, id
}

func (o *online) revoke(ts *testscript.TestScript, _ bool, args []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ago, err := time.ParseDuration(args[0])
	ts.Check(err)
	work := ts.Getenv("WORK")
	o.of[work].Revoke(o.id[work].Certificate, time.Now().Add(-ago), 1)
}
