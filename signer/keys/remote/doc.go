// Package remote keeps PKCS#11 modules out of the process that uses their keys.
// A vendor's library that hangs or crashes takes a helper process with it, and
// not a service.
//
//	tokens, err := remote.Open(remote.Config{Config: keys.Config{…}, Command: []string{self, "token-helper"}})
//	go tokens.Run(ctx)
//	key, err := tokens.Signer(ctx, id)   // a *keys.Signer, as of keys.Tokens
//	defer tokens.Close()
//
// Tokens answers as keys.Tokens does, with the same errors. There is one helper
// for each module, started when it is first needed; it runs Serve, which holds a
// keys.Tokens of that module.
//
// # What a hang and a crash come to
//
// Each call has a deadline. When it passes, or when the helper ends, every call
// that the helper had under way fails with keys.ErrToken, which means that
// nothing was signed for anybody and that the call may be made again; the state
// of the tokens is keys.StateFailed until a new helper has opened them. It is
// started at the next use or look (Run), the first time at once, and after each
// further end in a row a little later, at most eight seconds: calls in between
// fail at once.
//
// A helper that ends during a login leaves the PIN latch as it is: nobody knows
// whether the PIN counted as a wrong one, so it is not sent again until a person
// says so (keys.FileLatch.Reset).
//
// # What passes between the two
//
// A pair of connected sockets, which have no name that others could open. The
// service sends digests and names of keys; the helper asks for a PIN, and
// for leave of the PIN latch, which the service keeps. A PIN never stands in an
// argument or in the environment of the helper: a caller that has one in its own
// environment gives Config.Environ without it. The helper writes no core file.
// What a library prints is thrown away.
//
// A signature that comes back is verified by the service with the certificate's
// public key. The helper ends with its service, also when that is killed.
//
// # When not to use it
//
// A program that signs once and ends, as the command line does, is its own
// helper: it can be interrupted, and takes nobody with it. It uses keys.Tokens.
package remote
