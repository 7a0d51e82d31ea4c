// Package admin is what an administrator of a portal does on the settings
// page: the accounts of those who may sign, the one-hour links that bind their
// phones, the certificates, who may use which, and the journal of all that was
// done.
//
// # Use
//
//	service, err := admin.New(admin.Config{
//		Store: store, Directory: portals, Enrolments: enrolments, Tokens: tokens,
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
// seen: the portal is always the visit's.
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
package admin
