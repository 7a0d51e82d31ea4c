package app

import (
	"fmt"
	"strconv"
	"strings"
)

// Slot is a place in the portal where SignService is shown; Bitrix24 calls it
// a placement, and has one of its own for each kind of CRM element.
type Slot string

// Slots with a name of their own; the others are made by [TabSlot],
// [MenuSlot] and [GeneratorSlot].
const (
	SlotMain    Slot = "DEFAULT"             // the app's own page: the settings
	SlotDealTab Slot = "CRM_DEAL_DETAIL_TAB" // the Sign tab of a deal
	SlotNone    Slot = ""                    // outside the portal's frame
)

// Kinds of CRM elements, as Bitrix24's entityTypeId numbers them. Smart
// processes, which a portal's administrators define, have numbers from
// FirstProcess on.
const (
	EntityLead         = 1
	EntityDeal         = 2
	EntityContact      = 3
	EntityCompany      = 4
	EntityQuote        = 7
	EntitySmartInvoice = 31
	FirstProcess       = 128
)

// Kinds lists the kinds of elements that every portal has.
func Kinds() []int {
	return []int{EntityDeal, EntityLead, EntityContact, EntityCompany, EntityQuote, EntitySmartInvoice}
}

// TabSlot, MenuSlot and GeneratorSlot are the tab in the card of a kind of
// elements, the entry in the menu of its toolbar, and the one in the menu of
// the document generator.
func TabSlot(kind int) Slot { return slot(kind, slotTab) }

// MenuSlot is described at [TabSlot].
func MenuSlot(kind int) Slot { return slot(kind, slotMenu) }

// GeneratorSlot is described at [TabSlot].
func GeneratorSlot(kind int) Slot { return slot(kind, slotGenerator) }

// The ends of the slots' codes.
// https://apidocs.bitrix24.com/api-reference/widgets/crm/index.html
const (
	slotTab       = "_DETAIL_TAB"
	slotMenu      = "_DETAIL_TOOLBAR"
	slotGenerator = "_DOCUMENTGENERATOR_BUTTON"
)

func slot(kind int, end string) Slot {
	for name, number := range kindNames() {
		if number == kind {
			return Slot("CRM_" + name + end)
		}
	}
	return Slot(fmt.Sprintf("CRM_DYNAMIC_%d%s", kind, end))
}

func kindNames() map[string]int {
	return map[string]int{
		"LEAD": EntityLead, "DEAL": EntityDeal, "CONTACT": EntityContact, "COMPANY": EntityCompany,
		"QUOTE": EntityQuote, "SMART_INVOICE": EntitySmartInvoice,
	}
}

// Kind tells in the cards of which kind of elements the slot is; 0 for a slot
// that is in no card, or in one that SignService does not know.
func (s Slot) Kind() int {
	rest, ok := strings.CutPrefix(string(s), "CRM_")
	if !ok {
		return 0
	}
	for _, end := range []string{slotTab, slotMenu, slotGenerator} {
		name, ok := strings.CutSuffix(rest, end)
		if !ok {
			continue
		}
		if kind := kindNames()[name]; kind != 0 {
			return kind
		}
		digits, ok := strings.CutPrefix(name, "DYNAMIC_")
		kind, err := strconv.Atoi(digits)
		if ok && err == nil && kind >= FirstProcess && strconv.Itoa(kind) == digits {
			return kind
		}
	}
	return 0
}

// OfGenerator tells whether the slot is in the document generator's menu.
func (s Slot) OfGenerator() bool { return s.Kind() != 0 && strings.HasSuffix(string(s), slotGenerator) }
