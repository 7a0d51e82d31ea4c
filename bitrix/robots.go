package bitrix

import "context"

// Robot is an automation rule that the application offers: the portal posts
// to Handler when it runs, see [ParseRobot].
type Robot struct {
	Code         string            // letters, digits, '.', '-' and '_'
	Handler      string            // at the host of the application
	AuthUserID   ID                // whose token is sent along
	Names        map[string]string // by language
	Descriptions map[string]string // by language
	// Wait makes the workflow wait for [Client.SendRobotResult].
	Wait bool
	// DocumentType is such as ["crm", "CCrmDocumentDeal", "DEAL"].
	DocumentType [3]string
	Properties   map[string]RobotProperty // what the author of the workflow fills in
	Returns      map[string]RobotProperty // what the workflow gets back
}

// RobotProperty is a property of a robot. Its key begins with a letter.
type RobotProperty struct {
	Names    map[string]string // by language
	Type     string            // bool, date, datetime, double, int, select, string, text, user, file
	Required bool
	Multiple bool
	Default  string
	Options  map[string]string // of a select
}

// AddRobot registers a robot. Administrators only; scope bizproc. One with the
// same code is there already: success.
// https://apidocs.bitrix24.com/api-reference/bizproc/bizproc-robot/bizproc-robot-add.html
func (c *Client) AddRobot(ctx context.Context, r Robot) error {
	params := r.fields()
	params["CODE"] = r.Code
	return c.bind(ctx, Write[Text]("bizproc.robot.add", params))
}

// UpdateRobot changes a robot of the same code.
// https://apidocs.bitrix24.com/api-reference/bizproc/bizproc-robot/bizproc-robot-update.html
func (c *Client) UpdateRobot(ctx context.Context, r Robot) error {
	_, err := Call(ctx, c, Write[Text]("bizproc.robot.update", Params{"CODE": r.Code, "FIELDS": r.fields()}))
	return err
}

// DeleteRobot removes a robot.
// https://apidocs.bitrix24.com/api-reference/bizproc/bizproc-robot/bizproc-robot-delete.html
func (c *Client) DeleteRobot(ctx context.Context, code string) error {
	_, err := Call(ctx, c, Write[Text]("bizproc.robot.delete", Params{"CODE": code}))
	return err
}

// Robots returns the codes of the application's robots.
// https://apidocs.bitrix24.com/api-reference/bizproc/bizproc-robot/bizproc-robot-list.html
func (c *Client) Robots(ctx context.Context) ([]string, error) {
	return Call(ctx, c, Read[List[string]]("bizproc.robot.list", nil))
}

// SendRobotResult lets a waiting workflow go on. An event token that is used
// up or unknown is [ErrAccessDenied].
// https://apidocs.bitrix24.com/api-reference/bizproc/bizproc-robot/bizproc-event-send.html
func (c *Client) SendRobotResult(ctx context.Context, eventToken Secret, values map[string]string, log string) error {
	params := Params{"event_token": eventToken, "return_values": values}
	if log != "" {
		params["log_message"] = log
	}
	_, err := Call(ctx, c, Write[Text]("bizproc.event.send", params))
	return err
}

func (r Robot) fields() Params {
	p := Params{
		"HANDLER": r.Handler, "AUTH_USER_ID": r.AuthUserID, "USE_SUBSCRIPTION": yesNo(r.Wait),
		"NAME": r.Names, "PROPERTIES": robotProperties(r.Properties),
	}
	if len(r.Descriptions) > 0 {
		p["DESCRIPTION"] = r.Descriptions
	}
	if len(r.Returns) > 0 {
		p["RETURN_PROPERTIES"] = robotProperties(r.Returns)
	}
	if r.DocumentType[0] != "" {
		p["DOCUMENT_TYPE"] = r.DocumentType
		p["FILTER"] = Params{"INCLUDE": []any{r.DocumentType[:2]}}
	}
	return p
}

func robotProperties(all map[string]RobotProperty) Params {
	p := make(Params, len(all))
	for key, r := range all {
		one := Params{"Name": r.Names, "Type": r.Type, "Required": yesNo(r.Required), "Multiple": yesNo(r.Multiple)}
		if r.Default != "" {
			one["Default"] = r.Default
		}
		if len(r.Options) > 0 {
			one["Options"] = r.Options
		}
		p[key] = one
	}
	return p
}
