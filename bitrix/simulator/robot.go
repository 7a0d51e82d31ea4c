package simulator

// robot is an automation step that an app offers (api-reference/bizproc).
type robot struct {
	Code    string
	Handler string
}
