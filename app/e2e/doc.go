// Package e2e holds no code, only tests: the real program, the simulated
// portal that `signservice demo` starts, a real Chromium, a SoftHSM2 token, and
// strangers' programs as judges.
//
// # What it shows
//
// TestStory is the whole main job as people live it: an administrator installs
// the app, makes an account, assigns a certificate on a token and one with a
// software key; Mary binds her phone through the one-hour link, signs the PDF
// of a deal with the token, then once more with the software key. The file is
// then fetched from the portal over HTTP and shown to pdfsig, openssl and qpdf.
//
// TestSignTab is the same tab where things go wrong or twice: a wrong code, a
// double click, a reload right after Sign, two tabs, a deal without a PDF, a
// visitor who is not an administrator, a setup link of somebody else or used.
//
// # How
//
// The program is built once and run as a process of its own. The portal listens
// on 127.0.0.2 and SignService on 127.0.0.1: two sites, so that the browser
// treats the app's frame as a stranger's, without third-party cookies. A frame
// of another site is a target of its own in Chromium; page.frame attaches to
// it, so clicks and keys go through the browser's own input. Nothing waits by
// sleeping: each wait names its condition.
//
// Every page and frame that a test drives is listened to; an exception or an
// error in its console fails the test. The frame of the installation is not
// heard: it is gone before anything can attach to it.
//
// # Pictures
//
// With E2E_SHOTS=FOLDER the pages and the signed page are kept there as PNG,
// to be looked at.
//
// A program that is missing on the machine (chromium, softhsm2-util, pdfsig,
// qpdf, openssl, oathtool, zbarimg) skips the test, or fails it where CI=true.
package e2e
