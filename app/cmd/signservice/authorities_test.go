package main

import (
	"net/http"
	"testing"

	"signservice/signer/signertest"
)

// TestStampFrom asks a time-stamp server as the service does: one that answers
// gives a time-stamp, whose faults and silence are told.
func TestStampFrom(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	tsa := signertest.NewTSA(t, ca, ca.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps}))
	ask := stampFrom(http.DefaultTransport)
	if err := ask(t.Context(), tsa.URL); err != nil {
		t.Errorf("a good server: %v", err)
	}
	if n := tsa.Requests(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	for _, fault := range []signertest.Fault{signertest.WrongNonce, signertest.Rejection, signertest.HTTPError, signertest.HTML} {
		tsa.SetFault(fault)
		if err := ask(t.Context(), tsa.URL); err == nil {
			t.Errorf("%s is taken for a time-stamp", fault)
		}
	}
}
