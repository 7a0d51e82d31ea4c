package pdf

// An Object is a PDF value (ISO 32000-2, 7.3): nil (null), bool, [Integer],
// [Real], [Name], [String], [Array], [Dict], *[Stream], [Ref], *[Indirect] or
// [Raw]. Values of any other type are refused by the writer.
type Object any

// An Integer is a whole number.
type Integer int64

// A Real is a number with a fraction. It is written with at most six digits
// behind the point and never in exponential form, which PDF does not know.
type Real float64

// A Name is a name without its slash and with #xx escapes resolved.
type Name string

// A String is a string of bytes, decrypted and with escapes resolved. Texts for
// people are made by [TextString] and read by [String.Text].
type String []byte

// An Array is a list of values.
type Array []Object

// A Dict is a dictionary. It is written with its keys sorted, so that the same
// value always gives the same bytes. A key whose value is nil is left out, as
// null and absent are the same (ISO 32000-2, 7.3.7).
type Dict map[Name]Object

// A Ref names an object of the file by its number and generation.
type Ref struct {
	Number     uint32
	Generation uint16
}

// A Raw is a value that is written as it stands: one that was read and is not
// touched. It must not hold strings when it goes into another object of an
// encrypted file, since their key depends on the object.
type Raw []byte

// A Stream is a dictionary with data. Where Dict has no Filter, Data is plain
// and the writer deflates it when that pays; otherwise Data is already encoded
// as Filter says and is written as it is. Length is set by the writer.
//
// A stream that was read has no Data; [File.StreamData] reads and decodes it.
type Stream struct {
	Dict Dict
	Data []byte

	from *object
}

// An Indirect is a value that becomes an object of its own: the writer gives
// each pointer one new object number and writes its value once, however often
// the pointer is met.
type Indirect struct{ Value Object }

// An Appearance is what the widget of a signature shows: the content of a form
// XObject in its own space, from (0, 0) to (Width, Height) in points, upright as
// the reader of the page sees it.
type Appearance struct {
	Width, Height float64
	Content       []byte
	Resources     Dict
}
