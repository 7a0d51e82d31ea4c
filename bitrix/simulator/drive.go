package simulator

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Drive is the portal's file store: each person has a storage, CRM has a
// hidden one, apps may have one, and there is a common one. Objects keep their id while
// their contents change.

// joinVersions: a second version of the same user within this time overwrites
// the first, whose bytes are lost (disk/lib/file.php, SECONDS_TO_JOIN_VERSION).
const joinVersions = 300 * time.Second

// storage is one store with a root folder.
type storage struct {
	id    int
	name  string
	kind  string // "user", "common", "crm", "restapp"
	owner string // user's id or client id
	root  *object
}

// object is a file or folder of Drive.
type object struct {
	id        int
	storage   *storage
	parent    *object
	name      string
	folder    bool
	blob      int
	content   int // GLOBAL_CONTENT_VERSION
	created   time.Time
	updated   time.Time
	createdBy int
	updatedBy int
	versions  []*version // the last one is the current content
	readers   []int
	writers   []int
}

// version is an earlier or the current content of a file.
type version struct {
	id, blob, content int
	created           time.Time
	by                int
}

// DriveFile is a file of Drive as tests see it.
type DriveFile struct {
	File
	Owner     int // whose storage it is in; 0 for others
	UpdatedBy int
	Versions  []File // earlier contents that still exist, and the current one, oldest first
}

// storageOf finds or makes a store.
func (p *Portal) storageOf(kind, owner, name string) *storage {
	for _, s := range p.storages {
		if s.kind == kind && s.owner == owner {
			return s
		}
	}
	now := p.cloud.now()
	s := &storage{id: p.next("storage"), name: name, kind: kind, owner: owner}
	s.root = &object{id: p.next("disk"), storage: s, name: name, folder: true, created: now, updated: now}
	p.objects[s.root.id] = s.root
	p.storages = append(p.storages, s)
	return s
}

func (p *Portal) userStorage(user int) *storage {
	return p.storageOf("user", itoa(user), p.userName(user))
}

// folderIn finds or makes a folder by name.
func (p *Portal) folderIn(parent *object, name string, by int) *object {
	for _, o := range p.objects {
		if o.folder && o.parent == parent && o.name == name {
			return o
		}
	}
	now := p.cloud.now()
	o := &object{
		id: p.next("disk"), storage: parent.storage, parent: parent, name: name, folder: true,
		created: now, updated: now, createdBy: by, updatedBy: by,
	}
	p.objects[o.id] = o
	return o
}

// addObject puts a file into a folder. Its name is made unique.
func (p *Portal) addObject(folder *object, by int, name string, data []byte) *object {
	now := p.cloud.now()
	b := p.addBlob(p.uniqueName(folder, cleanName(name)), data)
	o := &object{
		id: p.next("disk"), storage: folder.storage, parent: folder, name: b.name, blob: b.id, content: 1,
		created: now, updated: now, createdBy: by, updatedBy: by,
	}
	o.versions = []*version{{id: p.next("version"), blob: b.id, content: 1, created: now, by: by}}
	p.objects[o.id] = o
	return o
}

func (p *Portal) nameTaken(folder *object, name string) bool {
	for _, o := range p.objects {
		if o.parent == folder && strings.EqualFold(o.name, name) {
			return true
		}
	}
	return false
}

func (p *Portal) uniqueName(folder *object, name string) string {
	out := name
	for i := 1; p.nameTaken(folder, out); i++ {
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			dot = len(name)
		}
		out = fmt.Sprintf("%s (%d)%s", name[:dot], i, name[dot:])
	}
	return out
}

// uploadsOf is where files of comments go: "Uploaded files" in the author's Drive.
func (p *Portal) uploadsOf(user int) *object {
	return p.folderIn(p.userStorage(user).root, "Uploaded files", user)
}

// driveMay tells whether a user may read, or write, an object.
func (p *Portal) driveMay(user int, o *object, write bool) bool {
	switch {
	case p.isAdmin(user):
		return true
	case !p.activeUser(user):
		return false
	case o.storage.kind == "user" && o.storage.owner == itoa(user), o.storage.kind == "common":
		return true
	case slices.Contains(o.writers, user):
		return true
	}
	return !write && slices.Contains(o.readers, user)
}

// addVersion gives a file new content. Within five minutes of the same user's last
// change it overwrites that one.
func (p *Portal) addVersion(o *object, by int, data []byte) {
	now := p.cloud.now()
	b := p.addBlob(o.name, data)
	o.content++
	last := o.versions[len(o.versions)-1]
	if o.updatedBy == by && now.Sub(o.updated) < joinVersions {
		delete(p.blobs, last.blob)
		last.blob, last.content, last.created = b.id, o.content, now
	} else {
		o.versions = append(o.versions, &version{id: p.next("version"), blob: b.id, content: o.content, created: now, by: by})
	}
	o.blob, o.updated, o.updatedBy = b.id, now, by
}

func (p *Portal) removeObject(o *object) {
	for _, v := range o.versions {
		delete(p.blobs, v.blob)
	}
	delete(p.objects, o.id)
	for id, child := range p.objects {
		if child.parent == o {
			delete(p.objects, id)
		}
	}
}

// AddDriveFile puts a file into a person's Drive and returns the object's id.
func (p *Portal) AddDriveFile(owner int, name string, content []byte) int {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return p.addObject(p.userStorage(owner).root, owner, name, bytes.Clone(content)).id
}

// UpdateDriveFile gives a file new content, as a colleague would.
func (p *Portal) UpdateDriveFile(id, by int, content []byte) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	o := p.objects[id]
	if o == nil || o.folder {
		return unknown("Drive file", id)
	}
	p.addVersion(o, by, bytes.Clone(content))
	return nil
}

// ShareDriveFile lets users read an object and, when told, write it.
func (p *Portal) ShareDriveFile(id int, write bool, users ...int) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	o := p.objects[id]
	if o == nil {
		return unknown("Drive file", id)
	}
	o.readers = append(o.readers, users...)
	if write {
		o.writers = append(o.writers, users...)
	}
	return nil
}

// DriveFile returns a file of Drive.
func (p *Portal) DriveFile(id int) (DriveFile, bool) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	o := p.objects[id]
	if o == nil || o.folder {
		return DriveFile{}, false
	}
	return p.driveFile(o), true
}

func (p *Portal) driveFile(o *object) DriveFile {
	out := DriveFile{File: p.objectFile(o), UpdatedBy: o.updatedBy}
	if o.storage.kind == "user" {
		out.Owner = integer(o.storage.owner)
	}
	for _, v := range o.versions {
		if b := p.blobs[v.blob]; b != nil {
			out.Versions = append(out.Versions, File{v.id, o.name, bytes.Clone(b.data), v.created})
		}
	}
	return out
}

func (p *Portal) objectFile(o *object) File {
	f := File{ID: o.id, Name: o.name, Created: o.created}
	if b := p.blobs[o.blob]; b != nil {
		f.Content = bytes.Clone(b.data)
	}
	return f
}
