package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"signservice/bitrix/simulator"
)

// Config says where the demo's world lives.
type Config struct {
	// Dir keeps the world between two runs; it is made when it is missing.
	Dir string
	// AppURL is the address of SignService; "" leaves it to the visitor to add an
	// application.
	AppURL string
	// PortalAddr and AuthAddr are where the portal and the authorization server
	// listen; "127.0.0.1:0" when empty. A world that was kept listens where it did.
	PortalAddr, AuthAddr string
}

// World is the demo's company in its simulated portal.
type World struct {
	Cloud  *simulator.Cloud
	Portal *simulator.Portal
	App    simulator.App
	dir    string
}

// The people of the company, by the order in which they are made.
const (
	Anna  = 1 // administrator
	Mary  = 2
	Ivan  = 3
	Greta = 4
)

// Open starts the world, as it was left or new.
func Open(ctx context.Context, c Config) (*World, error) {
	w := &World{dir: filepath.Join(c.Dir, "portal"), Cloud: simulator.New(simulator.Config{AuthAddr: c.AuthAddr, Phones: true})}
	err := w.Cloud.Load(w.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := w.make(c); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, fmt.Errorf("load the portal: %w", err)
	default:
		w.Portal = w.Cloud.Portals()[0]
	}
	if err := w.Cloud.Start(ctx); err != nil {
		return nil, fmt.Errorf("start the portal: %w", err)
	}
	if c.AppURL == "" {
		return w, nil
	}
	return w, w.register(c.AppURL)
}

// register tells the portal where SignService is: the local app that an
// administrator would add by hand.
func (w *World) register(url string) error {
	form := simulator.LocalApp{
		Title: "SignService", HandlerURL: url + "/bx/app", InstallURL: url + "/bx/install",
		Scopes: []string{"crm", "placement", "user_basic", "im", "disk", "bizproc", "documentgenerator"},
	}
	apps := w.Portal.Apps()
	if len(apps) == 0 {
		w.App = w.Portal.AddApp(form)
		return nil
	}
	w.App = apps[0]
	if w.App.HandlerURL == form.HandlerURL {
		return nil
	}
	if err := w.Portal.EditApp(w.App.ClientID, form); err != nil {
		return err
	}
	w.App, _ = w.Portal.App(w.App.ClientID)
	return nil
}

// Close keeps the world and ends it.
func (w *World) Close() error {
	return errors.Join(w.Cloud.Save(w.dir), w.Cloud.Close())
}

// make fills a new world.
func (w *World) make(c Config) error {
	moscow := time.FixedZone("MSK", 3*60*60)
	w.Portal = w.Cloud.AddPortal(simulator.PortalConfig{Name: "Camomile", Addr: c.PortalAddr, Location: moscow})
	p := w.Portal
	for _, u := range []simulator.User{
		{Name: "Anna", LastName: "Berg", Admin: true, Position: "Office manager", Email: "anna@camomile.example"},
		{Name: "Mary", LastName: "Hill", Position: "Sales", Email: "mary@camomile.example"},
		{Name: "Иван", LastName: "Петров", Position: "Закупки", Email: "ivan@camomile.example", Language: "ru"},
		{Name: "Greta", LastName: "Öhlmann", Position: "Verwaltung", Email: "greta@camomile.example", Language: "de"},
	} {
		p.AddUser(u)
	}
	contract := p.AddFileField("CONTRACT", "Contract", false)
	papers := p.AddFileField("PAPERS", "Papers", true)
	all := contracts()
	deals := []struct {
		deal  simulator.Deal
		field string
		files []Contract
	}{
		{simulator.Deal{Title: "Kitchen service for Harbour Lights", Responsible: Mary, Amount: 36400, Currency: "GBP"}, contract, all[1:2]},
		{simulator.Deal{Title: "Поставка оборудования, Северный ветер", Responsible: Ivan, Amount: 1840000, Currency: "RUB"}, contract, all[0:1]},
		{simulator.Deal{Title: "Lagerhalle Süd", Responsible: Greta, Amount: 37800, Currency: "EUR"}, papers, all[2:3]},
		{simulator.Deal{Title: "Installation at Harbour Lights", Responsible: Mary, Amount: 12100, Currency: "GBP"}, papers, all[1:4]},
		{simulator.Deal{Title: "New enquiry, nothing attached yet", Responsible: Mary, Currency: "GBP"}, contract, nil},
	}
	for _, d := range deals {
		id := p.AddDeal(d.deal)
		for _, f := range d.files {
			data, err := f.PDF()
			if err != nil {
				return fmt.Errorf("make %s: %w", f.FileName, err)
			}
			p.PutFile(id, d.field, f.FileName, data)
		}
	}
	return everywhere(p, len(deals)-1, all)
}

// everywhere puts documents into a deal's other places: a comment, an e-mail
// and the document generator.
func everywhere(p *simulator.Portal, deal int, all []Contract) error {
	var files [][]byte
	for _, c := range all[1:4] {
		data, err := c.PDF()
		if err != nil {
			return fmt.Errorf("make %s: %w", c.FileName, err)
		}
		files = append(files, data)
	}
	p.AddComment(deal, simulator.Comment{Author: Greta, Text: "The draft that we spoke about.", Files: []simulator.File{{Name: "Draft.pdf", Content: files[0]}}})
	p.AddActivity(simulator.Activity{
		Owner: simulator.Binding{EntityType: simulator.EntityDeal, ID: deal}, Provider: simulator.ProviderEmail,
		Subject: "Our order", Incoming: true, Author: Mary, Files: []simulator.File{{Name: "Order.pdf", Content: files[1]}},
	})
	p.AddDocument(deal, simulator.GeneratedDocument{Title: "Acceptance certificate", Author: Mary, DOCX: []byte("PK"), PDF: files[2]})
	return nil
}
