package views

// Grantable is a certificate that an account may or may not use, seen from
// either side.
type Grantable struct {
	Certificate string
	User        string
	Name        string
	Facts       []string
	// Badges tell of self-signed, ended, blocked.
	Badges   []Tag
	Assigned bool
	// Label names the tick box for a reader: who may use what.
	Label string
	// Limits are the time in which it holds; nil where the view has none.
	Limits *Limits
}

// Limits are the time of an assignment, and the form to change it.
type Limits struct {
	// Words say the time, Tone whether it holds now.
	Tone, Words string
	// From and Until are days as "2026-11-23"; empty for no limit.
	From, Until string
	// View is the screen that is shown again: "account" or "certificate".
	View string
}

// id begins the ids of the fields of one Grantable.
func (g Grantable) id() string { return "limit-" + g.User + "-" + g.Certificate }

// Grants is one page of a one-sided view: the certificates of an account, or
// the accounts of a certificate.
type Grants struct {
	T    T
	List []Grantable
	// Empty says why there is none; empty where there are some.
	Empty string
	Find  *Find
	Pages Pager
}

// Find is a search over a list of several pages.
type Find struct {
	// Path is the call, Keep are parameters that it keeps.
	Path string
	Keep map[string]string
	// Fields are the texts to search for.
	Fields []FindField
	Button string
}

// FindField is one text of a search.
type FindField struct{ Name, Label, Value string }

// Pager leads through the pages of a list. One of a single page shows nothing.
type Pager struct {
	Words          string
	Earlier, Later *Action
}

// Assignments is who may use which certificate, in one of three views.
type Assignments struct {
	T T
	// Views are the ways to look, one of them checked; its Value is the call.
	Views []Option
	Find  *Find
	// Empty says what is missing; empty where there is something.
	Empty string
	// Rows are the accounts or the certificates of a one-sided view.
	Rows  []AssignmentRow
	Pages Pager
	// Grid is the grid; nil in the other views.
	Grid *Grid
}

// AssignmentRow is an account with its certificates, or a certificate with its
// accounts.
type AssignmentRow struct {
	Icon, Name string
	Badges     []Tag
	Facts      []string
	Open       Action
}

// Grid is a part of the accounts against a part of the certificates.
type Grid struct {
	Columns     []Column
	Rows        []GridRow
	ColumnPages Pager
}

// Column is a certificate of the grid.
type Column struct {
	Name string
	Note string
}

// GridRow is an account of the grid, with a cell for each column.
type GridRow struct {
	Name, Login string
	Cells       []Grantable
}
