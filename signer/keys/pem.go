package keys

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// ReadPEM reads the one private key of a PEM file: PKCS#8, PKCS#1 or SEC 1.
// Certificates and parameters beside it are passed over.
//
// Errors: ErrEncryptedPEM, ErrSeveralKeys, ErrFormat, ErrKeyUnsupported.
func ReadPEM(data []byte) (*SoftKey, error) {
	var found *SoftKey
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		key, err := readBlock(block)
		clear(block.Bytes)
		switch {
		case err != nil:
			return nil, err
		case key == nil:
			continue
		case found != nil:
			return nil, ErrSeveralKeys
		}
		found = key
	}
	if found == nil {
		return nil, fmt.Errorf("no private key in PEM form: %w", ErrFormat)
	}
	return found, nil
}

// readBlock reads the private key of a block; nil when it holds something else.
func readBlock(block *pem.Block) (*SoftKey, error) {
	if block.Headers["DEK-Info"] != "" || block.Type == "ENCRYPTED PRIVATE KEY" {
		return nil, ErrEncryptedPEM
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		return ParsePKCS8(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", block.Type, ErrFormat, err)
	}
	return newSoftKey(key)
}
