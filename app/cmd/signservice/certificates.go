package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

// readCertificates reads all certificates of PEM or DER files.
func readCertificates(files []string) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		found, err := parseCertificates(data)
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("%s holds no certificate in PEM or DER form", name)
		}
		all = append(all, found...)
	}
	return all, nil
}

// parseCertificates reads PEM blocks, or one DER certificate.
func parseCertificates(data []byte) ([]*x509.Certificate, error) {
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		return x509.ParseCertificates(data)
	}
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return all, nil
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
}
