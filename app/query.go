package app

// RequestQuery narrows a list of Requests, newest first. Zero fields do not
// narrow.
type RequestQuery struct {
	User   UserID
	Entity Entity
	States []State
	// Limit is the most rows to give; 0 means 100.
	Limit int
}

// AuditQuery narrows a list of audit entries, newest first.
type AuditQuery struct {
	// Before gives only entries with a smaller Seq; 0 starts at the newest.
	Before int64
	User   UserID
	Action Action
	// Limit is the most rows to give; 0 means 100.
	Limit int
}

// Remembered is what a user chose last, offered again. Never the code.
type Remembered struct {
	Certificate CertificateID `json:"certificate"`
	Signet      Signet        `json:"signet"`
}
