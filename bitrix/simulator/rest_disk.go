package simulator

import (
	"fmt"
	"net/url"
	"slices"
)

// diskMethods: api-reference/disk, disk/lib/rest/service.
func diskMethods() registry {
	target := func(q *array) (int, int) { return 0, q.num("id") }
	return registry{
		"disk.file.get":                {scope: "disk", run: diskFileGet},
		"disk.file.uploadversion":      {scope: "disk", run: diskUploadVersion, target: target},
		"disk.file.getversions":        {scope: "disk", run: diskVersions},
		"disk.file.restorefromversion": {scope: "disk", run: diskRestore, target: target},
		"disk.file.copyto":             {scope: "disk", run: diskCopy},
		"disk.file.markdeleted":        {scope: "disk", run: diskDelete, target: target},
		"disk.file.delete":             {scope: "disk", run: diskDelete, target: target},
		"disk.folder.getchildren":      {scope: "disk", run: diskChildren},
		"disk.folder.uploadfile":       {scope: "disk", run: diskUpload, target: target},
		"disk.storage.getlist":         {scope: "disk", run: diskStorages},
		"disk.storage.getforapp":       {scope: "disk", appOnly: true, run: diskAppStorage},
		"download":                     {scope: "disk", run: diskDownload},
		"upload":                       {scope: "disk", run: diskReceive},
	}
}

// object finds an object of the wanted kind and checks the right to it.
func (c *call) object(id int, folder, write bool) (*object, *restError) {
	if id <= 0 {
		return nil, errArgument("id", "Invalid value of parameter {Parameter #0}")
	}
	o := c.p.objects[id]
	if o == nil || o.folder != folder {
		return nil, bad("ERROR_NOT_FOUND", fmt.Sprintf("Could not find entity with id `%d`.", id))
	}
	if !c.p.driveMay(c.user, o, write) {
		return nil, &restError{Status: 403, Code: "ACCESS_DENIED", Desc: "Access denied"}
	}
	return o, nil
}

// objectView has strings for numbers; links hang on the token.
func (c *call) objectView(o *object) obj {
	size := 0
	if b := c.p.blobs[o.blob]; b != nil {
		size = len(b.data)
	}
	parent := 0
	if o.parent != nil {
		parent = o.parent.id
	}
	out := obj{
		"ID": itoa(o.id), "NAME": o.name, "CODE": nil, "STORAGE_ID": itoa(o.storage.id), "TYPE": "file",
		"PARENT_ID": itoa(parent), "DELETED_TYPE": "0", "CREATE_TIME": c.p.stamp(o.created), "UPDATE_TIME": c.p.stamp(o.updated),
		"DELETE_TIME": nil, "CREATED_BY": itoa(o.createdBy), "UPDATED_BY": itoa(o.updatedBy), "DELETED_BY": "0",
		"DETAIL_URL": c.p.base() + "/disk/file/" + itoa(o.id) + "/",
	}
	if o.folder {
		out["TYPE"], out["REAL_OBJECT_ID"] = "folder", itoa(o.id)
		return out
	}
	out["GLOBAL_CONTENT_VERSION"], out["FILE_ID"], out["SIZE"] = itoa(o.content), itoa(o.blob), itoa(size)
	out["DOWNLOAD_URL"] = c.specialURL("download", "disk", url.Values{"id": {itoa(o.id)}})
	return out
}

func diskFileGet(c *call) (any, *restError) {
	o, fail := c.object(c.params.num("id"), false, false)
	if fail != nil {
		return nil, fail
	}
	return c.objectView(o), nil
}

// diskUploadVersion replaces the content in place: same id and name, whatever
// name is sent. The answer's content version is a number here.
func diskUploadVersion(c *call) (any, *restError) {
	o, fail := c.object(c.params.num("id"), false, true)
	if fail != nil {
		return nil, fail
	}
	_, data, ok := upload(anyValue(c.params, "fileContent"))
	if !ok {
		return nil, bad("DISK_FILE_22006", "Could not upload the file")
	}
	c.p.addVersion(o, c.user, data)
	out := c.objectView(o)
	out["GLOBAL_CONTENT_VERSION"] = o.content
	return out, nil
}

func anyValue(a *array, key string) any {
	v, _ := a.get(key)
	return v
}

func diskVersions(c *call) (any, *restError) {
	o, fail := c.object(c.params.num("id"), false, false)
	if fail != nil {
		return nil, fail
	}
	rows := []any{}
	for _, v := range slices.Backward(o.versions) {
		b := c.p.blobs[v.blob]
		if b == nil {
			continue
		}
		rows = append(rows, obj{
			"ID": itoa(v.id), "OBJECT_ID": itoa(o.id), "SIZE": itoa(len(b.data)), "NAME": o.name,
			"GLOBAL_CONTENT_VERSION": itoa(v.content), "CREATE_TIME": c.p.stamp(v.created), "CREATED_BY": itoa(v.by),
			"DOWNLOAD_URL": c.specialURL("download", "disk", url.Values{"id": {itoa(o.id)}, "versionId": {itoa(v.id)}}),
		})
	}
	page, next := paged(c, rows, 50)
	return list{items: page, total: len(rows), next: next}, nil
}

func (o *object) version(id int) *version {
	i := slices.IndexFunc(o.versions, func(v *version) bool { return v.id == id })
	if i < 0 {
		return nil
	}
	return o.versions[i]
}

func diskRestore(c *call) (any, *restError) {
	o, fail := c.object(c.params.num("id"), false, true)
	if fail != nil {
		return nil, fail
	}
	v := o.version(c.params.num("versionId"))
	if v == nil || c.p.blobs[v.blob] == nil {
		return nil, bad("ERROR_NOT_FOUND", "Could not find the version")
	}
	c.p.addVersion(o, c.user, c.p.blobs[v.blob].data)
	return c.objectView(o), nil
}

func diskCopy(c *call) (any, *restError) {
	o, fail := c.object(c.params.num("id"), false, false)
	if fail != nil {
		return nil, fail
	}
	to, fail := c.object(c.params.num("targetFolderId"), true, true)
	if fail != nil {
		return nil, fail
	}
	b := c.p.blobs[o.blob]
	return c.objectView(c.p.addObject(to, c.user, o.name, b.data)), nil
}

func diskDelete(c *call) (any, *restError) {
	o, fail := c.object(c.params.num("id"), false, true)
	if fail != nil {
		return nil, fail
	}
	out := c.objectView(o)
	c.p.removeObject(o)
	if c.name == "disk.file.delete" {
		return true, nil
	}
	return out, nil
}

func diskChildren(c *call) (any, *restError) {
	o, fail := c.object(c.params.num("id"), true, false)
	if fail != nil {
		return nil, fail
	}
	var children []*object
	for _, child := range c.p.objects {
		if child.parent == o {
			children = append(children, child)
		}
	}
	slices.SortFunc(children, func(a, b *object) int { return a.id - b.id })
	rows := []any{}
	for _, child := range children {
		rows = append(rows, c.objectView(child))
	}
	page, next := paged(c, rows, 50)
	return list{items: page, total: len(rows), next: next}, nil
}

// diskUpload puts a file into a folder, or, without content, gives an address to
// post it to.
func diskUpload(c *call) (any, *restError) {
	folder, fail := c.object(c.params.num("id"), true, true)
	if fail != nil {
		return nil, fail
	}
	unique := yes(anyValue(c.params, "generateUniqueName"))
	if _, ok := c.params.get("fileContent"); !ok {
		q := url.Values{"folderId": {itoa(folder.id)}}
		if unique {
			q.Set("unique", "1")
		}
		return obj{"field": "file", "uploadUrl": c.specialURL("upload", "disk", q)}, nil
	}
	name, data, ok := upload(anyValue(c.params, "fileContent"))
	if !ok {
		return nil, bad("DISK_FILE_22006", "Could not upload the file")
	}
	if n := c.params.arr("data").str("NAME"); n != "" {
		name = n
	}
	return c.store(folder, name, data, unique)
}

func (c *call) store(folder *object, name string, data []byte, unique bool) (any, *restError) {
	if !unique && c.p.nameTaken(folder, cleanName(name)) {
		return nil, bad("DISK_OBJ_22000", "Object with this name already exists")
	}
	return c.objectView(c.p.addObject(folder, c.user, name, data)), nil
}

// diskReceive is where diskUpload's address leads: a multipart part named "file".
func diskReceive(c *call) (any, *restError) {
	q, fail := c.linkQuery()
	if fail != nil {
		return nil, fail
	}
	folder, fail := c.object(q.num("folderId"), true, true)
	if fail != nil {
		return nil, fail
	}
	if c.http.MultipartForm == nil {
		return nil, bad("DISK_FILE_22006", "Could not upload the file")
	}
	name, data, err := uploaded(c.http)
	if err != nil || len(data) == 0 {
		return nil, bad("DISK_FILE_22006", "Could not upload the file")
	}
	return c.store(folder, name, data, q.str("unique") == "1")
}

func diskDownload(c *call) (any, *restError) {
	q, fail := c.linkQuery()
	if fail != nil {
		return nil, fail
	}
	o, fail := c.object(q.num("id"), false, false)
	if fail != nil {
		return nil, fail
	}
	id := o.blob
	if v := o.version(q.num("versionId")); v != nil {
		id = v.blob
	}
	b := c.p.blobs[id]
	if b == nil {
		return nil, bad("ERROR_NOT_FOUND", "Could not find the content")
	}
	return c.p.fileAnswer(b), nil
}

func (c *call) storageView(s *storage) obj {
	return obj{
		"ID": itoa(s.id), "NAME": s.name, "CODE": nil, "MODULE_ID": "disk", "ENTITY_TYPE": s.kind, "ENTITY_ID": s.owner,
		"ROOT_OBJECT_ID": itoa(s.root.id),
	}
}

func diskStorages(c *call) (any, *restError) {
	c.p.userStorage(c.user)
	rows := []any{}
	for _, s := range c.p.storages {
		if s.kind != "crm" && c.p.driveMay(c.user, s.root, false) {
			rows = append(rows, c.storageView(s))
		}
	}
	page, next := paged(c, rows, 50)
	return list{items: page, total: len(rows), next: next}, nil
}

// diskAppStorage is a store for the app alone; an administrator's call makes it.
func diskAppStorage(c *call) (any, *restError) {
	have := slices.ContainsFunc(c.p.storages, func(s *storage) bool { return s.kind == "restapp" && s.owner == c.app.ClientID })
	if !have && !c.p.isAdmin(c.user) {
		return nil, errDenied()
	}
	s := c.p.storageOf("restapp", c.app.ClientID, c.app.Title)
	if !slices.Contains(s.root.writers, c.user) {
		s.root.writers = append(s.root.writers, c.user)
	}
	return c.storageView(s), nil
}
