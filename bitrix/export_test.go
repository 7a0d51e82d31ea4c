package bitrix

// FileName opens the parser of Content-Disposition to fuzzing.
func FileName(header string) string { return fileName(header) }
