// Package demo is the company of `signservice demo`: its people, its deals and
// the contracts that lie in them, and the simulated portal it works in.
//
// The contracts are made by the package itself (contract.go, document.go), so
// that the demo needs no file from elsewhere, in Russian, English and German,
// several pages each. Nothing here is ever reachable from `signservice serve`.
package demo
