package simulator

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// robot is an automation step that an app offers (api-reference/bizproc).
type robot struct {
	Code       string
	Handler    string
	User       int // AUTH_USER_ID
	Wait       bool
	Names      *array
	Properties *array
}

// RobotRun is one execution of a robot in a deal's automation.
type RobotRun struct {
	ID         int
	App        string
	Code       string
	Deal       int
	Properties map[string]string
	Log        []string
	// Done tells that the app has answered with bizproc.event.send; robots that
	// do not wait are done at once.
	Done   bool
	Values map[string]any
}

type robotRun struct {
	RobotRun
	token string
}

// RunRobot lets a deal's automation reach a robot: its handler gets a POST with
// these properties. A user is written as "user_5". It returns the run's id.
func (p *Portal) RunRobot(clientID, code string, deal int, properties map[string]string) (int, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(clientID)
	if err != nil {
		return 0, err
	}
	return p.runRobot(a, code, deal, properties)
}

func (p *Portal) runRobot(a *app, code string, deal int, properties map[string]string) (int, error) {
	i := slices.IndexFunc(a.robots, func(r *robot) bool { return r.Code == code })
	if i < 0 {
		return 0, unknown("robot", code)
	}
	if p.items[itemKey{EntityDeal, deal}] == nil {
		return 0, unknown("deal", deal)
	}
	r := a.robots[i]
	run := &robotRun{
		RobotRun: RobotRun{ID: p.next("run"), App: a.ClientID, Code: code, Deal: deal, Properties: maps.Clone(properties), Done: !r.Wait},
		token:    p.cloud.hex(8) + "." + p.cloud.hex(8) + "|A" + itoa(p.next("step")) + "|" + p.cloud.hex(16),
	}
	p.runs = append(p.runs, run)
	form := url.Values{
		"workflow_id": {fmt.Sprintf("wf%d", run.ID)}, "code": {code}, "event_token": {run.token},
		"document_id[0]": {"crm"}, "document_id[1]": {"CCrmDocumentDeal"}, "document_id[2]": {fmt.Sprintf("DEAL_%d", deal)},
		"document_type[0]": {"crm"}, "document_type[1]": {"CCrmDocumentDeal"}, "document_type[2]": {"DEAL"},
		"use_subscription": {yn(r.Wait)}, "timeout_duration": {"0"}, "ts": {fmt.Sprint(p.cloud.now().Unix())},
	}
	for k, v := range properties {
		form.Set("properties["+k+"]", v)
	}
	flatten(form, "auth", p.eventAuth(a, fireOptions{user: or(r.User, p.anyAdmin()), refresh: true, depth: eventDepth}, 0))
	p.send(parcel{Delivery{Event: "ROBOT:" + code, Handler: r.Handler, App: a.ClientID, Data: obj{"run": run.ID}}, form})
	return run.ID, nil
}

// RobotRuns are all executions of robots, oldest first.
func (p *Portal) RobotRuns() []RobotRun {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	var out []RobotRun
	for _, r := range p.runs {
		c := r.RobotRun
		c.Log, c.Properties, c.Values = slices.Clone(r.Log), maps.Clone(r.Properties), maps.Clone(r.Values)
		out = append(out, c)
	}
	return out
}

// robotMethods: bizproc.robot.*, bizproc.event.send, bizproc.activity.log.
func robotMethods() registry {
	return registry{
		"bizproc.robot.add":    {scope: "bizproc", appOnly: true, admin: true, run: robotAdd},
		"bizproc.robot.update": {scope: "bizproc", appOnly: true, admin: true, run: robotUpdate},
		"bizproc.robot.delete": {scope: "bizproc", appOnly: true, admin: true, run: robotDelete},
		"bizproc.robot.list": {scope: "bizproc", appOnly: true, admin: true, run: func(c *call) (any, *restError) {
			return append([]string{}, c.app.snapshot().Robots...), nil
		}},
		"bizproc.event.send":   {scope: "bizproc", appOnly: true, run: robotAnswer},
		"bizproc.activity.log": {scope: "bizproc", appOnly: true, run: robotLog},
	}
}

func robotAdd(c *call) (any, *restError) {
	q := c.params.upper()
	r := &robot{Code: q.str("CODE")}
	switch {
	case r.Code == "":
		return nil, bad("ERROR_ACTIVITY_VALIDATION_FAILURE", "Empty activity code!")
	case strings.Trim(r.Code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != "":
		return nil, bad("ERROR_ACTIVITY_VALIDATION_FAILURE", "Wrong activity code!")
	case slices.Contains(c.app.snapshot().Robots, r.Code):
		return nil, bad("ERROR_ACTIVITY_ALREADY_INSTALLED", "Activity or Robot already installed!")
	}
	if fail := c.fillRobot(r, q); fail != nil {
		return nil, fail
	}
	c.app.robots = append(c.app.robots, r)
	return true, nil
}

// fillRobot takes over what is given.
func (c *call) fillRobot(r *robot, q *array) *restError {
	if h := q.str("HANDLER"); h != "" || r.Handler == "" {
		if fail := checkHandler(h); fail != nil {
			return fail
		}
		if !sameHost(h, c.app.HandlerURL) {
			return bad("ERROR_WRONG_HANDLER_URL", "The handler must be on the application's host")
		}
		r.Handler = h
	}
	if props := q.arr("PROPERTIES"); props != nil {
		for _, k := range props.keys {
			if k == "" || strings.Trim(k[:1], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
				return bad("ERROR_ACTIVITY_VALIDATION_FAILURE", fmt.Sprintf("Wrong property key (%s)!", k))
			}
		}
		r.Properties = props
	}
	if names := anyValue(q, "NAME"); names != nil {
		r.Names, _ = names.(*array)
		if r.Names == nil {
			r.Names = &array{}
			r.Names.set("en", scalar(names))
		}
	}
	if r.Names == nil {
		return bad("ERROR_ACTIVITY_VALIDATION_FAILURE", "Empty activity NAME!")
	}
	if v, ok := q.get("USE_SUBSCRIPTION"); ok {
		r.Wait = yes(v)
	}
	if n := q.num("AUTH_USER_ID"); n != 0 {
		r.User = n
	}
	return nil
}

func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Hostname() == y.Hostname()
}

func (c *call) robot() (*robot, *restError) {
	code := c.params.upper().str("CODE")
	i := slices.IndexFunc(c.app.robots, func(r *robot) bool { return r.Code == code })
	if i < 0 {
		return nil, bad("ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!")
	}
	return c.app.robots[i], nil
}

func robotUpdate(c *call) (any, *restError) {
	r, fail := c.robot()
	if fail != nil {
		return nil, fail
	}
	next := *r
	if fail := c.fillRobot(&next, c.params.upper().arr("FIELDS").upper()); fail != nil {
		return nil, fail
	}
	*r = next
	return true, nil
}

func robotDelete(c *call) (any, *restError) {
	r, fail := c.robot()
	if fail != nil {
		return nil, fail
	}
	c.app.robots = slices.DeleteFunc(c.app.robots, func(x *robot) bool { return x == r })
	return true, nil
}

func (c *call) run() (*robotRun, *restError) {
	token := c.params.upper().str("EVENT_TOKEN")
	for _, r := range c.p.runs {
		if r.token == token && r.App == c.app.ClientID {
			return r, nil
		}
	}
	return nil, &restError{Status: 403, Code: "ACCESS_DENIED", Desc: "Access denied!"}
}

// robotAnswer ends the wait of a workflow. It works once: the token of a step that has
// gone on is nobody's any more.
func robotAnswer(c *call) (any, *restError) {
	r, fail := c.run()
	if fail != nil {
		return nil, fail
	}
	if r.Done {
		return nil, &restError{Status: 403, Code: "ACCESS_DENIED", Desc: "Access denied!"}
	}
	q := c.params.upper()
	r.Done = true
	r.Values, _ = plain(q.arr("RETURN_VALUES")).(map[string]any)
	if s := q.str("LOG_MESSAGE"); s != "" {
		r.Log = append(r.Log, s)
	}
	return true, nil
}

func robotLog(c *call) (any, *restError) {
	r, fail := c.run()
	if fail != nil {
		return nil, fail
	}
	r.Log = append(r.Log, c.params.upper().str("LOG_MESSAGE"))
	return true, nil
}

// robotView is a robot in the card: something to press in place of an automation.
type robotView struct {
	App        int
	Code, Name string
	Properties []propertyView
}

type propertyView struct {
	Key, Name, Default string
	Users              []person
}

func (p *Portal) robotViews(it *item) []robotView {
	if it.typ != EntityDeal {
		return nil
	}
	var out []robotView
	for _, a := range p.apps {
		for _, r := range a.robots {
			v := robotView{App: a.ID, Code: r.Code, Name: text(r.Names)}
			if r.Properties != nil {
				for _, k := range r.Properties.keys {
					v.Properties = append(v.Properties, p.propertyView(k, r.Properties.arr(k).upper()))
				}
			}
			out = append(out, v)
		}
	}
	return out
}

func (p *Portal) propertyView(key string, prop *array) propertyView {
	v := propertyView{Key: key, Name: or(text(anyValue(prop, "NAME")), key), Default: prop.str("DEFAULT")}
	if prop.str("TYPE") == "user" {
		for _, u := range p.users {
			if !u.Inactive && u.Type == "employee" {
				v.Users = append(v.Users, personOf(u))
			}
		}
	}
	return v
}

// robotByHand is the form of the card.
func (p *Portal) robotByHand(v *visit, it *item) error {
	a := p.appByID(integer(v.r.FormValue("app")))
	if a == nil {
		return unknown("app", v.r.FormValue("app"))
	}
	props := map[string]string{}
	for k, vs := range v.r.PostForm {
		if name, ok := strings.CutPrefix(k, "prop_"); ok {
			props[name] = vs[0]
		}
	}
	_, err := p.runRobot(a, v.r.FormValue("code"), it.ID, props)
	return err
}
