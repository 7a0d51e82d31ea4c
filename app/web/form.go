package web

import (
	"strings"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/i18n"
	"signservice/app/signing"
	"signservice/views"
)

// manyCertificates is from how many on the form offers a search.
const manyCertificates = 7

// formOf fills the form for frozen Requests, at least one: what the person chose
// last, the code never.
func (s *Server) formOf(c *call, list []app.Request, choices signing.Choices) views.Form {
	r := list[0]
	f := views.Form{
		T: c.T, Document: c.heading(r), Pictures: s.config.Signing.Pictured(),
		Search:    len(choices.Certificates) >= manyCertificates,
		CodeOff:   choices.Account.CodeOff,
		MaxReason: app.MaxReason, Language: c.words.Language(),
	}
	last := remembered(choices.Remembered)
	f.Visible, f.Reason = last.Signet.Visible, last.Signet.Reason
	c.addCertificates(&f, choices.Certificates, last.Certificate)
	f.Remembered = last.Certificate != "" && certificateOf(f) == last.Certificate
	var data []fileData
	for i, r := range list {
		place := s.uncovered(c, r, f, last.Signet)
		if i == 0 {
			c.addPlace(&f, place, r.Original.Pages)
		}
		data = append(data, fileData{Request: r.ID, Document: refOf(r.Document), Name: r.Document.Name, Pages: r.Original.Pages, Place: placeOf(place)})
		f.Files = append(f.Files, views.File{
			Request: string(r.ID), Name: r.Document.Name, Pages: r.Original.Pages,
			Facts: append(c.documentFacts(r.Document), c.T("document.pages", r.Original.Pages)),
		})
		if r.Original.Repaired {
			f.Warnings = append(f.Warnings, c.T("sign.repaired"))
		}
	}
	f.Data = bodyOf(data)
	c.addOutlook(&f, list)
	return f
}

// addOutlook says what pressing the button does, and leads back to the list.
func (c *call) addOutlook(f *views.Form, list []app.Request) {
	f.Promise = c.promises(list)
	if len(f.Certificates) == 0 {
		f.Actions = []views.Action{{Words: c.T("hindrance.ask"), Icon: "person", Post: "/api/sign/ask/" + string(admin.WishCertificate)}}
	}
	back := views.Action{Words: c.T("sign.all-documents"), Icon: "back", Get: "/api/sign?list=1", Plain: true}
	if len(list) == 1 {
		f.Button, f.Fingerprint = c.T("sign.button", list[0].Document.Name), fingerprint(list[0].Original.SHA256)
		f.Document.Extra = append(f.Document.Extra, back)
		return
	}
	f.Button = c.T("sign.button-many", len(list))
	f.Document = views.Document{Name: c.T("files.heading", len(list)), Extra: []views.Action{back}}
}

// fileData is a file of the form for the script.
type fileData struct {
	Request app.RequestID `json:"request"`
	// Document is what it was made of: the same when it is opened again.
	Document documentRef `json:"document"`
	Name     string      `json:"name"`
	Pages    int         `json:"pages"`
	Place    placeForm   `json:"place"`
}

// addPlace fills in where the signet lies.
func (c *call) addPlace(f *views.Form, place app.Placement, pages int) {
	for _, p := range []app.PageChoice{app.FirstPage, app.LastPage} {
		f.Pages = append(f.Pages, views.Option{Value: string(p), Words: c.T("page." + string(p)), Checked: p == place.Page})
	}
	f.Shown = max(place.On(pages), 1)
	f.Number = f.Shown
	f.Pages = append(f.Pages, views.Option{
		Value: string(app.NumberedPage), Words: c.T("page.number", f.Number), Checked: place.Page == app.NumberedPage,
	})
	f.Free = place.Position == app.Free
	for _, p := range app.Positions() {
		f.Positions = append(f.Positions, views.Option{
			Value: string(p), Words: c.T("position." + string(p)), Checked: p == place.Position,
		})
	}
}

// remembered gives what was chosen last; for the first time a visible mark at
// the bottom right of the last page, where people sign.
func remembered(last app.Remembered) app.Remembered {
	if !last.Signet.Placement.Valid() {
		last.Signet.Placement = app.Placement{Page: app.LastPage, Position: app.BottomRight}
		last.Signet.Visible = last.Certificate == "" || last.Signet.Visible
	}
	return last
}

// uncovered gives the place that is offered first in a document: the one chosen
// last, unless the document has no such page or an earlier signet is there.
func (s *Server) uncovered(c *call, r app.Request, f views.Form, last app.Signet) app.Placement {
	place := last.Placement
	if place.On(r.Original.Pages) == 0 {
		place.Page, place.Number = app.LastPage, 0
	}
	look := signing.PageLook{Certificate: certificateOf(f), Signet: last}
	look.Signet.Placement, look.Signet.Language, look.Signet.Visible = place, c.words.Language(), true
	sheet, err := s.config.Signing.Sheet(c.Request().Context(), c.visit, r.ID, look)
	if err != nil || sheet.Signet == nil || !sheet.Signet.Covers {
		return place // where it cannot be looked at now the order tells why
	}
	for _, p := range []app.Position{app.BottomRight, app.BottomLeft, app.BottomCenter, app.TopRight, app.TopLeft, app.TopCenter} {
		for _, z := range sheet.Zones {
			if z.Position == p && !z.Covers {
				place.Position, place.Spot = p, app.Spot{}
				return place
			}
		}
	}
	return place
}

// certificateOf is the certificate that is checked in the form.
func certificateOf(f views.Form) app.CertificateID {
	for _, card := range f.Certificates {
		if card.Checked {
			return app.CertificateID(card.ID)
		}
	}
	return ""
}

// addCertificates puts the certificates into the form; the last one chosen is
// checked if it can sign, otherwise the first.
func (c *call) addCertificates(f *views.Form, list []signing.CertificateChoice, last app.CertificateID) {
	checked := false
	for _, choice := range list {
		card := c.certificateCard(choice.Certificate)
		if choice.Unusable != "" {
			card.Unusable = c.unusable(choice)
			f.Unusable = append(f.Unusable, card)
			continue
		}
		card.Checked = choice.ID == last
		checked = checked || card.Checked
		f.Certificates = append(f.Certificates, card)
	}
	if !checked && len(f.Certificates) > 0 {
		f.Certificates[0].Checked = true
	}
}

// unusable says why a certificate cannot sign now.
func (c *call) unusable(choice signing.CertificateChoice) string {
	if choice.Unusable == "certificate.token-absent" && !choice.AbsentSince.IsZero() {
		return c.T("certificate.token-absent-since", c.words.When(choice.AbsentSince, c.now))
	}
	return c.T(choice.Unusable)
}

// certificateCard is a certificate as people tell it from others.
func (c *call) certificateCard(cert app.Certificate) views.Certificate {
	v := views.Certificate{
		ID: string(cert.ID), Name: cert.Name, Organisation: cert.Organisation, Icon: "key", Short: cert.Name,
		Find: strings.ToLower(strings.Join([]string{cert.Name, cert.Organisation, cert.Issuer, cert.Serial}, " ")),
	}
	source := c.T("certificate.software")
	if cert.Source == app.KeyToken {
		v.Icon, source = "token", c.T("certificate.token")
	}
	v.Facts = append(v.Facts, source)
	if cert.SelfSigned {
		v.Badge = c.T("certificate.internal")
	} else if cert.Issuer != "" {
		v.Facts = append(v.Facts, c.T("certificate.issuer", cert.Issuer))
	}
	v.Until, v.Last = c.T("certificate.until", c.words.Date(cert.NotAfter)), c.T("certificate.serial", lastFour(cert.Serial))
	v.Facts = append(v.Facts, v.Until, v.Last)
	return v
}

// lastFour is the end of a serial number, which is enough to tell two apart.
func lastFour(serial string) string {
	serial = strings.ToUpper(strings.ReplaceAll(serial, ":", ""))
	if len(serial) <= 4 {
		return serial
	}
	return "…" + serial[len(serial)-4:]
}

// fingerprint is the beginning of a SHA-256 in groups of four.
func fingerprint(sum string) string {
	if len(sum) > 16 {
		sum = sum[:16]
	}
	var groups []string
	for len(sum) > 4 {
		groups, sum = append(groups, sum[:4]), sum[4:]
	}
	return strings.ToUpper(strings.Join(append(groups, sum), " "))
}

// heading is the document of a Request as screens head themselves with it.
func (c *call) heading(r app.Request) views.Document {
	d := views.Document{Name: r.Document.Name, Facts: c.documentFacts(r.Document)}
	if r.Original.Pages > 0 {
		d.Facts = append(d.Facts, c.T("document.pages", r.Original.Pages))
	}
	switch {
	case r.Original.Signatures > 0 && r.State == app.Frozen:
		// How good they are is told below the heading, once they were looked at.
		d.Tone, d.State = "plain", c.T("document.signatures", r.Original.Signatures)
		d.Data = bodyOf(refOf(r.Document))
	case r.State == app.Frozen:
		d.Tone, d.State = "plain", c.T("document.unsigned")
	}
	if r.State == app.Frozen {
		d.Extra = []views.Action{{Words: c.T("sign.read"), Icon: "download", Download: requestPath(r.ID) + "/original"}}
	}
	return d
}

// documentFacts are the short words below a document's name.
func (c *call) documentFacts(d app.Document) []string {
	var facts []string
	if size := c.words.Size(i18n.Size(d.Size)); size != "" {
		facts = append(facts, size)
	}
	if d.Label != "" {
		facts = append(facts, d.Label)
	}
	return facts
}

// requestPath is the address of a Request's calls.
func requestPath(id app.RequestID) string { return "/api/sign/requests/" + string(id) }
