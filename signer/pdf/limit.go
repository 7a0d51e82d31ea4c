package pdf

import "fmt"

// The bounds that no file passes. They lie well above what honest files need
// and keep the reader below 256 MiB and two seconds beyond one read of a file.
const (
	maxDepth     = 100      // nesting of arrays and dictionaries
	maxObject    = 16 << 20 // bytes of one object without its stream data
	maxValues    = 1 << 20  // values in one object
	dictCost     = 16       // what a dictionary counts for among them
	maxSections  = 4096     // cross-reference sections in one file
	maxRows      = 2 << 20  // rows of malformed tables, which are kept in memory
	maxFound     = 1 << 20  // objects that repair finds
	maxInflate   = 24 << 20 // bytes of one decoded structural stream
	maxStored    = 64 << 20 // bytes of one stream as it is stored
	maxXRefData  = 48 << 20 // bytes of all decoded cross-reference streams
	maxNumber    = 1<<31 - 1
	maxCache     = 8 << 20 // bytes of parsed objects that are kept
	maxFields    = 200_000 // form fields that are visited
	maxPageDepth = 1000    // levels of the page tree
	maxTreeNodes = 1 << 19 // page tree nodes that are visited
)

// A budget bounds the work that one file can cause in all, however its parts
// refer to each other. It grows with the file, since a large one may honestly
// need more.
type budget struct {
	parse   int64 // bytes still to be parsed
	inflate int64 // bytes still to be decoded
	steps   int64 // table look-ups still to be made
}

func newBudget(size int64) budget {
	return budget{parse: 48<<20 + size, inflate: 96<<20 + size, steps: 40 << 20}
}

func spend(left *int64, n int64, what string) error {
	if *left -= n; *left < 0 {
		return fmt.Errorf("%w: too much to %s", ErrLimit, what)
	}
	return nil
}
