package simulator

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

// maxBatch commands fit into one batch.
const maxBatch = 50

func batchMethods() registry {
	return registry{"batch": {run: batch}}
}

// results are collected under the names of the commands.
type results struct {
	values, errors, totals, nexts, times obj
	isList                               bool
}

// batch runs commands one after the other; each may refer to what earlier ones
// gave, as $result[name][KEY]. Failures stand in result_error with status 200.
func batch(c *call) (any, *restError) {
	cmds := c.params.arr("cmd")
	if cmds.len() == 0 {
		return nil, errArgument("cmd", "Argument 'cmd' is null or empty")
	}
	if cmds.len() > maxBatch {
		return nil, bad("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
	}
	out := results{values: obj{}, errors: obj{}, totals: obj{}, nexts: obj{}, times: obj{}, isList: cmds.isList()}
	halt := yes(anyValue(c.params, "halt"))
	for _, name := range cmds.keys {
		cmd, ok := cmds.vals[name].(string)
		if !ok {
			continue
		}
		if fail := c.command(&out, name, cmd); fail != nil {
			out.errors[name] = fail.body()
			if halt {
				break
			}
		}
	}
	return obj{
		"result": out.shape(out.values), "result_error": out.shape(out.errors), "result_total": out.shape(out.totals),
		"result_next": out.shape(out.nexts), "result_time": out.shape(out.times),
	}, nil
}

// shape prints as PHP would: a list where the keys are 0, 1, 2, …, [] where empty.
func (r *results) shape(m obj) any {
	if !r.isList {
		return phpMap(m)
	}
	rows := make([]any, 0, len(m))
	for i := range len(m) {
		v, ok := m[itoa(i)]
		if !ok {
			return m
		}
		rows = append(rows, v)
	}
	return rows
}

// command runs one command of a batch.
func (c *call) command(out *results, name, cmd string) *restError {
	path, query, _ := strings.Cut(cmd, "?")
	method := methodName(strings.TrimPrefix(path, "/"))
	params := &array{}
	if err := parseForm(params, query); err != nil {
		return bad("ERROR_BATCH_METHOD", "Malformed command")
	}
	params, _ = substitute(params, out.values).(*array)
	inner := &call{p: c.p, name: method, params: params, auth: c.auth, token: c.token, webhook: c.webhook, app: c.app, user: c.user, http: c.http}
	start := time.Now()
	v, fail := inner.inBatch()
	entry := Call{Status: http.StatusOK, Batch: true}
	if fail != nil {
		entry.Status, entry.Error, entry.Failed = fail.Status, fail.Code, true
	}
	c.p.record(inner, entry)
	if fail != nil {
		return fail
	}
	if l, ok := v.(list); ok {
		if params.str("start") != "-1" {
			out.totals[name] = l.total
			if l.next > 0 {
				out.nexts[name] = l.next
			}
		}
		v = l.items
	}
	out.values[name] = v
	out.times[name] = inner.timingLocked(start)
	return nil
}

// inBatch is checked for the rest of the way: the caller is known already.
func (c *call) inBatch() (any, *restError) {
	m, ok := c.p.cloud.reg[c.name]
	switch {
	case c.name == "batch" || c.name == "download" || c.name == "upload":
		return nil, &restError{Status: 405, Code: "ERROR_BATCH_METHOD_NOT_ALLOWED", Desc: "Method is not allowed for batch usage"}
	case !ok || c.p.withoutMethod(c.name):
		return nil, errMethod()
	}
	if m.scope != "" && !c.tokenScope(m.scope) {
		return nil, c.refusal("insufficient_scope", "The request requires higher privileges than provided by the access token")
	}
	if fail := c.p.faults.match(c.p.cloud, c.name, c.user, c.clientID()).rest(); fail != nil {
		return nil, fail
	}
	if limits := c.p.cfg.Limits; !limits.Off {
		if fail := c.p.limiter.work(c, limits.now(), limits); fail != nil {
			return nil, fail
		}
	}
	v, fail := c.invoke(m)
	if _, isFile := v.(fileAnswer); isFile {
		return nil, &restError{Status: 405, Code: "ERROR_BATCH_METHOD_NOT_ALLOWED", Desc: "Method is not allowed for batch usage"}
	}
	return v, fail
}

var reference = regexp.MustCompile(`\$result((?:\[[^\[\]]*\])+)`)

// substitute puts earlier results in the place of references. A value that is
// nothing but a reference becomes what it refers to; inside a text it is printed.
func substitute(v any, values obj) any {
	switch v := v.(type) {
	case *array:
		out := &array{}
		for _, k := range v.keys {
			out.set(k, substitute(v.vals[k], values))
		}
		return out
	case string:
		if m := reference.FindStringSubmatch(v); m != nil && m[0] == v {
			return toPHP(resolve(m[1], values))
		}
		return reference.ReplaceAllStringFunc(v, func(ref string) string {
			return scalar(toPHP(resolve(strings.TrimPrefix(ref, "$result"), values)))
		})
	}
	return v
}

// resolve walks the brackets of a reference.
func resolve(path string, values obj) any {
	var at any = values
	for seg := range strings.SplitSeq(strings.Trim(path, "[]"), "][") {
		switch m := at.(type) {
		case obj:
			at = m[seg]
		case []any:
			i := integer(seg)
			if i < 0 || i >= len(m) {
				return nil
			}
			at = m[i]
		case []string:
			i := integer(seg)
			if i < 0 || i >= len(m) {
				return nil
			}
			at = m[i]
		default:
			return nil
		}
	}
	return at
}
