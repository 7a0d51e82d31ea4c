package signet

import (
	"fmt"
	"math/big"
	"strings"
)

// A row is one piece of text of a signet, before it is wrapped.
type row struct {
	field  Field
	text   string
	bold   bool
	accent bool    // in the colour of the frame
	centre bool    // else left
	scale  float64 // of the font size, at least 1
	oneRow bool    // shortened to one line instead of wrapped
}

// rows gives the text of a signet from top to bottom.
func (s Signet) rows() []row {
	l := s.labels()
	title, note := row{field: FieldTitle, text: l.Title, accent: true}, row{field: FieldInternal, text: l.Internal, bold: true}
	if s.Internal && l.TitleInternal != "" {
		title, note.text = row{field: FieldInternal, text: l.TitleInternal, accent: true}, ""
	}
	if !s.Internal {
		note.text = ""
	}
	owner := row{field: FieldOwner, text: label(l.Owner, s.Owner), bold: true}
	organisation := row{field: FieldOrganisation, text: label(l.Organisation, s.Organisation)}
	pressed := row{field: FieldPressedBy, text: label(l.PressedBy, s.PressedBy)}
	reason := row{field: FieldReason, text: label(l.Reason, s.Reason)}
	at := row{field: FieldTime}
	if !s.Time.IsZero() {
		at.text = label(l.Time, s.Time.Format(l.TimeLayout))
	}
	switch s.Preset {
	case Russian:
		title.bold, title.centre, note.centre = true, true, true
		serial := row{field: FieldSerial, text: label(l.Serial, grouped(s.Serial))}
		return present(title, note, serial, owner, organisation, pressed, s.term(l), at, reason)
	case EU:
		owner.scale = 1.2
	case Plain:
	}
	return present(title, owner, organisation, pressed, note, at, reason)
}

// term is the row with the certificate's first and last day.
func (s Signet) term(l Labels) row {
	if s.ValidFrom.IsZero() || s.ValidTo.IsZero() {
		return row{}
	}
	return row{field: FieldTerm, text: label(l.ValidFrom, s.ValidFrom.Format(l.DateLayout)) + " " +
		label(l.ValidTo, s.ValidTo.Format(l.DateLayout))}
}

// present leaves out the empty rows.
func present(rows ...row) []row {
	var out []row
	for _, r := range rows {
		if r.text == "" {
			continue
		}
		r.scale = max(r.scale, 1)
		out = append(out, r)
	}
	return out
}

// label puts a label before a value, and is empty where there is no value.
func label(label, value string) string {
	value = tidy(value)
	if value == "" || label == "" {
		return value
	}
	return label + " " + value
}

// grouped writes a serial number as certificates are read aloud: whole bytes in
// hexadecimal, four digits a group.
func grouped(n *big.Int) string {
	if n == nil {
		return ""
	}
	digits := fmt.Sprintf("%X", new(big.Int).Abs(n))
	if len(digits)%2 != 0 {
		digits = "0" + digits
	}
	var b strings.Builder
	if n.Sign() < 0 {
		b.WriteByte('-')
	}
	for i, d := range digits {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(d)
	}
	return b.String()
}
