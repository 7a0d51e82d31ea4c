package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"signservice/app"
	"signservice/app/i18n"
)

// setupLinkCommand makes a setup link beside the administrators: the way back
// for one who has lost the phone that confirms it, where no other can.
type setupLinkCommand struct {
	Dir    string `default:"/var/lib/signservice" env:"SIGNSERVICE_DIR" help:"Folder of the running service." type:"path"`
	Portal string `required:"" help:"Portal, as acme.bitrix24.com." placeholder:"DOMAIN"`
	User   string `required:"" help:"Number of the user in the portal; it ends the address of the user's page there." placeholder:"ID"`
}

// Help tells when it is of use.
func (*setupLinkCommand) Help() string {
	return "For an administrator who has lost the phone and has no colleague who can make a setup link on the settings page. " +
		"The person needs an account there. The service must be running.\n\n" +
		"The link works once, for one hour. It is written to the journal, and the person and the administrators are told."
}

// setupLinkOrder is what the command asks the running service for.
type setupLinkOrder struct {
	Portal string     `json:"portal"`
	User   app.UserID `json:"user"`
}

// setupLink is what the running service answers.
type setupLink struct {
	// Link opens the page on which a phone is bound. It is printed and kept nowhere.
	Link string `json:"link"`
	// Name is whose it is; Until when it ends.
	Name  string `json:"name"`
	Until string `json:"until"`
}

// Run prints the link alone on standard output.
func (c *setupLinkCommand) Run(ctx context.Context, std streams) error {
	var made setupLink
	err := ask(ctx, c.Dir, http.MethodPost, "/setup-link", setupLinkOrder{Portal: c.Portal, User: app.UserID(c.User)}, &made)
	if errors.Is(err, errNoService) {
		return hinted(errors.New("the service is not running over this folder"), "start it, and give its folder as --dir")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(std.err, "Setup link for %s, good once until %s. Give it to this person alone.\n", made.Name, made.Until)
	fmt.Fprintln(std.out, made.Link)
	return nil
}

// setupLink makes the link for the command.
func (s *service) setupLink(w http.ResponseWriter, r *http.Request) {
	var in setupLinkOrder
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&in); err != nil {
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	token, e, err := s.office.OperatorLink(r.Context(), in.Portal, in.User)
	if err != nil {
		s.log.WarnContext(r.Context(), "make operator's setup link", "error", err)
		code := http.StatusInternalServerError
		var failure *app.Error
		if errors.As(err, &failure) && failure.Kind == app.NotFound {
			code = http.StatusNotFound
			w.Header().Set(controlAnswer, i18n.For("en").T(failure.MessageKey()))
		}
		http.Error(w, "not made", code)
		return
	}
	made := setupLink{Link: s.config.URL + "/enrol/" + token.Reveal(), Until: i18n.For("en").Time(e.ExpiresAt), Name: "user " + string(in.User)}
	if a, err := s.store.Account(r.Context(), e.Portal, e.User); err == nil && a.Name != "" {
		made.Name = a.Name
	}
	answerJSON(w, made)
}
