package views

// Places is where in the portal the app is shown.
type Places struct {
	T T
	// Always are the kinds of elements that have it in any case.
	Always []string
	// Processes are the smart processes to choose from.
	Processes []Option
}
