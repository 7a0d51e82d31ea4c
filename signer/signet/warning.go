package signet

import "fmt"

// Change is what happened to a part of a signet.
type Change string

// The changes.
const (
	// Replaced: characters that the font lacks were replaced by the nearest
	// letter or by a question mark.
	Replaced Change = "replaced"
	// Shortened: the text was cut and ends in an ellipsis.
	Shortened Change = "shortened"
	// Dropped: there was no room for this part.
	Dropped Change = "dropped"
)

// Field names a part of a signet.
type Field string

// The parts.
const (
	FieldTitle        Field = "title"
	FieldInternal     Field = "internal"
	FieldOwner        Field = "owner"
	FieldOrganisation Field = "organisation"
	FieldPressedBy    Field = "pressed-by"
	FieldSerial       Field = "serial"
	FieldTerm         Field = "term"
	FieldTime         Field = "time"
	FieldReason       Field = "reason"
	FieldLogo         Field = "logo"
	FieldQR           Field = "qr"
)

// A Warning tells that a part of the signet is not drawn as ordered.
type Warning struct {
	Change Change
	Field  Field
	// Characters are the ones that were replaced.
	Characters string
}

// String describes the warning in English, for logs and the command line.
func (w Warning) String() string {
	if w.Change == Replaced {
		return fmt.Sprintf("signet: characters of the %s that the font lacks were replaced: %q", w.Field, w.Characters)
	}
	return fmt.Sprintf("signet: the %s was %s for want of room", w.Field, w.Change)
}
