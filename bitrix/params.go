package bitrix

// Params are the parameters of a method, by name. Values are those that
// encoding/json writes, further Params or []any, a [Secret] (sent as it is),
// a [File] (sent as name and base64) or [FileSlots].
type Params map[string]any

// expander is a parameter that is written as another value.
type expander interface{ expand() any }

// clone returns a copy with further parameters.
func (p Params) with(more Params) Params {
	all := make(Params, len(p)+len(more))
	for name, value := range p {
		all[name] = value
	}
	for name, value := range more {
		all[name] = value
	}
	return all
}

// yesNo writes a truth value as most methods want it.
func yesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

// anys makes a list of parameters of a typed one.
func anys[T any](list []T) []any {
	all := make([]any, len(list))
	for i, value := range list {
		all[i] = value
	}
	return all
}
