package simulator

import (
	"maps"
	"slices"
	"time"
)

// Kinds of items, as entityTypeId numbers them. Smart processes have numbers
// from 128 on, see [Portal.AddType].
const (
	EntityLead         = 1
	EntityDeal         = 2
	EntityContact      = 3
	EntityCompany      = 4
	EntityQuote        = 7
	EntitySmartInvoice = 31
)

// Deal is an [Item] of the kind EntityDeal.
type Deal = Item

// Item is a deal, a lead, a contact, … .
type Item struct {
	ID          int // given when zero
	Title       string
	Stage       string // "NEW" when empty
	Category    int
	Responsible int // user
	CreatedBy   int // user; Responsible when zero
	Amount      float64
	Currency    string // "EUR" when empty
}

// Access is what a user may do with an item.
type Access int

// The rights. Administrators always have UpdateAccess.
const (
	UpdateAccess Access = iota // the default
	ReadAccess
	NoAccess
)

type itemKey struct{ typ, id int }

// item is the living Item.
type item struct {
	Item
	typ       int
	created   time.Time
	updated   time.Time
	updatedBy int
	files     map[string][]int // file fields: ids of blobs in their order
	values    map[string]any   // other custom fields
	access    map[int]Access
}

// AddDeal adds a deal and returns its id.
func (p *Portal) AddDeal(d Deal) int { return p.AddItem(EntityDeal, d) }

// AddItem adds an item of any kind and returns its id.
func (p *Portal) AddItem(entityType int, i Item) int {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return p.addItem(entityType, i).ID
}

func (p *Portal) addItem(typ int, i Item) *item {
	kind := "item" + itoa(typ)
	if i.ID == 0 {
		i.ID = p.next(kind)
	}
	p.ids[kind] = max(p.ids[kind], i.ID)
	i.Stage, i.Currency = or(i.Stage, "NEW"), or(i.Currency, "EUR")
	i.CreatedBy = or(i.CreatedBy, i.Responsible)
	now := p.cloud.now()
	it := &item{
		Item: i, typ: typ, created: now, updated: now, updatedBy: i.CreatedBy,
		files: map[string][]int{}, values: map[string]any{}, access: map[int]Access{},
	}
	p.items[itemKey{typ, i.ID}] = it
	p.fire(itemEvent(typ, "ADD"), itemEventData(it), i.CreatedBy)
	return it
}

// DeleteDeal removes a deal with its files and timeline, as by a colleague.
func (p *Portal) DeleteDeal(id int) error { return p.DeleteItem(EntityDeal, id) }

// DeleteItem removes an item of any kind.
func (p *Portal) DeleteItem(entityType, id int) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	it := p.items[itemKey{entityType, id}]
	if it == nil {
		return unknown("item", id)
	}
	p.deleteItem(it)
	p.fire(itemEvent(entityType, "DELETE"), itemEventData(it), p.anyAdmin())
	return nil
}

func (p *Portal) deleteItem(it *item) {
	for _, ids := range it.files {
		for _, id := range ids {
			delete(p.blobs, id)
		}
	}
	delete(p.items, itemKey{it.typ, it.ID})
	p.timeline = slices.DeleteFunc(p.timeline, func(e *entry) bool { return e.EntityType == it.typ && e.EntityID == it.ID })
}

// SetDealAccess says what a user may do with a deal.
func (p *Portal) SetDealAccess(deal, user int, a Access) error {
	return p.SetAccess(EntityDeal, deal, user, a)
}

// SetAccess says what a user may do with an item.
func (p *Portal) SetAccess(entityType, id, user int, a Access) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	it := p.items[itemKey{entityType, id}]
	if it == nil {
		return unknown("item", id)
	}
	it.access[user] = a
	return nil
}

// Items are the items of a kind in the order of their ids.
func (p *Portal) Items(entityType int) []Item {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	var out []Item
	for _, it := range p.itemsOf(entityType) {
		out = append(out, it.Item)
	}
	return out
}

func (p *Portal) itemsOf(typ int) []*item {
	var out []*item
	for k, it := range p.items {
		if k.typ == typ {
			out = append(out, it)
		}
	}
	slices.SortFunc(out, func(a, b *item) int { return a.ID - b.ID })
	return out
}

// may tells what a user can do with an item.
func (p *Portal) may(user int, it *item) Access {
	if p.isAdmin(user) {
		return UpdateAccess
	}
	if !p.activeUser(user) {
		return NoAccess
	}
	return it.access[user]
}

// touch marks an item as changed and tells the apps.
func (c *call) touch(it *item) {
	it.updated, it.updatedBy = c.p.cloud.now(), c.user
	c.fire(itemEvent(it.typ, "UPDATE"), itemEventData(it))
}

func itemEvent(typ int, what string) string {
	switch typ {
	case EntityLead, EntityDeal, EntityContact, EntityCompany, EntityQuote:
		return "ONCRM" + entityName(typ) + what
	}
	return "ONCRMDYNAMICITEM" + what
}

func itemEventData(it *item) obj {
	fields := obj{"ID": it.ID}
	if it.typ == EntitySmartInvoice || it.typ >= firstDynamicType {
		fields["ENTITY_TYPE_ID"] = it.typ
	}
	return obj{"FIELDS": fields}
}

// entityName is the word in placements and events.
func entityName(typ int) string {
	switch typ {
	case EntityLead:
		return "LEAD"
	case EntityDeal:
		return "DEAL"
	case EntityContact:
		return "CONTACT"
	case EntityCompany:
		return "COMPANY"
	case EntityQuote:
		return "QUOTE"
	case EntitySmartInvoice:
		return "SMART_INVOICE"
	}
	return "DYNAMIC_" + itoa(typ)
}

// firstDynamicType is the lowest number of a smart process.
const firstDynamicType = 128

// AddType adds a smart process and returns its entityTypeId.
func (p *Portal) AddType(title string) int {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	n := firstDynamicType - 1 + p.next("type")
	p.types[n] = title
	return n
}

func (p *Portal) typeTitle(typ int) string { return p.types[typ] }

func (p *Portal) dynamicTypes() []int { return slices.Sorted(maps.Keys(p.types)) }

func (p *Portal) typeExists(typ int) bool {
	switch typ {
	case EntityLead, EntityDeal, EntityContact, EntityCompany, EntityQuote, EntitySmartInvoice:
		return true
	}
	return p.types[typ] != ""
}
