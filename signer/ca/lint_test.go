package ca_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"

	"signservice/signer/ca"
	"signservice/signer/keys"
)

// TestLints have what is issued be as the RFCs demand, and find what is not.
func TestLints(t *testing.T) {
	for _, kind := range []keys.Kind{keys.P256, keys.RSA2048} {
		w := newWorld(t, kind, kind)
		leaf, _ := w.issue("Мария Иванова")
		for name, c := range map[string]*x509.Certificate{"root": w.root.Certificate, "issuing": w.issuing.Certificate, "leaf": leaf} {
			if err := ca.LintCertificate(c.Raw); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	wants(t, ca.LintCertificate([]byte("x")), ca.ErrLint)
	wants(t, ca.LintList([]byte("x")), ca.ErrLint)
}

// TestLintFirst holds that a certificate against the rules is never signed with
// the true key.
func TestLintFirst(t *testing.T) {
	w := newWorld(t, keys.P256, keys.P256)
	key := &counting{SoftKey: w.issuing.Key.(*keys.SoftKey)}
	for rule, change := range map[string]func(*x509.Certificate){
		"e_ext_key_usage_cert_sign_without_ca": func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign },
		"e_key_usage_and_extended_key_usage_inconsistent": func(c *x509.Certificate) {
			c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageCRLSign, []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
		},
		"e_path_len_constraint_improperly_included": func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid, c.MaxPathLen, c.KeyUsage = true, true, 3, x509.KeyUsageDigitalSignature
		},
	} {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1 << 60), Subject: pkix.Name{CommonName: "Mary"},
			NotBefore: w.now, NotAfter: w.now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		}
		change(template)
		_, err := ca.Create(template, w.issuing.Certificate, w.key(keys.P256).Public(), key)
		wants(t, err, ca.ErrLint)
		if err == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("%s is not named: %v", rule, err)
		}
	}
	if key.used != 0 {
		t.Errorf("the true key signed %d times", key.used)
	}
}
