package simulator

import (
	"fmt"
	"slices"
	"strings"
)

// Field is a custom field of items.
type Field struct {
	ID         int
	EntityType int
	Name       string // "UF_CRM_CONTRACT"
	Label      string
	Type       string // "file" or "string"
	Multiple   bool
}

// AddFileField gives deals a custom field for files and returns its full name,
// "UF_CRM_" and the given one.
func (p *Portal) AddFileField(name, label string, multiple bool) string {
	return p.AddField(Field{EntityType: EntityDeal, Name: name, Label: label, Type: "file", Multiple: multiple})
}

// AddField gives items of a kind a custom field and returns its full name.
func (p *Portal) AddField(f Field) string {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return p.addField(f).Name
}

func (p *Portal) addField(f Field) *Field {
	prefix := "UF_CRM_"
	if f.EntityType >= firstDynamicType {
		prefix = fmt.Sprintf("UF_CRM_%d_", f.EntityType-firstDynamicType+1)
	}
	if !strings.HasPrefix(f.Name, "UF_CRM_") {
		f.Name = prefix + f.Name
	}
	f.Name = strings.ToUpper(f.Name)
	f.Type = or(f.Type, "string")
	f.ID = p.next("field")
	p.fields = append(p.fields, &f)
	return &f
}

// Fields are the custom fields of a kind of items.
func (p *Portal) Fields(entityType int) []Field {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	var out []Field
	for _, f := range p.fieldsOf(entityType) {
		out = append(out, *f)
	}
	return out
}

func (p *Portal) fieldsOf(typ int) []*Field {
	var out []*Field
	for _, f := range p.fields {
		if f.EntityType == typ {
			out = append(out, f)
		}
	}
	return out
}

func (p *Portal) field(typ int, name string) *Field {
	i := slices.IndexFunc(p.fields, func(f *Field) bool {
		return f.EntityType == typ && (f.Name == name || f.camel() == name)
	})
	if i < 0 {
		return nil
	}
	return p.fields[i]
}

// camel is the name in crm.item.* without useOriginalUfNames: words are joined
// where a letter follows, digits keep their underscore, and the number of
// a smart process moves to the prefix.
func (f *Field) camel() string {
	words := strings.Split(strings.ToLower(f.Name), "_")
	var b strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
			b.WriteString(w)
		case w == "":
		case w[0] >= '0' && w[0] <= '9':
			if f.EntityType < firstDynamicType || i != 2 {
				b.WriteByte('_')
			}
			b.WriteString(w)
		default:
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}
