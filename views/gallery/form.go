package gallery

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// formStates are the Sign form.
func formStates() []State {
	state := func(name string, change func(w *i18n.Printer, f *views.Form)) State {
		return fragments(name, "sign", func(w *i18n.Printer) []templ.Component {
			f := form(words(w))
			change(w, &f)
			return []templ.Component{views.SignForm(f)}
		})
	}
	return []State{
		state("form-ready", func(*i18n.Printer, *views.Form) {}),
		state("form-one-certificate", func(_ *i18n.Printer, f *views.Form) { f.Certificates = f.Certificates[:1]; f.Unusable = nil }),
		state("form-many-certificates", func(w *i18n.Printer, f *views.Form) {
			f.Search, f.Certificates = true, many(words(w))
		}),
		state("form-none-usable", func(w *i18n.Printer, f *views.Form) {
			f.Certificates, f.Actions = nil, []views.Action{action(w.T("hindrance.ask"), "person")}
		}),
		state("form-invisible", func(_ *i18n.Printer, f *views.Form) { f.Visible = false }),
		state("form-code-off", func(_ *i18n.Printer, f *views.Form) { f.CodeOff = true }),
		state("form-without-pictures", func(_ *i18n.Printer, f *views.Form) { f.Pictures = false }),
		state("form-several", func(w *i18n.Printer, f *views.Form) { several(words(w), f) }),
		state("form-signed-before", func(w *i18n.Printer, f *views.Form) {
			f.Document.State, f.Document.Data = w.T("document.signatures", 1), documentData("contract")
		}),
		state("form-repaired", func(w *i18n.Printer, f *views.Form) { f.Warnings = []string{w.T("sign.repaired")} }),
		state("form-wrong-code", func(w *i18n.Printer, f *views.Form) {
			f.Errors = map[string]string{"code": w.T("code.wrong", 3)}
		}),
		state("form-old-code", func(w *i18n.Printer, f *views.Form) {
			f.Errors = map[string]string{"code": w.T("code.old", 3*time.Minute, 2)}
		}),
		state("form-used-code", func(w *i18n.Printer, f *views.Form) {
			f.Errors = map[string]string{"code": w.T("code.used", 12)}
		}),
		state("form-wait", func(w *i18n.Printer, f *views.Form) {
			f.Errors = map[string]string{"code": w.T("code.wait", 4*time.Minute)}
		}),
		state("form-refused-page", func(w *i18n.Printer, f *views.Form) {
			f.Errors = map[string]string{"page": w.T("order.page", 4), "position": w.T("order.placement")}
		}),
		state("form-refused-certificate", func(w *i18n.Printer, f *views.Form) {
			f.Errors = map[string]string{"certificate": w.T("certificate.not-assigned")}
		}),
		state("form-locked", func(w *i18n.Printer, f *views.Form) {
			f.Problem = &views.Alert{What: w.T("code.locked"), Facts: []string{w.T("fate.file-unchanged")}}
		}),
		state("form-expired", func(w *i18n.Printer, f *views.Form) {
			again := action(w.T("sign.all-documents"), "document")
			f.Problem = &views.Alert{
				What: w.T("request.expired"), Facts: []string{w.T("fate.file-unchanged"), w.T("fate.code-kept")}, Action: &again,
			}
		}),
		state("form-internal-error", func(w *i18n.Printer, f *views.Form) {
			f.Problem = &views.Alert{
				What: w.T("error.internal"), Facts: []string{w.T("fate.file-unchanged"), w.T("fate.code-kept")},
				Number: w.T("fate.number", "9f3a61c0be12"),
			}
		}),
	}
}

// heading is the document of the stories as screens head themselves with it.
func heading(w *i18n.Printer) views.Document {
	return views.Document{
		Name: contract(w), Tone: "plain", State: w.T("document.unsigned"),
		Facts: []string{w.Size(251_000), w.T("document.pages", 4)},
		Extra: []views.Action{
			{Words: w.T("sign.read"), Icon: "download", Download: "#"},
			{Words: w.T("sign.all-documents"), Icon: "back", Get: "#", Plain: true},
		},
	}
}

// form is the form with three certificates, one of them on a token that is not
// there.
func form(w *i18n.Printer) views.Form {
	f := views.Form{
		T: w.T, Document: heading(w), Visible: true, MaxReason: 120, Language: w.Language(),
		Files: []views.File{{Request: "0000", Name: contract(w), Pages: 4}}, Shown: 4, Number: 4, Data: filesData(1), Pictures: true,
		Button: w.T("sign.button", contract(w)), Promise: w.T("sign.promise", 30*24*time.Hour), Fingerprint: "9F86 D081 884C 7D65",
		Certificates: []views.Certificate{
			certificate(w, "token", "Мария Иванова", "ООО «Ромашка»", "УЦ «Пример»", "3F2A", true),
			certificate(w, "key", "Mary Brown", "Acme Ltd", "", "77C1", false),
		},
		Unusable: []views.Certificate{certificate(w, "token", "Hans Groß", "Müller & Söhne GmbH", "D-Trust CA 3", "0B19", false)},
	}
	f.Unusable[0].Unusable = w.T("certificate.token-absent-since", w.Clock(now().Add(-21*time.Minute)))
	for _, p := range []string{"first", "last"} {
		f.Pages = append(f.Pages, views.Option{Value: p, Words: w.T("page." + p), Checked: p == "last"})
	}
	f.Pages = append(f.Pages, views.Option{Value: "number", Words: w.T("page.number", 4)})
	for _, p := range []string{"top-left", "top-center", "top-right", "bottom-left", "bottom-center", "bottom-right"} {
		f.Positions = append(f.Positions, views.Option{Value: p, Words: w.T("position." + p), Checked: p == "bottom-right"})
	}
	return f
}

// certificate is a card; one without issuer is an internal one.
func certificate(w *i18n.Printer, icon, name, organisation, issuer, serial string, checked bool) views.Certificate {
	source := w.T("certificate.software")
	if icon == "token" {
		source = w.T("certificate.token")
	}
	c := views.Certificate{
		ID: serial, Name: name, Organisation: organisation, Icon: icon, Short: name, Checked: checked,
		Find: strings.ToLower(name + " " + organisation), Facts: []string{source},
	}
	if issuer == "" {
		c.Badge = w.T("certificate.internal")
	} else {
		c.Facts = append(c.Facts, w.T("certificate.issuer", issuer))
	}
	c.Until, c.Last = w.T("certificate.until", w.Date(now().AddDate(1, 2, 0))), w.T("certificate.serial", "…"+serial)
	c.Facts = append(c.Facts, c.Until, c.Last)
	return c
}

// many are so many certificates that a search is offered.
func many(w *i18n.Printer) []views.Certificate {
	var list []views.Certificate
	for i, name := range []string{
		"Мария Иванова", "Пётр Сидоров", "Анна Кузнецова", "Mary Brown", "John Smith", "Hans Groß", "José García", "Ελένη Παπαδοπούλου",
	} {
		organisation := []string{"ООО «Ромашка»", "Müller & Söhne GmbH", ""}[i%3]
		list = append(list, certificate(w, "token", name, organisation, "УЦ «Пример»", fmt.Sprintf("%04X", 7919*(i+3)), i == 0))
	}
	return list
}

// several are three documents under one code, and one that cannot be signed.
func several(w *i18n.Printer, f *views.Form) {
	f.Files = nil
	for i, name := range []string{contract(w), "NDA Müller & Söhne GmbH.pdf", "Anlage 3.pdf"} {
		f.Files = append(f.Files, views.File{
			Request: fmt.Sprintf("%04d", i), Name: name, Pages: i + 1,
			Facts: []string{w.Size(i18n.Size(88_300 * (i + 1))), w.T("document.pages", i+1)},
		})
	}
	f.Data = filesData(3)
	f.Left = []views.Left{{Name: "scan.pdf", Why: w.T("document.password")}}
	f.Document = views.Document{Name: w.T("files.heading", 3), Extra: heading(w).Extra[1:]}
	f.Button, f.Fingerprint = w.T("sign.button-many", 3), ""
}

// filesData are the files of the form for its script.
func filesData(n int) string {
	type file map[string]any
	var list []file
	for i := range n {
		list = append(list, file{
			"request": fmt.Sprintf("%04d", i), "name": "contract.pdf", "pages": 4,
			"place": file{"page": "last", "number": 0, "position": "bottom-right", "spot": file{"x": 0, "y": 0}},
		})
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "[]" // made of our own values
	}
	return string(text)
}

// documentData names a document for the script.
func documentData(name string) string {
	text, err := json.Marshal(map[string]string{"source": "field", "field": "CONTRACT", "fileId": name, "name": name})
	if err != nil {
		return "" // made of our own values
	}
	return string(text)
}
