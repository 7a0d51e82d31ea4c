package views

// noticeRole has failures announced at once and the rest politely.
func noticeRole(tone string) string {
	if tone == "bad" || tone == "warn" {
		return "alert"
	}
	return "status"
}

// yesNo is the value of an ARIA attribute that is true or false.
func yesNo(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
