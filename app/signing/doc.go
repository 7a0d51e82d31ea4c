// Package signing is the use case the product exists for: it takes the order
// to sign a document, freezes it as a Request, has the code checked, and
// carries the Request step by step until the signed file lies in the portal
// and the timeline tells it. It knows nothing of HTTP, of Bitrix24's methods
// or of how records are stored; it reaches them through the small interfaces
// in ports.go.
//
// # States
//
// Each state is stored before the step that leads out of it begins, and each
// step can be repeated, so that a crash loses nothing:
//
//	state       what is stored                          what is left if the power fails here
//	frozen      the original, sealed in the spool       the form is filled again, or the Request expires; the file is untouched
//	authorized  the code is used up, the audit says so  the queue takes the Request up again at the next start
//	prepared    the increment and its digest            signed again at the next start: no earlier signature left the house
//	signed      the signed file, checked and fsynced    delivered at the next start; the portal is read first, so nothing is written twice
//	delivered   the portal's id of the signed file      the timeline is read, and told if it does not tell it yet
//	done        original and result for 30 days         nothing is missing
//	failed      why, and whether the file changed       the file is as it was; a signed result is kept and can be delivered by Retry
//	conflict    who was there first                     nothing was replaced
//	expired     nothing but the fact                    the file is untouched; the same bytes are frozen anew when the person goes on
//	cancelled   nothing but the fact                    the file is untouched
//
// # Pages and signers
//
// Before the order a person sees the page that will be signed: [Service.Sheet]
// measures it, [Service.Picture] draws it from the frozen bytes with the signet
// that is tried, by the same increment as the signature's. [Service.Signatures]
// tells who has signed a document, to everybody who may read it in the portal;
// an account is not needed for it. A name in a signature counts where somebody
// known vouches for it (trust.go): anybody can sign a file as anybody and upload
// it. Neither changes anything.
//
// # What an administrator does
//
// [Service.Rehearse] signs a sample: a Request marked Sample takes the same way
// from the code to the check and ends there, since it lies in no portal.
// [Service.Stuck] lists the Requests that do not go on, [Service.Push] has the
// queue take one up: what was authorized goes on, what was signed is delivered,
// with the rights of the person who ordered it.
//
// # Guarantees
//
// Nothing is signed before the audit log holds the intent, durably. The bytes
// signed are the frozen ones, whose SHA-256 the person was shown. The signed
// file is verified before it leaves the house, and the bytes delivered are those
// that were verified. One code authorizes one Order, ever, and is used up only
// when everything that can be refused before has not been refused. Whatever call
// fails, and whenever the process ends, the end is one signed file and one entry
// in the timeline, or the file as it was and a sentence that says why. What failed
// for a reason that passes is begun anew without a new code for five minutes: for
// the same bytes, certificate and signet, under the same Order, and nothing else.
package signing
