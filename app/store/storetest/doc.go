// Package storetest is the contract of the store as an exported test suite:
// every backend passes the same tests, and the records above it keep their
// promises on each.
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Backend { return open(t) })
//	}
//
// # Faults
//
// [Faulty] is a backend that fails at its n-th operation. [FailEverywhere]
// does an act again and again, failing at the first operation, then at the
// second, until the act passes without meeting the fault, and has what is left
// checked each time. [Twice] is a backend that runs every update function
// twice, as a database with serialisable transactions does, so that functions
// which add up outside the transaction show.
package storetest
