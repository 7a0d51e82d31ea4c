package simulator

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// File is a file somewhere in the portal.
type File struct {
	ID      int // of the field's file, or of the Drive object
	Name    string
	Content []byte
	Created time.Time
}

// blob is a row of b_file: the bytes of one file, never changed.
type blob struct {
	id      int
	name    string
	kind    string // Content-Type
	data    []byte
	created time.Time
}

func (p *Portal) addBlob(name string, data []byte) *blob {
	b := &blob{id: p.next("file"), name: cleanName(name), data: data, created: p.cloud.now()}
	b.kind = http.DetectContentType(data)
	if strings.EqualFold(path.Ext(b.name), ".pdf") {
		b.kind = "application/pdf"
	}
	p.blobs[b.id] = b
	return b
}

func (b *blob) file() File { return File{b.id, b.name, bytes.Clone(b.data), b.created} }

// cleanName keeps the last part of a path, as the portal does.
func cleanName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" {
		return "file"
	}
	return name
}

// PutFile puts a file into a deal's field, as a colleague would: it replaces
// that of a single field and adds to a multiple one. It returns the file's id.
func (p *Portal) PutFile(deal int, field, name string, content []byte) int {
	return p.PutItemFile(EntityDeal, deal, field, name, content)
}

// PutItemFile is [Portal.PutFile] for items of any kind. It panics where there is no
// such item or field, since then the test is wrong.
func (p *Portal) PutItemFile(entityType, id int, field, name string, content []byte) int {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	it, f := p.items[itemKey{entityType, id}], p.field(entityType, field)
	if it == nil || f == nil {
		panic("simulator: put file: " + unknown("item or field", field).Error())
	}
	b := p.addBlob(name, bytes.Clone(content))
	if !f.Multiple {
		p.dropFiles(it.files[f.Name])
		it.files[f.Name] = nil
	}
	it.files[f.Name] = append(it.files[f.Name], b.id)
	it.updated = p.cloud.now()
	p.fire(itemEvent(entityType, "UPDATE"), itemEventData(it), it.Responsible)
	return b.id
}

// ReplaceFile puts another file in the place of one, as a colleague would in
// the card; the new one has a new id, which is returned.
func (p *Portal) ReplaceFile(deal int, field string, id int, name string, content []byte) (int, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	it := p.items[itemKey{EntityDeal, deal}]
	if it == nil {
		return 0, unknown("deal", deal)
	}
	i := slices.Index(it.files[field], id)
	if i < 0 {
		return 0, unknown("file", id)
	}
	delete(p.blobs, id)
	it.files[field][i] = p.addBlob(name, bytes.Clone(content)).id
	it.updated = p.cloud.now()
	p.fire(itemEvent(EntityDeal, "UPDATE"), itemEventData(it), it.Responsible)
	return it.files[field][i], nil
}

// RemoveFile takes a file out of a deal's field, as a colleague would.
func (p *Portal) RemoveFile(deal int, field string, id int) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	it := p.items[itemKey{EntityDeal, deal}]
	if it == nil {
		return unknown("deal", deal)
	}
	i := slices.Index(it.files[field], id)
	if i < 0 {
		return unknown("file", id)
	}
	delete(p.blobs, id)
	it.files[field] = slices.Delete(it.files[field], i, i+1)
	it.updated = p.cloud.now()
	p.fire(itemEvent(EntityDeal, "UPDATE"), itemEventData(it), it.Responsible)
	return nil
}

// DealFiles are the files in a deal's field, in their order; nil when there is
// no such deal.
func (p *Portal) DealFiles(deal int, field string) []File {
	return p.ItemFiles(EntityDeal, deal, field)
}

// ItemFiles is [Portal.DealFiles] for items of any kind.
func (p *Portal) ItemFiles(entityType, id int, field string) []File {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	it := p.items[itemKey{entityType, id}]
	if it == nil {
		return nil
	}
	var out []File
	for _, id := range it.files[field] {
		if b := p.blobs[id]; b != nil {
			out = append(out, b.file())
		}
	}
	return out
}

func (p *Portal) dropFiles(ids []int) {
	for _, id := range ids {
		delete(p.blobs, id)
	}
}

// upload reads ["name.pdf", "<base64>"]. Content that is empty after lenient
// decoding is no upload (CRestUtil::saveFile).
func upload(v any) (name string, data []byte, ok bool) {
	a, _ := v.(*array)
	if a.len() < 2 {
		return "", nil, false
	}
	name, data = a.str("0"), lenientBase64(a.str("1"))
	return name, data, len(data) > 0
}

// lenientBase64 skips what is no base64, as PHP does.
func lenientBase64(s string) []byte {
	if data, err := base64.StdEncoding.DecodeString(s); err == nil {
		return data
	}
	keep := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '+', r == '/':
			return r
		}
		return -1
	}, s)
	if len(keep)%4 == 1 {
		keep = keep[:len(keep)-1]
	}
	data, err := base64.RawStdEncoding.DecodeString(keep)
	if err != nil {
		return nil
	}
	return data
}
