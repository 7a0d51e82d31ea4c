package bitrix

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// EventAuth is the auth part of an event or robot call. Like a [Placement] it
// proves nothing by itself: compare ApplicationToken with the one learned from
// a verified installation, or show AccessToken to [OAuth.Identify].
type EventAuth struct {
	AccessToken      Secret // empty for events that no user has caused, and after uninstallation
	RefreshToken     Secret // sent with installation, update and robot calls only
	ApplicationToken Secret
	ExpiresIn        time.Duration // of the access token

	ClaimedMemberID   string
	ClaimedDomain     string
	ClaimedUserID     ID
	ClaimedAuthServer string
	ClaimedStatus     string
}

// Event is what a portal's event queue posts to a handler. Events come late,
// in any order, sometimes twice and sometimes not at all.
// https://apidocs.bitrix24.com/api-reference/events/index.html
type Event struct {
	Name string // upper case, such as ONCRMDEALUPDATE
	Data *Node  // such as Data.At("FIELDS", "ID").ID()
	At   time.Time
	Auth EventAuth
}

// ParseEvent reads the posted fields of an event. A form without a name of an
// event is [ErrMalformedForm].
func ParseEvent(form url.Values) (Event, error) {
	root, err := nested(form)
	if err != nil {
		return Event{}, err
	}
	e := Event{
		Name: strings.ToUpper(clip(root.At("event").Text, 100)),
		Data: root.At("data"),
		Auth: readAuth(root.At("auth")),
	}
	if e.Name == "" {
		return Event{}, fmt.Errorf("%w: no event", ErrMalformedForm)
	}
	if ts, err := strconv.ParseInt(root.At("ts").Text, 10, 64); err == nil && ts > 0 && ts < 1<<40 {
		e.At = time.Unix(ts, 0).UTC()
	}
	return e, nil
}

// RobotCall is what a portal posts to the handler of a [Robot].
// https://apidocs.bitrix24.com/api-reference/bizproc/bizproc-robot/bizproc-robot-add.html
type RobotCall struct {
	Code       string
	WorkflowID string
	Document   []string // such as crm, CCrmDocumentDeal, DEAL_123
	Properties *Node    // what the author of the workflow filled in; a user is "user_5"
	EventToken Secret   // for [Client.SendRobotResult]
	Waits      bool     // the workflow waits for the result
	Auth       EventAuth
}

// ParseRobot reads the posted fields of a robot call. A form without a code
// is [ErrMalformedForm].
func ParseRobot(form url.Values) (RobotCall, error) {
	root, err := nested(form)
	if err != nil {
		return RobotCall{}, err
	}
	r := RobotCall{
		Code:       clip(root.At("code").Text, 100),
		WorkflowID: clip(root.At("workflow_id").Text, 200),
		Document:   root.At("document_id").Texts(),
		Properties: root.At("properties"),
		EventToken: Secret(root.At("event_token").Text),
		Waits:      strings.EqualFold(root.At("use_subscription").Text, "Y"),
		Auth:       readAuth(root.At("auth")),
	}
	if r.Code == "" {
		return RobotCall{}, fmt.Errorf("%w: no robot", ErrMalformedForm)
	}
	return r, nil
}

// DocumentID returns the number of the record that the workflow runs on: 123
// of DEAL_123, 7 of DYNAMIC_1046_7. 0 if it cannot be told.
func (r RobotCall) DocumentID() ID {
	if len(r.Document) < 3 {
		return 0
	}
	last := r.Document[2]
	n := Node{Text: last[strings.LastIndexByte(last, '_')+1:]}
	return n.ID()
}

// UserID returns the user in a property's text such as "user_5"; 0 if it is
// none.
func (n *Node) UserID() ID {
	number, ok := strings.CutPrefix(n.Text, "user_")
	if !ok {
		return 0
	}
	return (&Node{Text: number}).ID()
}

func readAuth(n *Node) EventAuth {
	a := EventAuth{
		AccessToken:       Secret(n.At("access_token").Text),
		RefreshToken:      Secret(n.At("refresh_token").Text),
		ApplicationToken:  Secret(n.At("application_token").Text),
		ClaimedMemberID:   clip(n.At("member_id").Text, 64),
		ClaimedDomain:     clip(n.At("domain").Text, 255),
		ClaimedUserID:     n.At("user_id").ID(),
		ClaimedAuthServer: clip(n.At("server_endpoint").Text, 255),
		ClaimedStatus:     clip(n.At("status").Text, 10),
	}
	if s := n.At("expires_in").ID(); s > 0 && s <= 1<<30 {
		a.ExpiresIn = time.Duration(s) * time.Second
	}
	return a
}
