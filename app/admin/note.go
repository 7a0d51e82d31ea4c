package admin

// TokenNote is the key of the message about a token that cannot be used, for
// whoever examines the service; "" for none.
func TokenNote(err error) string {
	if err == nil {
		return ""
	}
	return tokenNote(err)
}
