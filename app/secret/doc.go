// Package secret keeps what must not be readable at rest: OAuth grants, TOTP
// secrets, software keys, PINs and the identity of the spool. Everything is
// sealed under one master key of 32 bytes that lives outside the data.
//
// # Use
//
//	master, err := secret.LoadMaster(secret.Config{File: "/etc/signservice/master.key"})
//	keeper, err := secret.New(master)
//	master.Zero()
//	sealed, err := keeper.Seal(plain, []byte("grants/portal/7"))
//	plain, err = keeper.Open(sealed, []byte("grants/portal/7"))
//
// The second argument says where the value belongs. It is not stored, but a
// value opens only with the same one: rows that were exchanged do not open.
//
// # What is guaranteed
//
// Sealing is AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits, so
// one master key is good for far more values (2^32) than a portal makes in its
// life. The key of every purpose comes from the master key by HKDF-SHA256
// (RFC 5869), so no two purposes share one. A sealed value names the key that
// sealed it, which lets a wrong key be told from a damaged value, and leaves
// room for a ring of keys.
//
// [Keeper.Check] is a value that may be stored in the open and tells later
// whether the same master key is in use; it gives nothing away, since the
// master key is 256 random bits. [LoadMaster] therefore refuses files that
// look like a typed text.
//
// # What it is not
//
// It does not stream: documents are sealed by app/spool, whose identity is
// sealed here. It does not protect against someone who reads this process's
// memory; [Bytes.Zero] only shortens the time in which that pays.
package secret
