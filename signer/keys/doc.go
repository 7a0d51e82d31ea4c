// Package keys knows where private keys live and hands out a crypto.Signer
// bound to its certificate. Signers take digests: keys never meet documents.
//
// # Tokens
//
// Keys on PKCS#11 tokens stay there. Open takes the tokens of a configuration,
// any number on any number of modules, and gives a registry:
//
//	tokens, err := keys.Open(keys.Config{
//		Latch:  latch,
//		Tokens: []keys.TokenConfig{{Module: "/usr/lib/softhsm/libsofthsm2.so", Serial: "…", PIN: keys.PINFile(path)}},
//	})
//	go tokens.Run(ctx)                 // a service watches its tokens
//	list := tokens.List(ctx)           // certificates and keys, token by token
//	key, err := tokens.Signer(ctx, id) // id names token, key and certificate
//	defer tokens.Close()
//
// A KeyID names the token's serial number, the CKA_ID and the certificate's
// fingerprint, never a label: labels repeat. Certificates are matched to keys by
// public key, so that a renewed certificate under an old CKA_ID finds the right
// one. Certificates without a key and keys without a certificate are listed as
// such.
//
// PKCS#11 needs cgo. A program built without it still has this package: Open
// then answers ErrNoPKCS11 when a token is configured.
//
// # PINs
//
// A wrong PIN is sent to a token at most once, ever, since three to ten of them
// destroy it. Before each login a PINLatch remembers, durably, that this PIN is
// about to be sent, and forgets it when the token accepted it; a PIN that is
// still remembered is not sent again. A token that says it is locked, or that
// one more wrong PIN would lock it, is not touched. The latch holds a keyed hash
// of the PIN, never the PIN.
//
// The PIN is no separation between users inside one process: a token is logged
// in once for all (PKCS#11, 5.6.8). Who may use which key is decided elsewhere.
//
// # Tokens that come and go
//
// A token that was pulled out is noticed at its next use or within Config.Poll,
// and opened again when it is back; a Signer stays good through that. Errors say
// which: ErrTokenAbsent, ErrToken and so on.
//
// C_Initialize and C_Finalize concern the whole process: one registry of a
// process must be the only user of a module. Some modules (SoftHSM2 is one) see
// a token that came back only after C_Finalize, which ends the sessions of every
// other token of the module: the registry then waits for their calls, closes all
// and opens all, at most once in Config.RestartInterval. A call that hangs inside
// a vendor's module hangs its caller, and one that crashes ends the process: a
// service keeps its registry in processes of their own, see package remote.
//
// # Keys made on a token
//
// GenerateKey has a token make a key, CertificateRequest makes the PKCS #10 for
// its certificate, and ImportCertificate writes the issued one beside it. Who
// issues is not decided here.
//
// # Software keys
//
// SoftKey is a private key in memory: Generate makes one, ParsePKCS8, ReadPEM
// and ImportPKCS12 read one. It never shows itself in logs or errors. Sealing it
// at rest is the caller's part. SelfSigned makes a certificate that signs itself,
// for documents and for nothing else.
package keys
