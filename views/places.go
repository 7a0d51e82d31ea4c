package views

// Places is where in the portal the app is shown.
type Places struct {
	T T
	// Kinds are the kinds of elements that every portal has.
	Kinds []Option
	// Processes are the smart processes to choose from.
	Processes []Option
}
