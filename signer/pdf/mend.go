package pdf

// Mend gives what makes a damaged file whole for other readers: an increment that
// holds a cross-reference section of all objects that were found, and a catalog
// where that was missing. It is nil for a file that was not repaired so far: ask
// for what is needed of the file first, such as its [File.Pages].
//
// A signature needs no Mend, since its own increment has the same section.
func (f *File) Mend() ([]byte, error) {
	return again(func() ([]byte, error) {
		if f.repaired == "" {
			return nil, nil
		}
		inc, err := f.newIncrement(nil)
		if err != nil {
			return nil, err
		}
		if err := inc.flush(); err != nil {
			return nil, err
		}
		if err := inc.finish(); err != nil {
			return nil, err
		}
		return inc.buf, nil
	})
}
