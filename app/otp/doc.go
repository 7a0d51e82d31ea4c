// Package otp looks at one-time codes and binds phones to accounts.
//
// # Codes
//
// A code is six digits that FreeOTP and its like show for 30 seconds: TOTP of
// RFC 6238 with HMAC-SHA1, the only kind that every such app computes alike.
// [Verify] is the door that a signature goes through:
//
//	step, err := otp.Verify(&authenticator, "123 456", now)
//
// It does no I/O. It changes the counters of the [app.Authenticator] also when
// it refuses, so it is called inside the transaction that stores them, and that
// transaction is stored whatever the answer is.
//
// # What is guaranteed
//
//   - One step is good once: a code of the last step that was used up, or of
//     one before it, is refused (RFC 6238 section 5.2). The code of the step
//     before and after the present one is looked at too, for clocks that drift.
//   - All three codes are compared, in constant time.
//   - Four wrong codes in a row are free. From the fifth on each brings a wait
//     of 1, 2, 4, 8, then 15 minutes in which nothing is looked at; the
//     twentieth locks until an administrator sends a new link. A right code
//     ends the row, but not the count of 50 wrong codes within 24 hours.
//     NIST SP 800-63B section 5.2.2 allows 100 in a row.
//   - A used code counts as a wrong one. A malformed one counts as none: it is
//     refused unseen.
//   - Of a wrong code it is told when it is one of the last ten minutes, and
//     never when it is one of a time to come, for which a guesser could wait.
//
// # Enrolments
//
// [Enrolments] binds a phone by a link that an administrator makes, that works
// once and for one hour. The link's token is never stored, only its SHA-256.
// Looking at a link changes nothing; the secret is made when its owner, proven
// by an [app.Visit] of the same portal and user, asks for it, and takes the
// place of the old one only after one right code of it. That code is used up:
// it signs nothing. After ten wrong codes the link ends.
//
// # What it is not
//
// It does not identify visitors (app/portal), store anything (app/store) or
// draw QR codes (app/web). It does not look at [app.Portal.LinkAlone]: whoever
// lets a link suffice makes the owner's Visit from it, as one that is not proven,
// and the audit log says so.
package otp
