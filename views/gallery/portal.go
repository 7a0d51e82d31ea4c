package gallery

import (
	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// portalStates are what the Sign tab says of invitations and of documents that
// are told late, and the settings of where the app is shown.
func portalStates() []State {
	return []State{
		fragments("sign-invite", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.InviteForm(invite(w))}
		}),
		fragments("sign-decline", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.DeclineForm(invite(w))}
		}),
		fragments("sign-invitations", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.InvitationList(w.T, invitations(w)), views.DocumentList(views.Documents{T: w.T, List: []views.Document{{Name: contract(w)}}})}
		}),
		fragments("sign-invited", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.InvitationBanner(views.Banner{
				Words: w.T("invite.banner", "Anna Berg"), Note: "Please by Friday.", Decline: views.Action{Words: w.T("invite.decline"), Get: "#"},
			}), views.Heading(views.Document{Name: contract(w)})}
		}),
		fragments("sign-pending", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.DocumentList(views.Documents{T: w.T, Pending: true, List: []views.Document{
				{Ref: "a", Pending: true, Facts: []string{contract(w), w.T("document.pending")}},
				{Ref: "b", Name: "Draft.pdf", Facts: []string{w.T("source.comment"), w.T("document.by", "Paul Ott")}, Note: w.T("document.drive-right")},
				{Ref: "c", Name: "Order.pdf", Facts: []string{w.T("source.email"), w.T("document.by", "Mary Hill")}, Open: &views.Action{Words: w.T("documents.open"), Post: "#"}},
			}})}
		}),
		section("settings-places", "places", func(w *i18n.Printer) templ.Component {
			v := views.Places{T: w.T, Processes: []views.Option{{Value: "1030", Words: "Projects", Checked: true}, {Value: "1034", Words: "Leases"}}}
			for i, kind := range []string{"deal", "lead-kind", "contact", "company", "quote", "invoice"} {
				v.Kinds = append(v.Kinds, views.Option{Value: kind, Words: w.T("places." + kind), Checked: i < 4})
			}
			return views.PlacesSection(v)
		}),
	}
}

func invite(w *i18n.Printer) views.Invite {
	return views.Invite{
		T: w.T, Max: "500", Path: "#", Data: "{}",
		Document: views.Document{Name: contract(w), Extra: []views.Action{{Words: w.T("sign.all-documents"), Icon: "back", Get: "#"}}},
	}
}

func invitations(w *i18n.Printer) views.Invitations {
	at := w.Time(now())
	return views.Invitations{
		Mine: []views.Document{{
			Name: contract(w), Facts: []string{w.T("invite.by", "Anna Berg", at)}, Note: "Please by Friday.",
			Open:  &views.Action{Words: w.T("invite.open"), Icon: "signature", Post: "#"},
			Extra: []views.Action{{Words: w.T("invite.decline"), Get: "#", Plain: true}},
		}},
		Theirs: []views.Document{
			{
				Name: "Order.pdf", Tone: "busy", State: w.T("invitation.state-open"), Facts: []string{w.T("invite.for", "Paul Ott", at)},
				Extra: []views.Action{{Words: w.T("invite.withdraw"), Post: "#", Plain: true}},
			},
			{Name: "Lease.pdf", Tone: "bad", State: w.T("invitation.state-declined"), Facts: []string{w.T("invite.for", "Greta Öhlmann", at)}, Note: "The price is wrong."},
		},
	}
}
