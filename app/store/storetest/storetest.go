package storetest

import (
	"testing"

	"signservice/app/store"
)

// Run holds a backend, and the store's records on it, against their contract.
// open gives a new, empty backend and closes it when its test ends.
func Run(t *testing.T, open func(t *testing.T) store.Backend) {
	t.Run("backend", func(t *testing.T) { testBackend(t, open) })
	t.Run("records", func(t *testing.T) { Records(t, open) })
	t.Run("records, every update twice", func(t *testing.T) {
		Records(t, func(t *testing.T) store.Backend { return Twice(open(t)) })
	})
}

// Records holds the store's records on a backend against the store's page.
func Records(t *testing.T, open func(t *testing.T) store.Backend) {
	for _, promise := range []struct {
		name string
		test func(t *testing.T, w *world)
	}{
		{"records come back whole", testRoundTrip},
		{"what is not there is not found", testNotFound},
		{"portals do not see each other", testPortals},
		{"secrets are sealed", testSealed},
		{"moved and changed records are not believed", testMovedRecords},
		{"accounts go with all that is theirs", testDeleteAccount},
		{"certificates in use stay", testDeleteCertificate},
		{"a token's certificate is one portal's", testClaim},
		{"certificates change within bounds", testUpdateCertificate},
		{"authorities are kept with their keys", testAuthorities},
		{"a root's key is destroyed for good", testRootKey},
		{"issuing authorities change within bounds", testIssuers},
		{"what is revoked signs no more", testIssued},
		{"assignments need both ends", testAssign},
		{"one link is open", testOneLink},
		{"a refusal counts, a failure does not", testRefusals},
		{"used steps stay used", testStepsOnlyGrow},
		{"requests begin frozen", testSaveRequest},
		{"requests change within bounds", testRequestBounds},
		{"requests are begun anew within bounds", testResume},
		{"requests are listed", testRequests},
		{"unfinished requests are known", testUnfinished},
		{"what waits is listed, and who signed when", testWaiting},
		{"invitations are listed and end once", testInvitations},
		{"orders take their user's frozen requests", testCreateOrder},
		{"one step authorizes one order", testAuthorize},
		{"a step used in parallel is used once", testAuthorizeRace},
		{"authorizing needs consent", testConsent},
		{"time ends and clears requests", testStale},
		{"a portal is erased whole", testErase},
		{"the audit log tells everything in order", testAudit},
		{"the latest time stays", testLatest},
		{"tampering with the audit log shows", testTampering},
		{"a fault leaves all or nothing", testFaults},
	} {
		t.Run(promise.name, func(t *testing.T) { promise.test(t, newWorld(t, open(t))) })
	}
}
