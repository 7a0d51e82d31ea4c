// Package admin is what an administrator of a portal does on the settings
// page: the accounts of those who may sign, the one-hour links that bind their
// phones, the certificates, who may use which, what holds for everybody in the
// portal, and the journal of all that was done.
//
// # Use
//
//	service, err := admin.New(admin.Config{
//		Store: store, Directory: portals, Enrolments: enrolments, Tokens: tokens, CheckCode: otp.Verify,
//	})
//	account, err := service.SaveAccount(ctx, visit, admin.AccountInput{User: "7", Login: "mary", New: true})
//	token, _, err := service.CreateLink(ctx, visit, account.User)
//
// # Who may
//
// Every method takes the visit of whoever asks and answers app.Forbidden
// unless it is an administrator's. The visit's mark is believed: the caller
// asks the portal anew before (portal.Recheck), since an administrator may have
// ceased to be one while the page was open. Nothing of another portal is ever
// seen: the portal is always the visit's. Three methods are everybody's: Ask
// tells the administrators what a person lacks, OwnLinks and OwnLink let people
// bind a first phone where the administrators allow it, administrators excepted.
// OperatorLink is the word of the server's operator.
//
// # Dangerous acts
//
// What lets somebody sign in another person's name, destroys something or holds
// for everybody wants the administrator's own one-time code (Visit.Code): whoever
// has taken over a signed-in browser has none, and finds no way to make one: the
// links that could bind a phone in an administrator's name are such acts too. A
// right code counts for five minutes.
//
// # Notices
//
// The people whom such an act concerns are told in the portal's messenger, in the
// language in which they saw our pages last; so are the administrators of phones
// that were bound, of links that suffice by themselves, and, once, of codes that
// somebody seems to guess. Administrators are those whom the portal named such
// when they opened a page of ours and still does. A notice that is not shown
// undoes nothing and is in the log.
//
// # What is promised
//
// What changes something leaves its audit entries in the same transaction of
// the store, under the visitor's id; what changes nothing leaves none. Input is
// refused with app.Invalid and the key of a message that names the field and
// says what is wrong. No name holds control or invisible characters, which make
// one name look like another.
//
// Who gets an account is read anew from the portal's directory: an active
// employee. To block an account, the portal need not answer.
//
// A software key is made here, handed to the store to be sealed and wiped. A
// key on a token never leaves it. No method gives a key, a phone's secret or,
// after CreateLink, a link's token.
//
// # Internal authorities
//
// [Authorities] is a portal's own certificate authority: a root, issuing
// authorities below it, what they issued, their lists of revocations, and the
// trust kit with which workstations learn to trust the root. A portal may have
// several over time, and sees no other's. A root's key can be taken off the
// server; what needs it then comes back in files from signservice ca. What is
// public (lists, certificates, OCSP) is given to anybody who knows an authority's
// id, and tells nothing of the portal.
//
// A revocation stops the certificate in the transaction that stores it. The list
// follows at once, and where that fails, within a minute; Run makes each list anew
// once a day.
package admin
