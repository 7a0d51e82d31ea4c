package bitrix

import (
	"fmt"
	"strconv"
	"strings"
)

// Name returns the word for an entity type in methods that take a word, such
// as those of comments: "deal", "smart_invoice", "dynamic_1046".
// https://apidocs.bitrix24.com/api-reference/crm/data-types.html
func (t EntityType) Name() string {
	switch t {
	case EntityLead:
		return "lead"
	case EntityDeal:
		return "deal"
	case EntityContact:
		return "contact"
	case EntityCompany:
		return "company"
	case EntityActivity:
		return "activity"
	case EntityQuote:
		return "quote"
	case EntitySmartInvoice:
		return "smart_invoice"
	}
	return fmt.Sprintf("dynamic_%d", int(t))
}

// Named reports whether an answer's word for an entity type means this one:
// the word of [EntityType.Name] in any case, or the number.
func (t EntityType) Named(word string) bool {
	return strings.EqualFold(word, t.Name()) || word == strconv.Itoa(int(t))
}

// TabPlacement returns the placement of a tab in the card of this entity
// type, such as CRM_DEAL_DETAIL_TAB.
func (t EntityType) TabPlacement() string { return "CRM_" + strings.ToUpper(t.Name()) + "_DETAIL_TAB" }

// ToolbarPlacement returns the placement in the menu of the card's toolbar.
func (t EntityType) ToolbarPlacement() string {
	return "CRM_" + strings.ToUpper(t.Name()) + "_DETAIL_TOOLBAR"
}
