package views

// LinkAlone says whether a setup link is enough to bind a phone.
type LinkAlone struct {
	T T
	// On wears a lasting badge: Tone and State.
	On          bool
	Tone, State string
	Action      Action
}
