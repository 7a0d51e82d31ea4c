package pdf

// A Seed holds the seed values of a signature field.
type Seed struct{}

func (f *File) readConstraints(field *Field) (err error) {
	field.Lock, err = f.readLock(field.dict["Lock"])
	return err
}

func (s *Seed) check(spec SignatureSpec) error { return nil }
