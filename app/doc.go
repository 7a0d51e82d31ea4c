// Package app is the domain of SignService: the nouns that every room of the
// house shares, the kinds of error, and nothing else. It imports the standard
// library only, so that any package may import it.
//
// # Tour of the house
//
// A portal administrator installs SignService into a Bitrix24 [Portal]
// (package install), makes an [Account] for an employee and assigns a
// [Certificate] to it by an [Assignment] (app/admin). The employee binds a
// phone through an [Enrolment] (app/otp), opens a deal and sees its PDFs, each
// a [Document] (app/portal). Choosing one freezes its bytes as a [Request];
// pressing Sign makes an [Order] of one or more Requests, authorized by one
// code (app/signing). The Requests are then run step by step (app/queue,
// app/signing): prepared and signed (signer), put back and told to the deal's
// timeline (app/portal). A colleague is asked to sign by an [Invitation], also
// by a workflow. What holds for everybody in a portal are its [Settings]: the
// level of signatures, the look of the [Signet]. Each operation leaves an [AuditEntry] in a chain that
// shows tampering (app/store).
//
// What must not be readable at rest is sealed under the master key
// (app/secret); keys are given to signing, and tokens kept to their portals, by
// app/keyring; documents on their way lie in a sealed spool (app/spool).
// People meet the product through app/web, which turns these nouns into the
// view models of package views, in their own language (app/i18n).
//
// app/backup writes what must not be lost into one encrypted file, and restores
// it. Letters go through app/mail; app/doctor finds out whether all of this can work,
// and says how to mend what cannot.
//
// app/cmd/signservice is the only place that puts the rooms together.
//
// # Words
//
// One word per thing: Portal, Account, Certificate, Assignment, Token, Grant,
// Session, Order, Request, Invitation, Signature, Signet, Placement, Slot,
// Document, Enrolment, Settings, Visitor, Backup. A Bitrix24 "placement" is a Slot here, since Placement is the
// place of a Signet on a page.
package app
