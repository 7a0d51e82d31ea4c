package simulator

import (
	"encoding/base32"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// savedPortal is a portal in world.json. Records refer to each other by id.
type savedPortal struct {
	Name, Addr, Host, MemberID, Language, Location, License string
	Limits                                                  savedLimits
	Quirks                                                  Quirks
	Key, Shared                                             string
	State                                                   portalState
	OldHosts                                                []string
	IDs                                                     map[string]int
	Users                                                   []*User
	Types                                                   map[int]string
	Fields                                                  []*Field
	Items                                                   []savedItem
	Files                                                   []savedFile
	Apps                                                    []savedApp
	Webhooks                                                []savedWebhook
	Storages                                                []savedStorage
	Objects                                                 []savedObject
	Activities                                              []savedActivity
	Timeline                                                []savedEntry
	Documents                                               []savedDocument
	Notices                                                 []*Notification
	Runs                                                    []savedRun
	Phones                                                  map[int][]savedPhone
}

type savedLimits struct {
	Off           bool
	Bucket, Drain float64
	Operating     time.Duration
}

type savedItem struct {
	Item
	Type             int
	Created, Updated time.Time
	UpdatedBy        int
	Files            map[string][]int
	Values           map[string]any
	Access           map[int]Access
}

type savedFile struct {
	ID         int
	Name, Kind string
	Created    time.Time
}

type savedApp struct {
	App
	Member      string
	Created     time.Time
	Users       []int
	Options     map[string]any
	UserOptions map[int]map[string]any
	Ran         map[int]bool
	RobotList   []*robot
}

type savedWebhook struct {
	User   int
	Secret string
	Scopes []string
}

type savedStorage struct {
	ID                int
	Name, Kind, Owner string
	Root              int
}

type savedObject struct {
	ID, Storage, Parent  int
	Name                 string
	Folder               bool
	Blob, Content        int
	Created, Updated     time.Time
	CreatedBy, UpdatedBy int
	Versions             []savedVersion
	Readers, Writers     []int
}

type savedVersion struct {
	ID, Blob, Content, By int
	Created               time.Time
}

type savedActivity struct {
	Activity
	Objects []int
	Layout  *array
	Fields  map[string]any
}

type savedEntry struct {
	Entry
	Objects  []int
	Activity int
}

type savedDocument struct {
	ID, Type, Entity int
	Title, Number    string
	Author           int
	Created          time.Time
	DOCX, PDF        int
	PDFAt            time.Time
}

type savedRun struct {
	RobotRun
	Token string
}

type savedPhone struct {
	Label, Issuer, Key, Algorithm string
	Digits, Period                int
}

func (p *Portal) save() savedPortal {
	out := savedPortal{
		Name: p.cfg.Name, Addr: p.cfg.Addr, Host: p.cfg.Host, MemberID: p.cfg.MemberID, Language: p.cfg.Language,
		Location: p.cfg.Location.String(), License: p.cfg.License, Quirks: p.cfg.Quirks,
		Limits: savedLimits{p.cfg.Limits.Off, p.cfg.Limits.Bucket, p.cfg.Limits.Drain, p.cfg.Limits.Operating},
		Key:    p.key, Shared: p.shared, State: p.state, IDs: p.ids, Users: p.users, Types: p.types, Fields: p.fields,
		Notices: p.notices, Phones: map[int][]savedPhone{},
	}
	if p.listening != "" {
		out.Addr = p.listening
	}
	for h := range p.oldHosts {
		out.OldHosts = append(out.OldHosts, h)
	}
	for _, it := range p.items {
		out.Items = append(out.Items, savedItem{it.Item, it.typ, it.created, it.updated, it.updatedBy, it.files, it.values, it.access})
	}
	for _, b := range p.blobs {
		out.Files = append(out.Files, savedFile{b.id, b.name, b.kind, b.created})
	}
	for _, a := range p.apps {
		out.Apps = append(out.Apps, a.save())
	}
	for _, w := range p.webhooks {
		out.Webhooks = append(out.Webhooks, savedWebhook{w.user, w.secret, w.scopes})
	}
	for _, d := range p.docs {
		out.Documents = append(out.Documents, savedDocument{d.id, d.typ, d.entity, d.title, d.number, d.author, d.created, d.docx, d.pdf, d.pdfAt})
	}
	for _, r := range p.runs {
		out.Runs = append(out.Runs, savedRun{r.RobotRun, r.token})
	}
	p.saveDrive(&out)
	p.saveTimeline(&out)
	for user, ph := range p.phones {
		for _, e := range ph.entries {
			out.Phones[user] = append(out.Phones[user], savedPhone{
				e.Label, e.Issuer, base32.StdEncoding.EncodeToString(e.key), e.algorithm, e.digits, e.period,
			})
		}
	}
	return out
}

func (p *Portal) saveDrive(out *savedPortal) {
	for _, s := range p.storages {
		out.Storages = append(out.Storages, savedStorage{s.id, s.name, s.kind, s.owner, s.root.id})
	}
	for _, o := range p.objects {
		s := savedObject{
			ID: o.id, Storage: o.storage.id, Name: o.name, Folder: o.folder, Blob: o.blob, Content: o.content,
			Created: o.created, Updated: o.updated, CreatedBy: o.createdBy, UpdatedBy: o.updatedBy,
			Readers: o.readers, Writers: o.writers,
		}
		if o.parent != nil {
			s.Parent = o.parent.id
		}
		for _, v := range o.versions {
			s.Versions = append(s.Versions, savedVersion{v.id, v.blob, v.content, v.by, v.created})
		}
		out.Objects = append(out.Objects, s)
	}
	slices.SortFunc(out.Objects, func(a, b savedObject) int { return a.ID - b.ID }) // parents first
}

func (p *Portal) saveTimeline(out *savedPortal) {
	for _, a := range p.acts {
		out.Activities = append(out.Activities, savedActivity{a.Activity, a.objects, a.layout, a.fields})
	}
	for _, e := range p.timeline {
		s := savedEntry{Entry: e.Entry, Objects: e.objects}
		if e.activity != nil {
			s.Activity = e.activity.ID
		}
		out.Timeline = append(out.Timeline, s)
	}
}

func (a *app) save() savedApp {
	return savedApp{a.App, a.portal.cfg.MemberID, a.created, a.users, a.options, a.userOptions, a.ran, a.robots}
}

func (s savedApp) load(p *Portal) *app {
	a := &app{
		App: s.App, portal: p, created: s.Created, users: s.Users, robots: s.RobotList,
		options: s.Options, userOptions: s.UserOptions, ran: s.Ran,
	}
	a.Robots = nil
	if a.options == nil {
		a.options = map[string]any{}
	}
	if a.userOptions == nil {
		a.userOptions = map[int]map[string]any{}
	}
	if a.ran == nil {
		a.ran = map[int]bool{}
	}
	return a
}

// loadPortal builds a portal from its record and reads its files.
func (c *Cloud) loadPortal(dir string, s savedPortal, n int) (*Portal, error) {
	loc, err := time.LoadLocation(s.Location)
	if err != nil {
		loc = time.UTC
	}
	p := newPortal(c, PortalConfig{
		Name: s.Name, Addr: s.Addr, Host: s.Host, MemberID: s.MemberID, Language: s.Language, Location: loc, License: s.License,
		Limits: Limits{Off: s.Limits.Off, Bucket: s.Limits.Bucket, Drain: s.Limits.Drain, Operating: s.Limits.Operating}, Quirks: s.Quirks,
	}, n)
	p.key, p.shared, p.state, p.users, p.fields, p.notices = s.Key, s.Shared, s.State, s.Users, s.Fields, s.Notices
	for k, v := range s.IDs {
		p.ids[k] = v
	}
	for k, v := range s.Types {
		p.types[k] = v
	}
	for _, h := range s.OldHosts {
		p.oldHosts[h] = true
	}
	for _, f := range s.Files {
		data, err := os.ReadFile(filepath.Join(dir, blobPath(s.MemberID, f.ID)))
		if err != nil {
			return nil, fmt.Errorf("portal %s: %w", s.Name, err)
		}
		p.blobs[f.ID] = &blob{f.ID, f.Name, f.Kind, data, f.Created}
	}
	p.loadRecords(s)
	p.loadDrive(s)
	p.loadTimeline(s)
	return p, p.loadPhones(s)
}

func (p *Portal) loadRecords(s savedPortal) {
	for _, i := range s.Items {
		it := &item{i.Item, i.Type, i.Created, i.Updated, i.UpdatedBy, i.Files, i.Values, i.Access}
		if it.files == nil {
			it.files = map[string][]int{}
		}
		if it.values == nil {
			it.values = map[string]any{}
		}
		if it.access == nil {
			it.access = map[int]Access{}
		}
		p.items[itemKey{i.Type, i.ID}] = it
	}
	for _, x := range s.Apps {
		a := x.load(p)
		p.apps = append(p.apps, a)
		p.cloud.apps[a.ClientID] = a
	}
	for _, w := range s.Webhooks {
		p.webhooks[w.Secret] = &webhook{w.User, w.Secret, w.Scopes}
	}
	for _, d := range s.Documents {
		p.docs = append(p.docs, &document{d.ID, d.Type, d.Entity, d.Title, d.Number, d.Author, d.Created, d.DOCX, d.PDF, d.PDFAt})
	}
	for _, r := range s.Runs {
		p.runs = append(p.runs, &robotRun{r.RobotRun, r.Token})
	}
}

func (p *Portal) loadDrive(s savedPortal) {
	byID := map[int]*storage{}
	for _, x := range s.Storages {
		st := &storage{id: x.ID, name: x.Name, kind: x.Kind, owner: x.Owner}
		byID[x.ID] = st
		p.storages = append(p.storages, st)
	}
	for _, x := range s.Objects {
		o := &object{
			id: x.ID, storage: byID[x.Storage], parent: p.objects[x.Parent], name: x.Name, folder: x.Folder, blob: x.Blob, content: x.Content,
			created: x.Created, updated: x.Updated, createdBy: x.CreatedBy, updatedBy: x.UpdatedBy, readers: x.Readers, writers: x.Writers,
		}
		for _, v := range x.Versions {
			o.versions = append(o.versions, &version{v.ID, v.Blob, v.Content, v.Created, v.By})
		}
		p.objects[o.id] = o
	}
	for _, x := range s.Storages {
		byID[x.ID].root = p.objects[x.Root]
	}
}

func (p *Portal) loadTimeline(s savedPortal) {
	for _, x := range s.Activities {
		a := &activity{x.Activity, x.Objects, x.Layout, x.Fields}
		if a.fields == nil {
			a.fields = map[string]any{}
		}
		p.acts = append(p.acts, a)
	}
	for _, x := range s.Timeline {
		p.timeline = append(p.timeline, &entry{x.Entry, x.Objects, p.activity(x.Activity)})
	}
}

func (p *Portal) loadPhones(s savedPortal) error {
	for user, entries := range s.Phones {
		for _, e := range entries {
			key, err := base32.StdEncoding.DecodeString(e.Key)
			if err != nil {
				return fmt.Errorf("phone of user %d: %w", user, err)
			}
			ph := p.phone(user)
			ph.entries = append(ph.entries, phoneEntry{e.Label, e.Issuer, key, e.Algorithm, e.Digits, e.Period})
		}
	}
	return nil
}
