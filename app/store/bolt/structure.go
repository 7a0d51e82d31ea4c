package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// bbolt trusts the pages of its file: a damaged one can send it in circles
// until the memory is gone. walker therefore follows the tree first, each page
// once, and lets bbolt near it only when all of it hangs together. The format
// is that of bbolt's internal/common: a page has a head of 16 bytes {id,
// flags, count, overflow} and elements of 16 bytes, all in the machine's byte
// order.

const (
	headSize     = 16
	elementSize  = 16
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	bucketFlag   = 0x01
	bucketSize   = 16 // {root, sequence}
	maxDepth     = 64 // far more than 2^48 pages need
)

type walker struct {
	file     io.ReaderAt
	pageSize int64
	pages    uint64 // the high-water mark
	seen     map[uint64]bool
}

// page is the content of a page with its overflow, or of a bucket kept inline.
type page struct {
	data  []byte
	flags uint16
	count int
}

// all walks the tree that transaction txid left, then the list of free pages.
// The two meta pages are used in turns; behind the page's head and four fields
// of 4 bytes they name the root bucket and the list.
func (w *walker) all(txid int) error {
	meta := make([]byte, 24)
	if _, err := w.file.ReadAt(meta, int64(txid%2)*w.pageSize+headSize+16); err != nil {
		return err
	}
	if err := w.walk(binary.NativeEndian.Uint64(meta), 0); err != nil {
		return err
	}
	return w.free(binary.NativeEndian.Uint64(meta[bucketSize:]))
}

// free checks that no page is both free and in use: the next transaction would
// overwrite it. A count of 65535 stands for a number in the first element.
func (w *walker) free(id uint64) error {
	p, err := w.read(id)
	if err != nil {
		return err
	}
	ids, count := p.data[headSize:], uint64(p.count)
	if count == 0xffff {
		count, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if p.flags != freelistPage || count > uint64(len(ids)/8) {
		return fmt.Errorf("%w: page %d is no list of free pages", errDamaged, id)
	}
	for i := range count {
		free := binary.NativeEndian.Uint64(ids[8*i:])
		if free < 2 || free >= w.pages || w.seen[free] {
			return fmt.Errorf("%w: page %d is free and in use", errDamaged, free)
		}
		w.seen[free] = true
	}
	return nil
}

func (w *walker) walk(id uint64, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: page %d lies too deep", errDamaged, id)
	}
	p, err := w.read(id)
	if err != nil {
		return err
	}
	if p.count == 0 && (p.flags == branchPage || depth > 0 && p.flags != leafPage) {
		return fmt.Errorf("%w: page %d is empty", errDamaged, id)
	}
	return w.elements(id, p, depth)
}

// read gives a page that was not met before.
func (w *walker) read(id uint64) (page, error) {
	if id < 2 || id >= w.pages || w.seen[id] {
		return page{}, fmt.Errorf("%w: page %d is out of the tree", errDamaged, id)
	}
	head := make([]byte, headSize)
	if _, err := w.file.ReadAt(head, int64(id)*w.pageSize); err != nil {
		return page{}, fmt.Errorf("%w: page %d: %w", errDamaged, id, err)
	}
	more := uint64(binary.NativeEndian.Uint32(head[12:]))
	if binary.NativeEndian.Uint64(head) != id || id+more >= w.pages {
		return page{}, fmt.Errorf("%w: page %d is another", errDamaged, id)
	}
	for i := id; i <= id+more; i++ {
		if w.seen[i] {
			return page{}, fmt.Errorf("%w: page %d is used twice", errDamaged, i)
		}
		w.seen[i] = true
	}
	data := make([]byte, int64(more+1)*w.pageSize)
	if _, err := w.file.ReadAt(data, int64(id)*w.pageSize); err != nil {
		return page{}, fmt.Errorf("%w: page %d: %w", errDamaged, id, err)
	}
	return parse(data), nil
}

func parse(data []byte) page {
	return page{data, binary.NativeEndian.Uint16(data[8:]), int(binary.NativeEndian.Uint16(data[10:]))}
}

// elements checks each element of a page and follows those that lead on. Keys
// must rise.
func (w *walker) elements(id uint64, p page, depth int) error {
	if headSize+p.count*elementSize > len(p.data) || p.flags != branchPage && p.flags != leafPage {
		return fmt.Errorf("%w: page %d has no right head", errDamaged, id)
	}
	var last []byte
	for i := range p.count {
		at := headSize + i*elementSize
		e := p.data[at : at+elementSize]
		var key []byte
		var err error
		if p.flags == branchPage {
			if key, err = p.slice(at, e[0:4], e[4:8], nil); err == nil {
				err = w.walk(binary.NativeEndian.Uint64(e[8:]), depth+1)
			}
		} else {
			key, err = w.leaf(id, p, at, e, depth)
		}
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("%w: page %d is out of order", errDamaged, id)
		}
		last = key
	}
	return nil
}

// leaf checks a row {flags, position, key size, value size}; a bucket's row
// leads on to its own tree.
func (w *walker) leaf(id uint64, p page, at int, e []byte, depth int) (key []byte, err error) {
	if key, err = p.slice(at, e[4:8], e[8:12], nil); err != nil {
		return nil, err
	}
	value, err := p.slice(at, e[4:8], e[8:12], e[12:16])
	if err != nil {
		return nil, err
	}
	switch binary.NativeEndian.Uint32(e) {
	case 0:
		return key, nil
	case bucketFlag:
	default:
		return nil, fmt.Errorf("%w: page %d has a row of no known kind", errDamaged, id)
	}
	if len(value) < bucketSize {
		return nil, fmt.Errorf("%w: page %d has half a bucket", errDamaged, id)
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		return key, w.walk(root, depth+1)
	}
	inline := value[bucketSize:]
	if len(inline) < headSize || parse(inline).flags != leafPage {
		return nil, fmt.Errorf("%w: page %d has half a bucket", errDamaged, id)
	}
	return key, w.elements(id, parse(inline), depth+1)
}

// slice gives a key, or the value behind it, of the element at a place. All
// positions count from the element.
func (p page) slice(at int, position, keySize, valueSize []byte) ([]byte, error) {
	from := int64(at) + int64(binary.NativeEndian.Uint32(position))
	to := from + int64(binary.NativeEndian.Uint32(keySize))
	if valueSize != nil {
		from, to = to, to+int64(binary.NativeEndian.Uint32(valueSize))
	}
	if to > int64(len(p.data)) {
		return nil, fmt.Errorf("%w: a row reaches over its page", errDamaged)
	}
	return p.data[from:to], nil
}
