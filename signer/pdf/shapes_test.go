package pdf_test

// A shape is a small file of our own in one of the forms that a PDF can take.
type shape struct {
	name  string
	bytes []byte
}

const hostileDir = "../../../shared/data/hostile"

func shapes() []shape {
	simple := newBuilder()
	simple.tree(3, 50)
	return []shape{{"table", simple.table()}}
}
