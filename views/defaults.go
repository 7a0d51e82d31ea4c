package views

// Defaults is what an administrator decides for everybody in the portal.
type Defaults struct {
	T T
	// Fields are the file fields to offer; none ticked means all. FieldsNote says
	// why the portal's list is missing.
	Fields     []Option
	FieldsNote string

	CodeRequired bool
	// SelfEnrolment is who may set up a first phone alone.
	SelfEnrolment []Option
	// Retention is a number of days.
	Retention string

	Levels      []Option
	Timestamps  string
	LevelStrict bool
	// Changed says when the settings were last changed.
	Changed string
}
