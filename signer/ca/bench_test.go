package ca_test

import (
	"crypto"
	"math/big"
	"testing"
	"time"

	"signservice/signer/ca"
	"signservice/signer/keys"
)

// BenchmarkIssue issues certificates, lint included.
func BenchmarkIssue(b *testing.B) {
	w := newWorld(b, keys.P384, keys.P256)
	_, r := w.leaf("Mary")
	for b.Loop() {
		if _, err := w.issuing.Issue(r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAnswerOCSP signs answers.
func BenchmarkAnswerOCSP(b *testing.B) {
	w := newWorld(b, keys.P384, keys.P256)
	a := ca.OCSPAnswer{OCSPRequest: ca.OCSPRequest{Serial: big.NewInt(1 << 60), Hash: crypto.SHA1}, ThisUpdate: w.now, NextUpdate: w.now.Add(time.Hour)}
	for b.Loop() {
		if _, err := w.issuing.AnswerOCSP(a); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkList makes the list after one of 10,000 entries.
func BenchmarkList(b *testing.B) {
	w := newWorld(b, keys.P384, keys.P256)
	gone := make([]ca.Revoked, 10_000)
	for i := range gone {
		gone[i] = ca.Revoked{Serial: new(big.Int).Lsh(big.NewInt(int64(i+1)), 100), At: w.now, Reason: ca.AffiliationChanged}
	}
	before, err := w.issuing.RevocationList(nil, gone, w.now, ca.ListLife)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { b.ReportMetric(float64(len(before)), "bytes") }()
	for b.Loop() {
		if _, err := w.issuing.RevocationList(before, gone, w.now, ca.ListLife); err != nil {
			b.Fatal(err)
		}
	}
}
